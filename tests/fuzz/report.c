/* SPDX-License-Identifier: MIT
 * Owns: a trace directory that a fuzzer fills again and again, and the way of it to all that is made of a trace.
 * Must not know: what is in the packets. */
#include "tests/fuzz/report.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/anonymize/anonymize.h"
#include "analyzer/compare/render/render.h"
#include "analyzer/export/flamegraph.h"
#include "analyzer/export/ndjson.h"
#include "analyzer/export/perfetto/perfetto.h"
#include "analyzer/export/sqlite.h"
#include "analyzer/infer/infer.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/render/render.h"

static char root[64];
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_directory(void)
{
    if (getpid() == owner)
        nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_directory(unsigned processes)
{
    if (root[0])
        return root;
    owner = getpid();
    snprintf(root, sizeof root, "/dev/shm/imgbench-fuzz-%d", (int)owner);
    if (mkdir(root, 0700))
        err(1, "%s", root);
    atexit(remove_directory);
    for (unsigned i = 0; i < processes; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%u-1", root, 100 + i);
        if (mkdir(path, 0700))
            err(1, "%s", path);
    }
    return root;
}

void fuzz_file(const char *name, const void *bytes, size_t count)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_directory(1), name);
    if (!bytes) {
        if (unlink(path) && errno != ENOENT)
            err(1, "%s", path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, count) != (ssize_t)count)
        err(1, "%s", path);
    close(fd);
}

void fuzz_packet(unsigned process, unsigned stream, unsigned sequence, const void *bytes, size_t count)
{
    char name[64];
    snprintf(name, sizeof name, "%u-1/%u.%u", 100 + process, stream, sequence);
    fuzz_file(name, bytes, count);
}

/* What an anonymized trace holds can be written and read. */
static void check_anonymized(const struct names *names, struct trace_record *record)
{
    static struct anonymize_texts texts;
    static char bytes[2 * TRACE_RECORD_MAX];
    struct trace_record again;
    size_t used;
    anonymize_record(names, record, &texts);
    size_t length = trace_encode(record->kind, record->time_ns, &record->process, bytes, sizeof bytes);
    if (!length || trace_decode(bytes, length, &again, &used) || used != length)
        abort();
}

/* What is made from the records, in a second reading. */
static void export_records(const struct metrics *metrics)
{
    static struct names names;
    static bool has_names;
    char error[4500];
    struct trace_record record;
    struct reader_origin origin;
    struct fuzz_output trace, lines;
    has_names = has_names || names_init(&names);
    struct reader *reader = reader_open(root, NULL, NULL, error, sizeof error);
    struct perfetto *perfetto = perfetto_begin(fuzz_output(&trace), metrics);
    fuzz_output(&lines);
    while (reader && reader_next(reader, &record, &origin)) {
        perfetto_record(perfetto, &record, &origin);
        ndjson_record(lines.stream, &record, &origin);
        check_anonymized(&names, &record);
    }
    perfetto_end(perfetto);
    fuzz_bytes(&trace);
    fuzz_lines(&lines);
    if (reader)
        reader_close(reader);
}

static void export_database(const struct metrics *metrics)
{
    char path[128], error[500];
    fuzz_file("database", "", 0);
    snprintf(path, sizeof path, "%s/database", root);
    if (!sqlite_write(path, metrics, "fuzz", error, sizeof error))
        abort();
    fuzz_file("database", NULL, 0);
}

/* The run against itself: nothing in it is worse. */
static void compare(const struct metrics *metrics)
{
    static const struct compare_renderer *const renderers[] = {&compare_text, &compare_md, &compare_html,
                                                               &compare_json};
    static void (*const claims[])(struct fuzz_output *) = {fuzz_text, fuzz_text, fuzz_page, fuzz_json};
    const struct compare_options options = {.tool_version = "fuzz"};
    struct side side = {.path = strdup("a"), .runs = NULL};
    struct comparison comparison;
    side_add_run(&side, metrics, "a");
    comparison_make(&comparison, &side, &side, NULL, NULL);
    for (size_t i = 0; i < comparison.list_count; i++)
        if (comparison.list[i].verdict == VERDICT_WORSE || comparison.list[i].verdict == VERDICT_BETTER)
            abort();
    for (size_t i = 0; i < sizeof renderers / sizeof *renderers; i++) {
        struct fuzz_output output;
        if (renderers[i]->report(&comparison, &options, fuzz_output(&output)))
            abort();
        claims[i](&output);
    }
    comparison_release(&comparison);
    side_release(&side);
}

static void check_images(const struct run *run)
{
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        uint64_t sum = image->unattributed_ns + image->stage_ns[STAGE_VALIDATION] + image->stage_ns[STAGE_IMAGE_READ] +
                       image->stage_ns[STAGE_OPTIMIZATION] + image->stage_ns[STAGE_IMAGE_WRITE] +
                       image->stage_ns[STAGE_CLEANUP];
        if (sum != image->busy_ns || image->worker >= run->worker_count || image->end_ns < image->start_ns ||
            image->busy_ns >> 60)
            abort();
    }
}

static void render(const struct metrics *metrics, const struct renderer *renderer, void (*claim)(struct fuzz_output *))
{
    const struct render_options options = {.images = true, .tool_version = "fuzz"};
    struct fuzz_output output;
    if (renderer->report(metrics, &options, fuzz_output(&output)))
        abort();
    claim(&output);
}

void fuzz_read(void)
{
    char error[4500];
    struct reader *reader = reader_open(fuzz_directory(0), NULL, NULL, error, sizeof error);
    if (!reader)
        return;
    struct trace_record record;
    struct reader_origin origin;
    uint64_t before_ns = 0, records = 0;
    while (reader_next(reader, &record, &origin)) {
        if (record.time_ns < before_ns)
            abort();
        before_ns = record.time_ns;
        records++;
    }
    uint64_t damages = reader_damages(reader);
    reader_close(reader);
    uint32_t streams;
    reader = reader_open(fuzz_directory(0), NULL, NULL, error, sizeof error);
    if (!reader || reader_count(reader, &streams) != records || reader_damages(reader) != damages)
        abort(); /* what imgbench verify says is what a report meets */
    reader_close(reader);
}

void fuzz_report(bool all)
{
    char error[4500];
    struct reader *reader = reader_open(fuzz_directory(0), NULL, NULL, error, sizeof error);
    if (!reader)
        return;
    struct run *run = infer_run(reader, "fuzz", NULL, NULL);
    reader_close(reader);
    check_images(run);
    struct metrics *metrics = metrics_compute(run);
    if (!metrics)
        abort();
    struct fuzz_output output;
    render(metrics, &render_text, fuzz_text);
    render(metrics, &render_json, fuzz_json);
    render(metrics, &render_csv, fuzz_bytes);
    render(metrics, &render_md, fuzz_text);
    export_records(metrics);
    export_flamegraph(fuzz_output(&output), run);
    fuzz_text(&output);
    if (ndjson_images(fuzz_output(&output), metrics))
        abort();
    fuzz_lines(&output);
    if (all) {
        render(metrics, &render_html, fuzz_page);
        export_database(metrics);
        compare(metrics);
    }
    metrics_free(metrics);
    run_free(run);
}
