/* SPDX-License-Identifier: MIT
 * Owns: the claims about workers together: where a lane's busy time goes, how many images were in flight, what the CPUs
 * and the memory did meanwhile, and what limited the run. Must not know: how workers are found. */
#include <math.h>

#include "analyzer/metrics/metrics.h"
#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/time/pool.h"

#define MS     SAMPLE_MS
#define AT(ms) (SAMPLE_START + (uint64_t)(ms)*MS)
#define TOL    1e-9

static struct run *run;
static struct metrics *metrics;

static void set_up(void)
{
    run = sample_empty_run();
    run->host.usable_cpus = 4;
}

static void tear_down(void)
{
    metrics_free(metrics);
    metrics = NULL;
    run_free(run);
}

static const struct pool_figures *compute(void)
{
    metrics_free(metrics);
    metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    return &metrics->pool;
}

static struct worker *lane(uint64_t start_ms, uint64_t end_ms)
{
    return sample_worker(run, start_ms, end_ms);
}

/* An image of its own chain on a lane. */
static struct image *image(uint32_t worker, uint64_t start_ms, uint64_t end_ms)
{
    struct image *result = sample_image(run, (uint32_t)run->image_count, NO_ID, NO_ID, start_ms, end_ms);
    result->worker = worker;
    return result;
}

static void sample(uint64_t ms, double cpu_ratio, uint64_t rss_bytes)
{
    sample_moment(run, ms, cpu_ratio, rss_bytes);
}

/* Two lanes with three images of 1 s each, one after the other, on four CPUs that were used to this part. */
static void two_busy_lanes(double cpu_ratio)
{
    for (uint32_t i = 0; i < 2; i++) {
        lane(0, 3000);
        for (uint64_t k = 0; k < 3; k++)
            image(i, k * 1000, (k + 1) * 1000);
    }
    sample(3000, cpu_ratio, UNKNOWN);
}

/* ---- a lane's busy time ---- */

static const struct worker_figures *split(uint64_t cpu_ms, uint64_t queue_ns, uint64_t io_ms)
{
    struct worker *worker = run->worker_count ? &run->workers[0] : lane(100, 1100);
    worker->cpu_ns = cpu_ms * MS;
    worker->run_queue_ns = queue_ns;
    worker->io_ns = io_ms * MS;
    compute();
    return &metrics->workers[0];
}

START_TEST(what_cpu_leaves_of_the_busy_time_is_first_run_queue_then_io_then_other)
{
    const struct worker_figures *worker = split(400, 300 * MS, 200);
    ck_assert_double_eq_tol(worker->on_cpu_s, 0.4, TOL);
    ck_assert_double_eq_tol(worker->run_queue_s, 0.3, TOL);
    ck_assert_double_eq_tol(worker->io_call_s, 0.2, TOL);
    ck_assert_double_eq_tol(worker->other_s, 0.1, TOL);
    ck_assert_double_eq_tol(worker->start_s, 0.1, TOL);
    ck_assert_double_eq_tol(worker->end_s, 1.1, TOL);
    worker = split(400, 500 * MS, 200); /* only half of the calls can have waited */
    ck_assert_double_eq_tol(worker->io_call_s, 0.1, TOL);
    ck_assert_double_eq_tol(worker->other_s, 0, TOL);
    worker = split(400, 900 * MS, 200);
    ck_assert_double_eq_tol(worker->run_queue_s, 0.6, TOL);
    ck_assert_double_eq_tol(worker->io_call_s, 0, TOL);
    ck_assert_double_eq_tol(worker->idle_run_queue_s, 0, TOL); /* its images waited for nothing between their calls */
    run->workers[0].idle_ns = 500 * MS;
    run->workers[0].wait_ns = 400 * MS;
    worker = split(400, 900 * MS, 200);
    ck_assert_double_eq_tol(worker->idle_run_queue_s, 0.3, TOL);
    ck_assert_double_eq_tol(metrics->idle_run_queue_s, 0.3, TOL);
    worker = split(400, 1100 * MS, 200);
    ck_assert_double_eq_tol(worker->idle_run_queue_s, 0.4, TOL);
    run->workers[0].idle_ns = run->workers[0].wait_ns = 0;
    worker = split(1300, 100 * MS, 200); /* helpers computed beside it */
    ck_assert_double_eq_tol(worker->on_cpu_s, 1, TOL);
    ck_assert_double_eq_tol(worker->cpu_ratio, 1.3, TOL);
    ck_assert_double_eq_tol(worker->run_queue_s + worker->io_call_s + worker->other_s, 0, TOL);
}
END_TEST

