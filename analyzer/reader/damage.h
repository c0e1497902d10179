/* SPDX-License-Identifier: MIT
 * Owns: how damage of a trace is reported: to whom, how often, the first few by name.
 * Must not know: what is damaged, records. */
#ifndef ANALYZER_READER_DAMAGE_H
#define ANALYZER_READER_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Called once for each damage found: a path, a byte offset in it, and what is wrong, as one clear sentence. */
typedef void reader_damage(void *context, const char *path, uint64_t offset, const char *what);

/* Where damage goes. */
#define READER_DAMAGES_NAMED 3u
struct reader_report {
    reader_damage *damage; /* may be NULL */
    void *context;
    uint64_t count;
    char
        *named[READER_DAMAGES_NAMED]; /* of the first files, one each: "path: byte N: what", the path below the trace */
    size_t root_bytes;                /* of the trace's path in front of those of its files */
    uint64_t *of_process;             /* by process, or NULL while they are listed */
    size_t process_count;
};
#define READER_NO_PROCESS SIZE_MAX
void reader_report_damage(struct reader_report *report, size_t process, const char *path, uint64_t offset,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
