/* SPDX-License-Identifier: MIT
 * Owns: what must hold for every run, tried on random ones: stages add up to the busy time, totals are the files'
 * sizes, the order of streams does not matter, no stage of a single thread is longer than its image. PROPERTY_SEED=n
 * tries one seed, PROPERTY_RUNS=n more of them. Must not know: what inference concludes beside that. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/metrics.h"
#include "analyzer/render/render.h"
#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

enum { RUNS = 60, PROCESSES = 3, THREADS = 2, IMAGES = 4 };

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(dice->state >> 33) % sides;
}

/* One thread's life so far. Every time is a whole number of microseconds and the thread's own nanoseconds, so that no
 * two threads have a record at the same time. */
struct lane {
    struct actor actor;
    struct dice dice;
    double ms, cpu_ms;
    uint32_t file, session;
    uint64_t address;
    unsigned number;
};

struct sums {
    uint64_t sources, outputs;
};

static double step(struct lane *lane)
{
    double took = 0.01 + roll(&lane->dice, 5000) / 1000.0;
    lane->ms += took;
    return took;
}

/* A call that lasts for most of a step. */
static double call(struct lane *lane)
{
    double took = step(lane);
    return took * (1 + roll(&lane->dice, 9)) / 10;
}

static void reading(struct lane *lane, double from_ms)
{
    lane->cpu_ms += (lane->ms - from_ms) * roll(&lane->dice, 1001) / 1000;
    act_cpu(lane->actor, lane->ms, lane->cpu_ms);
}

static uint64_t write_one(struct lane *lane, enum image_format format, uint64_t coded)
{
    char path[64];
    uint32_t file = ++lane->file;
    uint64_t bytes = 100 + roll(&lane->dice, 100000);
    snprintf(path, sizeof path, "/photos/%u-out-%u", lane->number, file);
    double took = call(lane);
    act_open(lane->actor, lane->ms, took, file, path, O_WRONLY | O_CREAT | O_TRUNC, 0);
    took = call(lane);
    act_write(lane->actor, lane->ms, took, file, coded, bytes);
    act_head(lane->actor, lane->ms, file, trace_direction_OUT, format, 0, coded);
    took = call(lane);
    act_close(lane->actor, lane->ms, took, file, bytes);
    if (roll(&lane->dice, 5))
        return bytes;
    step(lane);
    act_unlink(lane->actor, lane->ms, path);
    return 0;
}

static void encode_one(struct lane *lane, uint64_t pixels, bool whole)
{
    double took = call(lane);
    uint32_t session = ++lane->session;
    if (whole)
        act_codec(lane->actor, lane->ms, took, session, trace_role_ENCODE, trace_codec_JPEG, pixels, pixels + 0x90000);
    else
        ACT(lane->actor, lane->ms, rows, .duration_ns = (uint64_t)(took * 1e6 / 2), .first_ns = AT(lane->ms - took),
            .last_ns = AT(lane->ms), .buffer = pixels, .calls = 9, .session = session, .hook = 7,
            .role = trace_role_ENCODE, .codec = trace_codec_JPEG);
}