START_TEST(parts_of_the_busy_time_that_are_not_known_are_not_zero)
{
    const struct worker_figures *worker = split(400, UNKNOWN, 200);
    ck_assert(isnan(worker->run_queue_s) && isnan(worker->idle_run_queue_s));
    ck_assert_double_eq_tol(worker->io_call_s, 0.2, TOL);
    ck_assert_double_eq_tol(worker->other_s, 0.4, TOL);
    run->workers[0].cpu_ns = UNKNOWN;
    compute();
    worker = &metrics->workers[0];
    ck_assert(isnan(worker->on_cpu_s) && isnan(worker->io_call_s) && isnan(worker->other_s));
    ck_assert(isnan(worker->cpu_ratio) && isnan(worker->run_queue_s));
    ck_assert_double_eq_tol(worker->active_s, 1, TOL);
}
END_TEST

START_TEST(a_cpu_is_idle_when_it_is_usable_and_nobody_uses_it)
{
    two_busy_lanes(0.5);
    run->samples[0].machine_idle_cpus = 1.5; /* of the two that we left, others had half a one */
    ck_assert_double_eq_tol(compute()->idle_cpus, 1.5, TOL);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL);
    run->samples[0].machine_idle_cpus = 0.6; /* others had most of them: more workers would find none */
    ck_assert_double_eq_tol(compute()->idle_cpus, 0.6, TOL);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
    run->samples[0].machine_idle_cpus = NAN;
    ck_assert(isnan(compute()->idle_cpus));
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE);
    run->samples[0].cpu_ratio = 0.9; /* ours alone */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
}
END_TEST

START_TEST(a_task_takes_the_mean_busy_time_of_the_images_of_its_lane)
{
    lane(0, 1000);
    lane(0, 1000);
    lane(0, 1000);
    image(0, 0, 400);
    image(1, 0, 1000)->busy_ns = 700 * MS; /* it waited for the rest */
    image(0, 400, 600);
    image(NO_ID, 0, 1000);
    compute();
    ck_assert_double_eq_tol(metrics->workers[0].mean_task_s, 0.3, TOL);
    ck_assert_double_eq_tol(metrics->workers[1].mean_task_s, 0.7, TOL);
    ck_assert(isnan(metrics->workers[2].mean_task_s));
}
END_TEST

/* ---- levels ---- */

START_TEST(levels_tell_time_cpu_and_memory_by_the_images_in_flight)
{
    lane(100, 1000);
    lane(200, 400);
    image(0, 100, 600); /* alone, then two of them, then alone, then none, then one */
    image(1, 200, 400);
    image(0, 800, 1000);
    sample(100, 1, 9000); /* before all of them; its memory is the first one's */
    sample(200, 0.25, 1000);
    sample(300, 0.75, 5000);
    sample(400, NAN, UNKNOWN);
    sample(600, 0.5, 2000);
    sample(700, 0, 100);
    sample(900, 1, 300); /* half of it with none, half with one */
    const struct pool_figures *pool = compute();
    ck_assert_uint_eq(pool->in_flight_peak, 2);
    ck_assert_uint_eq(pool->level_count, 3);
    ck_assert_double_eq_tol(pool->levels[0].time_s, 0.2, TOL);
    ck_assert_double_eq_tol(pool->levels[1].time_s, 0.5, TOL);
    ck_assert_double_eq_tol(pool->levels[2].time_s, 0.2, TOL);
    ck_assert_double_eq_tol(pool->levels[0].cpu_ratio, 0.5, TOL);
    ck_assert_double_eq_tol(pool->levels[1].cpu_ratio, (0.25 * 100 + 0.5 * 200 + 1 * 100) / 400, TOL);
    ck_assert_double_eq_tol(pool->levels[2].cpu_ratio, 0.75, TOL); /* the part that is known */
    ck_assert_double_eq_tol(pool->levels[0].rss_bytes, 100, TOL);
    ck_assert_double_eq_tol(pool->levels[1].rss_bytes, (9000 + 1000 + 2000 + 300) / 4.0, TOL);
    ck_assert_double_eq_tol(pool->levels[2].rss_bytes, 5000, TOL);
    ck_assert_uint_eq(pool->levels[1].samples, 4);
    ck_assert_double_eq_tol(pool->in_flight_mean, (0.5 + 2 * 0.2) / 0.7, TOL); /* the gap does not count */
    ck_assert_double_eq_tol(pool->idle_cpus, 4 * (1 - (25 + 100 + 100 + 75) / 500.0), TOL);
}
END_TEST

