/* SPDX-License-Identifier: MIT
 * Owns: samples of the process tree of one run, until they are added to its trace.
 * Must not know: how they are taken, what they mean. */
#include "analyzer/run/watch/samples.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/base/monotonic.h"
#include "analyzer/writer/writer.h"

#define KEPT 36000 /* an hour of one every 100 ms */

static struct {
    struct trace_record *list;
    size_t list_count, list_capacity;
    unsigned every, skipped; /* keep one of so many */
} samples = {.every = 1};

void samples_clear(void)
{
    free(samples.list);
    samples.list = NULL;
    samples.list_count = samples.list_capacity = 0;
    samples.every = 1;
    samples.skipped = 0;
}

void samples_add(const struct tree *tree, pid_t pid)
{
    if (++samples.skipped < samples.every)
        return;
    samples.skipped = 0;
    if (samples.list_count == KEPT) {
        for (size_t i = 0; i < KEPT / 2; i++)
            samples.list[i] = samples.list[2 * i];
        samples.list_count = KEPT / 2;
        samples.every *= 2;
    }
    struct trace_record *record = MEMORY_APPEND(&samples, list);
    record->kind = TRACE_KIND_tree_sample;
    record->time_ns = monotonic_ns();
    record->tree_sample = (struct trace_tree_sample){.rss_bytes = tree->rss_bytes,
                                                     .pss_bytes = tree->pss_bytes,
                                                     .cpu_ns = tree->cpu_ns,
                                                     .read_bytes = tree->read_bytes,
                                                     .write_bytes = tree->write_bytes,
                                                     .processes = tree->processes,
                                                     .threads = tree->threads,
                                                     .pid = (uint32_t)pid,
                                                     .partial = !tree->whole};
}

void samples_write(const char *trace)
{
    char error[4500], control[PATH_MAX + 64];
    snprintf(control, sizeof control, "%s/%s", trace, TRACE_CONTROL_NAME);
    if (!samples.list_count || access(control, F_OK))
        return;
    struct writer *writer = writer_open(trace, error, sizeof error);
    bool good = writer != NULL;
    if (writer) {
        struct writer_process *process = writer_process_open(writer, (uint32_t)getpid(), samples.list[0].time_ns);
        struct writer_stream *stream = writer_stream_open(process, 0);
        for (size_t i = 0; i < samples.list_count; i++)
            writer_put(stream, &samples.list[i]);
        good = writer_close(writer, error, sizeof error);
    }
    if (!good)
        message_error("%s; the memory of all processes together will be an estimate", error);
}