/* Reads an image, decodes and encodes it or does it by itself, once or twice, and removes some of what it wrote. */
static struct sums image_one(struct lane *lane)
{
    static const enum image_format formats[] = {FORMAT_JPEG, FORMAT_PNG, FORMAT_GIF, FORMAT_PNM};
    char path[64];
    uint32_t file = ++lane->file;
    uint64_t bytes = 100 + roll(&lane->dice, 100000), buffer = lane->address += 0x1000000;
    enum image_format in = formats[roll(&lane->dice, 4)], out = formats[roll(&lane->dice, 4)];
    double from_ms = lane->ms;
    snprintf(path, sizeof path, "/photos/%u-in-%u", lane->number, file);
    double took = call(lane);
    act_open(lane->actor, lane->ms, took, file, path, O_RDONLY, bytes);
    took = call(lane);
    act_read(lane->actor, lane->ms, took, file, buffer, bytes);
    act_head(lane->actor, lane->ms, file, trace_direction_IN, in, 0, buffer);
    if (roll(&lane->dice, 2))
        reading(lane, from_ms), from_ms = lane->ms;
    bool decodes = roll(&lane->dice, 3), encodes = roll(&lane->dice, 3), whole = roll(&lane->dice, 2);
    if (decodes) {
        took = call(lane);
        act_codec(lane->actor, lane->ms, took, ++lane->session, trace_role_DECODE, trace_codec_PNG, buffer,
                  buffer + 0x200000);
    }
    struct sums sums = {0};
    for (unsigned outputs = 1 + !roll(&lane->dice, 3); outputs--;) {
        if (roll(&lane->dice, 2))
            reading(lane, from_ms), from_ms = lane->ms;
        if (encodes)
            encode_one(lane, buffer + 0x200000, whole);
        sums.outputs += write_one(lane, out, buffer + 0x290000);
    }
    took = call(lane);
    act_close(lane->actor, lane->ms, took, file, bytes);
    reading(lane, from_ms);
    step(lane);
    sums.sources = sums.outputs ? bytes : 0;
    return sums;
}

/* The threads of a process, with their streams in this or that order. */
static void begin(struct scene *scene, struct lane *lanes, unsigned count, uint32_t pid, bool reversed)
{
    unsigned process = build_trace_process(scene->trace, pid, AT(0));
    for (unsigned i = 0; i < count; i++) {
        struct actor *actor = &lanes[reversed ? count - 1 - i : i].actor;
        *actor = (struct actor){.scene = scene, .process = process, .pid = pid};
        actor->stream = build_trace_stream(scene->trace, process);
    }
    for (unsigned i = 0; i < count; i++) {
        lanes[i].actor.tid = pid + i;
        lanes[i].ms += 1;
        ACT(lanes[i].actor, lanes[i].ms, thread, .start_ns = AT(lanes[i].ms), .tid = pid + i,
            .creator_tid = i ? pid : 0, .name = TEXT("thread"));
    }
    ACT(lanes[0].actor, lanes[0].ms, process, .start_ns = AT(lanes[0].ms), .pid = pid, .ppid = 1, .usable_cpus = 2,
        .rss_bytes = 1000000, .exe = TEXT("/usr/bin/tool"), .argv = TEXT("tool\0"), .cwd = TEXT("/photos"),
        .library_version = TEXT("0"));
}

static struct run *random_run(uint64_t seed, bool reversed, struct sums *sums)
{
    struct scene scene = scene_new();
    struct dice dice = {seed};
    unsigned processes = 1 + roll(&dice, PROCESSES);
    unsigned threads[PROCESSES];
    struct lane lanes[PROCESSES][THREADS] = {0};
    for (unsigned p = 0; p < processes; p++) {
        threads[p] = 1 + roll(&dice, THREADS);
        for (unsigned t = 0; t < threads[p]; t++) {
            unsigned number = p * THREADS + t;
            lanes[p][t].number = number;
            lanes[p][t].file = lanes[p][t].session = 1000 * t; /* numbers are of the process */
            lanes[p][t].dice.state = seed * 1000 + number;
            lanes[p][t].ms = roll(&dice, 30000) / 1000.0 + (number + 1) * 1e-5;
            lanes[p][t].address = UINT64_C(0x100000000) * (number + 1);
        }
    }
    *sums = (struct sums){0};
    for (unsigned i = 0; i < processes; i++) {
        unsigned p = reversed ? processes - 1 - i : i;
        begin(&scene, lanes[p], threads[p], 100 * (p + 1), reversed);
    }
    for (unsigned p = 0; p < processes; p++) {
        double last_ms = 0, cpu_ms = 0;
        for (unsigned t = threads[p]; t-- > 0;) {
            struct lane *lane = &lanes[p][t];
            for (unsigned n = 1 + roll(&dice, IMAGES); n--;) {
                struct sums one = image_one(lane);
                sums->sources += one.sources;
                sums->outputs += one.outputs;
            }
            cpu_ms += lane->cpu_ms;
            last_ms = lane->ms > last_ms ? lane->ms : last_ms;
            if (t)
                ACT(lane->actor, lane->ms, thread_end, .cpu_ns = (uint64_t)(lane->cpu_ms * 1e6));
            else
                act_end(lane->actor, last_ms + 1 + (p + 1) * 1e-4, cpu_ms, 0);
        }
    }
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    return run;
}