START_TEST(an_image_that_begins_when_another_ends_does_not_overlap_it)
{
    lane(0, 200);
    image(0, 100, 200);
    image(0, 0, 100);
    image(0, 100, 100); /* no time at all */
    const struct pool_figures *pool = compute();
    ck_assert_uint_eq(pool->in_flight_peak, 1);
    ck_assert_double_eq_tol(pool->in_flight_mean, 1, TOL);
    ck_assert_uint_eq(pool->level_count, 2);
    ck_assert(isnan(pool->levels[1].cpu_ratio) && isnan(pool->levels[1].rss_bytes));
    ck_assert(isnan(pool->idle_cpus)); /* no sample */
}
END_TEST

START_TEST(more_images_than_levels_share_the_last_level_and_count_whole_in_the_mean)
{
    enum { MANY = POOL_LEVELS + 144 };
    for (int i = 0; i < MANY; i++)
        image(NO_ID, 0, 100);
    const struct pool_figures *pool = compute();
    ck_assert_uint_eq(pool->in_flight_peak, MANY);
    ck_assert_uint_eq(pool->level_count, POOL_LEVELS);
    ck_assert_double_eq_tol(pool->levels[POOL_LEVELS - 1].time_s, 0.1, TOL);
    ck_assert_double_eq_tol(pool->in_flight_mean, MANY, TOL);
}
END_TEST

/* ---- what limited them ---- */

START_TEST(a_pool_limits_when_its_lanes_are_taken_and_cpus_are_idle)
{
    two_busy_lanes(0.5);
    const struct pool_figures *pool = compute();
    ck_assert_int_eq(pool->limit, POOL_LIMIT_POOL);
    ck_assert_double_eq_tol(pool->idle_cpus, 2, TOL);
    run->host.usable_cpus = 2; /* as many lanes as CPUs */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE);
    run->host.usable_cpus = NAN;
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE);
    run->host.usable_cpus = 4;
    run->samples[0].cpu_ratio = NAN; /* nobody knows whether any was idle */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE);
}
END_TEST

START_TEST(no_pool_limits_when_no_image_waited_or_the_lanes_were_not_taken)
{
    lane(0, 1000);
    lane(0, 1000);
    image(0, 0, 1000);
    image(1, 0, 500);
    image(1, 500, 1000);
    sample(1000, 0.5, UNKNOWN);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE); /* three for two lanes */
    run->images[0].end_ns = AT(500);
    image(0, 500, 1000);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL);
    run->images[3].start_ns = AT(970); /* 1.53 of 2 in flight */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE);
    run->images[3].start_ns = AT(690); /* 1.81 of 2 */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL);
    lane(0, 0);                                          /* one more that waited for work */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL); /* of processes: a program for each */
    sample_process(run, 100, 1, (const char *const[]){"/usr/bin/node", NULL});
    run->images[0].tid = 101; /* of threads: a larger pool would wait, too */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_NONE);
}
END_TEST

START_TEST(cpus_limit_when_they_are_busy_while_images_are_in_flight)
{
    two_busy_lanes(0.86);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
    run->samples[0].cpu_ratio = 0.84;
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL);
    run->samples[0].cpu_ratio = 0.86;
    sample(9000, 0, UNKNOWN); /* after the last image */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
}
END_TEST

START_TEST(io_limits_when_lanes_wait_in_calls_for_half_of_their_time)
{
    two_busy_lanes(0.4);
    run->workers[0].cpu_ns = run->workers[1].cpu_ns = 1000 * MS;
    run->workers[0].io_ns = 2000 * MS;
    run->workers[1].io_ns = 1000 * MS;
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_IO);
    run->workers[1].io_ns = 999 * MS;
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL);
    run->workers[1].io_ns = 1000 * MS;
    run->workers[1].cpu_ns = UNKNOWN; /* whether the calls waited is not known */
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_POOL);
    run->workers[1].cpu_ns = 1000 * MS;
    run->samples[0].cpu_ratio = 0.86;
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
}
END_TEST

START_TEST(the_last_image_limits_when_it_is_alone_for_a_fifth_of_the_run)
{
    static const uint64_t ends_ms[][3] = {
        {3000, 4000, 5000}, {5000, 4000, 3000}, {4000, 5000, 3000}, {3000, 5000, 4000}};
    for (uint32_t i = 0; i < 3; i++) {
        lane(500 + 1000 * i, 5500);
        image(i, 500 + 1000 * i, 5500);
    }
    sample(5500, 0.9, UNKNOWN);
    for (size_t k = 0; k < sizeof ends_ms / sizeof *ends_ms; k++) {
        for (size_t i = 0; i < 3; i++)
            run->workers[i].end_ns = AT(500 + ends_ms[k][i]);
        const struct pool_figures *pool = compute();
        ck_assert_double_eq_tol(pool->tail_s, 1, TOL);
        ck_assert_double_eq_tol(pool->tail_ratio, 0.2, TOL); /* of the time since the first lane's start */
        ck_assert_int_eq(pool->limit, POOL_LIMIT_TAIL);      /* before the CPUs, which are busy, too */
    }
    run->workers[2].end_ns = AT(4501);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
    run->workers[2].end_ns = AT(5500); /* two end together */
    ck_assert_double_eq_tol(compute()->tail_s, 0, TOL);
}
END_TEST

