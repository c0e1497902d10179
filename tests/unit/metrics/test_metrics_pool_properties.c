/* SPDX-License-Identifier: MIT
 * Owns: what must hold for the workers of every run, tried on random ones: the parts of a lane's busy time add up to
 * it, and each level is what counting the images millisecond by millisecond gives. Must not know: how workers are
 * found. */
#include <math.h>

#include "analyzer/metrics/metrics.h"
#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/suite.h"

#define MS  SAMPLE_MS
#define TOL 1e-9

enum { RUNS = 200, LENGTH_MS = 120, IMAGES = 12 };

static struct run *run;
static struct metrics *metrics;

static uint64_t dice;

static uint32_t roll(uint32_t sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(dice >> 33) % sides;
}

static void random_run(void)
{
    run = sample_empty_run();
    run->host.usable_cpus = 1 + roll(8);
    for (uint32_t i = roll(5); i--;) {
        uint64_t start_ms = roll(LENGTH_MS);
        struct worker *worker = sample_worker(run, start_ms, start_ms + 1 + roll(LENGTH_MS));
        worker->active_ns = 1 + roll(1000000000);
        worker->cpu_ns = roll(8) ? roll(1500000000) : UNKNOWN;
        worker->run_queue_ns = roll(4) ? roll(1000000000) : UNKNOWN;
        worker->io_ns = roll(4) ? roll(1000000000) : 0;
    }
    for (uint32_t i = 1 + roll(IMAGES); i--;) {
        uint64_t start_ms = roll(LENGTH_MS);
        sample_image(run, (uint32_t)run->image_count, NO_ID, NO_ID, start_ms, start_ms + roll(40));
    }
    for (uint64_t ms = roll(20); ms < LENGTH_MS; ms += 1 + roll(15))
        sample_moment(run, ms, roll(5) ? roll(1000) / 1000.0 : (double)NAN, roll(5) ? roll(1000000) : UNKNOWN);
}

static void check_lanes(uint64_t seed)
{
    for (size_t i = 0; i < run->worker_count; i++) {
        const struct worker_figures *worker = &metrics->workers[i];
        if (run->workers[i].cpu_ns == UNKNOWN)
            continue;
        double queue_s = isnan(worker->run_queue_s) ? 0 : worker->run_queue_s;
        double sum = worker->on_cpu_s + queue_s + worker->io_call_s + worker->other_s;
        ck_assert_msg(fabs(sum - worker->active_s) < TOL, "seed %lu: parts of lane %zu are %f s of %f", seed, i, sum,
                      worker->active_s);
        ck_assert_msg(worker->on_cpu_s >= 0 && queue_s >= 0 && worker->io_call_s >= 0 && worker->other_s >= -TOL,
                      "seed %lu: a part of lane %zu is negative", seed, i);
        ck_assert(isnan(worker->run_queue_s) == (run->workers[i].run_queue_ns == UNKNOWN));
    }
}

/* The images that run in the millisecond which begins then. */
static size_t in_flight(uint64_t time_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < run->image_count; i++)
        count += run->images[i].start_ns <= time_ns && run->images[i].end_ns > time_ns;
    return count;
}

/* Everything counted again, millisecond by millisecond. */
static void check_levels(uint64_t seed)
{
    double time_s[IMAGES + 1] = {0}, cpu[IMAGES + 1] = {0}, cpu_ms[IMAGES + 1] = {0}, rss[IMAGES + 1] = {0},
                           samples[IMAGES + 1] = {0};
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t i = 0; i < run->image_count; i++) {
        first_ns = run->images[i].start_ns < first_ns ? run->images[i].start_ns : first_ns;
        last_ns = run->images[i].end_ns > last_ns ? run->images[i].end_ns : last_ns;
    }
    for (uint64_t time_ns = first_ns; time_ns < last_ns; time_ns += MS)
        time_s[in_flight(time_ns)] += 1e-3;
    for (size_t i = 0; i < run->sample_count; i++) {
        const struct resource_sample *one = &run->samples[i];
        for (uint64_t time_ns = i ? run->samples[i - 1].time_ns : run->start_ns; time_ns < one->time_ns; time_ns += MS)
            if (time_ns >= first_ns && time_ns < last_ns && !isnan(one->cpu_ratio)) {
                cpu[in_flight(time_ns)] += one->cpu_ratio;
                cpu_ms[in_flight(time_ns)]++;
            }
        if (one->time_ns < first_ns || one->time_ns > last_ns || first_ns == last_ns || one->rss_bytes == UNKNOWN)
            continue;
        size_t level = in_flight(one->time_ns > first_ns ? one->time_ns - MS : first_ns);
        rss[level] += (double)one->rss_bytes;
        samples[level]++;
    }
    for (size_t i = 0; i <= IMAGES; i++) {
        const struct pool_level *level = &metrics->pool.levels[i];
        ck_assert_msg(fabs(level->time_s - time_s[i]) < TOL, "seed %lu: %zu in flight for %f s, not %f", seed, i,
                      time_s[i], level->time_s);
        if (i >= metrics->pool.level_count)
            continue;
        double cpu_ratio = cpu[i] / cpu_ms[i], rss_bytes = rss[i] / samples[i]; /* NAN where there are none */
        ck_assert_msg(isnan(cpu_ratio) ? isnan(level->cpu_ratio) : fabs(level->cpu_ratio - cpu_ratio) < TOL,
                      "seed %lu: %zu in flight: CPU %f, not %f", seed, i, cpu_ratio, level->cpu_ratio);
        ck_assert_msg(isnan(rss_bytes) ? isnan(level->rss_bytes) : fabs(level->rss_bytes - rss_bytes) < 1e-3,
                      "seed %lu: %zu in flight: memory %f, not %f", seed, i, rss_bytes, level->rss_bytes);
    }
}

START_TEST(parts_of_lanes_and_levels_add_up_in_random_runs)
{
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        dice = seed;
        random_run();
        metrics = metrics_compute(run);
        ck_assert_ptr_nonnull(metrics);
        check_lanes(seed);
        check_levels(seed);
        metrics_free(metrics);
        run_free(run);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_pool_properties");
    TCase *tests = tcase_create("random runs");
    tcase_add_test(tests, parts_of_lanes_and_levels_add_up_in_random_runs);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
