/* SPDX-License-Identifier: MIT
 * Owns: how damage of a trace is counted, named and handed on.
 * Must not know: what is damaged. */
#include "analyzer/reader/damage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One of each file: a damaged one can have many. */
static void name_damage(struct reader_report *report, const char *path, uint64_t offset, const char *what)
{
    size_t i = 0, bytes = strlen(path);
    for (; i < READER_DAMAGES_NAMED && report->named[i]; i++)
        if (!strncmp(report->named[i], path, bytes) && report->named[i][bytes] == ':')
            return;
    if (i < READER_DAMAGES_NAMED && asprintf(&report->named[i], "%s: byte %" PRIu64 ": %s", path, offset, what) < 0)
        report->named[i] = NULL;
}

void reader_report_damage(struct reader_report *report, size_t process, const char *path, uint64_t offset,
                          const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    report->count++;
    if (process < report->process_count)
        report->of_process[process]++;
    const char *below = strlen(path) > report->root_bytes ? path + report->root_bytes : path;
    name_damage(report, below, offset, what);
    if (report->damage)
        report->damage(report->context, path, offset, what);
}