START_TEST(one_lane_has_no_tail_and_one_image_no_limit)
{
    lane(0, 1000);
    image(0, 0, 1000);
    sample(1000, 1, UNKNOWN);
    const struct pool_figures *pool = compute();
    ck_assert(isnan(pool->tail_s) && isnan(pool->tail_ratio));
    ck_assert_int_eq(pool->limit, POOL_LIMIT_NONE);
    image(0, 500, 1000);
    ck_assert_int_eq(compute()->limit, POOL_LIMIT_CPU);
}
END_TEST

START_TEST(a_run_without_images_has_no_pool)
{
    const struct pool_figures *pool = compute();
    ck_assert_int_eq(pool->kind, POOL_KIND_NONE);
    ck_assert_int_eq(pool->limit, POOL_LIMIT_NONE);
    ck_assert_uint_eq(pool->lanes + pool->in_flight_peak + pool->level_count, 0);
    ck_assert(isnan(pool->in_flight_mean) && isnan(pool->tail_s) && isnan(pool->idle_cpus));
    ck_assert(isnan(pool->run_queue_s) && isnan(pool->threads_peak) && isnan(pool->threads_per_cpu));
    ck_assert(isnan(metrics->active_s) && isnan(metrics->idle_s));
}
END_TEST

START_TEST(a_pool_is_of_libuv_where_node_has_images_on_other_threads)
{
    sample_process(run, 100, 1, (const char *const[]){"/usr/bin/tool", NULL});
    lane(0, 1000);
    image(0, 0, 1000)->tid = 100;
    ck_assert_int_eq(compute()->kind, POOL_KIND_PROCESSES);
    run->images[0].tid = 101;
    ck_assert_int_eq(compute()->kind, POOL_KIND_THREADS);
    sample_process(run, 200, 1, (const char *const[]){"/opt/node/bin/node", NULL});
    ck_assert_int_eq(compute()->kind, POOL_KIND_THREADS); /* node without an image */
    run->images[0].process = 1;
    ck_assert_int_eq(compute()->kind, POOL_KIND_LIBUV);
    run->images[0].tid = 200;
    ck_assert_int_eq(compute()->kind, POOL_KIND_PROCESSES);
}
END_TEST

START_TEST(threads_are_most_at_a_sample_that_counted_them)
{
    sample(100, NAN, UNKNOWN);
    sample(200, NAN, UNKNOWN);
    sample(300, NAN, UNKNOWN);
    run->samples[1].threads = 10;
    run->samples[2].threads = 6;
    const struct pool_figures *pool = compute();
    ck_assert_double_eq(pool->threads_peak, 10);
    ck_assert_double_eq(pool->threads_per_cpu, 2.5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_pool");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_cpu_leaves_of_the_busy_time_is_first_run_queue_then_io_then_other);
    tcase_add_test(tests, parts_of_the_busy_time_that_are_not_known_are_not_zero);
    tcase_add_test(tests, a_cpu_is_idle_when_it_is_usable_and_nobody_uses_it);
    tcase_add_test(tests, a_task_takes_the_mean_busy_time_of_the_images_of_its_lane);
    tcase_add_test(tests, levels_tell_time_cpu_and_memory_by_the_images_in_flight);
    tcase_add_test(tests, an_image_that_begins_when_another_ends_does_not_overlap_it);
    tcase_add_test(tests, more_images_than_levels_share_the_last_level_and_count_whole_in_the_mean);
    tcase_add_test(tests, a_pool_limits_when_its_lanes_are_taken_and_cpus_are_idle);
    tcase_add_test(tests, no_pool_limits_when_no_image_waited_or_the_lanes_were_not_taken);
    tcase_add_test(tests, cpus_limit_when_they_are_busy_while_images_are_in_flight);
    tcase_add_test(tests, io_limits_when_lanes_wait_in_calls_for_half_of_their_time);
    tcase_add_test(tests, the_last_image_limits_when_it_is_alone_for_a_fifth_of_the_run);
    tcase_add_test(tests, one_lane_has_no_tail_and_one_image_no_limit);
    tcase_add_test(tests, a_run_without_images_has_no_pool);
    tcase_add_test(tests, a_pool_is_of_libuv_where_node_has_images_on_other_threads);
    tcase_add_test(tests, threads_are_most_at_a_sample_that_counted_them);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
