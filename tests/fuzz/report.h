/* SPDX-License-Identifier: MIT
 * Owns: a trace directory that a fuzzer fills again and again, and the way of it to both reports and to the exports.
 * Must not know: what is in the packets.
 *
 * Build an entry with clang -fsanitize=fuzzer,address,undefined from trace and analyzer sources, without main.c and
 * the commands; run it with tests/fuzz/corpus/<entry>. It leaves /dev/shm/imgbench-fuzz-<pid> behind. */
#ifndef TESTS_FUZZ_REPORT_H
#define TESTS_FUZZ_REPORT_H

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/export/ndjson.h"
#include "analyzer/export/perfetto.h"
#include "analyzer/infer/infer.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/render/render.h"

/* The directory, with as many processes as asked for; made once, in memory. */
static inline const char *fuzz_directory(unsigned processes)
{
    static char root[64];
    if (root[0])
        return root;
    snprintf(root, sizeof root, "/dev/shm/imgbench-fuzz-%d", (int)getpid());
    if (mkdir(root, 0700))
        err(1, "%s", root);
    for (unsigned i = 0; i < processes; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%u-1", root, 100 + i);
        if (mkdir(path, 0700))
            err(1, "%s", path);
    }
    return root;
}

static inline void fuzz_packet(unsigned process, unsigned stream, const void *bytes, size_t count)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%u-1/%u.0", fuzz_directory(0), 100 + process, stream);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, count) != (ssize_t)count)
        err(1, "%s", path);
    close(fd);
}

/* What is made from the records, in a second reading. */
static inline void fuzz_export(const struct metrics *metrics, FILE *nowhere)
{
    char error[4500];
    struct trace_record record;
    struct reader_origin origin;
    struct reader *reader = reader_open(fuzz_directory(0), NULL, NULL, error, sizeof error);
    struct perfetto *perfetto = perfetto_begin(nowhere, metrics);
    while (reader && reader_next(reader, &record, &origin)) {
        perfetto_record(perfetto, &record, &origin);
        ndjson_record(nowhere, &record, &origin);
    }
    perfetto_end(perfetto);
    if (reader)
        reader_close(reader);
    if (ndjson_images(nowhere, metrics))
        abort();
}

static inline void fuzz_report(void)
{
    static FILE *nowhere;
    char error[4500];
    nowhere = nowhere ? nowhere : fopen("/dev/null", "w");
    struct reader *reader = reader_open(fuzz_directory(0), NULL, NULL, error, sizeof error);
    if (!reader)
        return;
    struct run *run = infer_run(reader, "fuzz", NULL, NULL);
    reader_close(reader);
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        uint64_t sum = image->unattributed_ns + image->stage_ns[STAGE_VALIDATION] + image->stage_ns[STAGE_IMAGE_READ] +
                       image->stage_ns[STAGE_OPTIMIZATION] + image->stage_ns[STAGE_IMAGE_WRITE] +
                       image->stage_ns[STAGE_CLEANUP];
        if (sum != image->busy_ns || image->worker >= run->worker_count || image->end_ns < image->start_ns ||
            image->busy_ns >> 60)
            abort();
    }
    struct metrics *metrics = metrics_compute(run);
    const struct render_options options = {.images = true, .tool_version = "fuzz"};
    if (!metrics || render_text.report(metrics, &options, nowhere) || render_json.report(metrics, &options, nowhere))
        abort();
    fuzz_export(metrics, nowhere);
    metrics_free(metrics);
    run_free(run);
}

#endif