/* Overwritten by golden_render(), so that both are taken of a run of their own. */
static char *report_of(uint64_t seed, bool reversed)
{
    struct sums ignored;
    struct render_options options = {.tool_version = "0"};
    return golden_render(&render_json, random_run(seed, reversed, &ignored), &options);
}

static void check_stages(const struct run *run, uint64_t seed)
{
    static const enum stage parts[] = {STAGE_VALIDATION, STAGE_IMAGE_READ, STAGE_OPTIMIZATION, STAGE_IMAGE_WRITE,
                                       STAGE_CLEANUP};
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        uint64_t sum = image->unattributed_ns, span_ns = image->end_ns - image->start_ns;
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            sum += image->stage_ns[parts[k]];
        ck_assert_msg(sum == image->busy_ns, "seed %lu: image %zu: %lu ns in stages, busy %lu", seed, i, sum,
                      image->busy_ns);
        uint64_t told_apart = 0;
        for (enum stage stage = STAGE_DECODE; stage <= STAGE_ENCODE; stage++)
            told_apart += image->stage_ns[stage];
        ck_assert_msg(told_apart <= image->stage_ns[STAGE_OPTIMIZATION], "seed %lu: image %zu: parts are longer", seed,
                      i);
        for (int stage = 0; stage < STAGE_COUNT; stage++)
            ck_assert_msg(image->stage_ns[stage] <= span_ns, "seed %lu: image %zu: %s takes %lu of %lu ns", seed, i,
                          stage_name((enum stage)stage), image->stage_ns[stage], span_ns);
        ck_assert_msg(image->busy_ns <= span_ns, "seed %lu: image %zu: busy for %lu of %lu ns", seed, i, image->busy_ns,
                      span_ns);
    }
}

static void check_seed(uint64_t seed)
{
    struct sums sums;
    struct run *run = random_run(seed, false, &sums);
    check_stages(run, seed);
    struct metrics *metrics = metrics_compute(run);
    uint64_t in = metrics->bytes_in, out = metrics->bytes_out;
    if (sums.outputs) {
        ck_assert_msg(out == sums.outputs, "seed %lu: %lu bytes out, %lu were written", seed, out, sums.outputs);
        ck_assert_msg(in == sums.sources, "seed %lu: %lu bytes in, sources are %lu", seed, in, sums.sources);
    }
    metrics_free(metrics);
    run_free(run);
    char *one = report_of(seed, false), *other = report_of(seed, true);
    size_t at = 0;
    while (one[at] && one[at] == other[at])
        at++;
    ck_assert_msg(strcmp(one, other) == 0, "seed %lu: the order of streams changes the report: %.80s, %.80s", seed,
                  one + at, other + at);
    free(one);
    free(other);
}

START_TEST(what_holds_for_every_run)
{
    const char *only = getenv("PROPERTY_SEED"), *runs = getenv("PROPERTY_RUNS");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1, count = only ? 1 : runs ? strtoull(runs, NULL, 10) : RUNS;
    for (uint64_t seed = first; seed < first + count; seed++)
        check_seed(seed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("properties");
    TCase *tests = tcase_create("random runs");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_holds_for_every_run);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
