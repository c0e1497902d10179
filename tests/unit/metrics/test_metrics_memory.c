/* SPDX-License-Identifier: MIT
 * Owns: the claims about who made the memory peak, what it is made of, and what one more image costs.
 * Must not know: records. Runs are those of tests/unit/parts/sample_run.c, changed. */
#include <math.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/memory/memory_parts.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/metrics/time/resources.h"
#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/sample_run.h"
#include "tests/unit/parts/suite.h"

#define MB 1e6

static void levels(struct metrics *metrics, const double rss_mb[], size_t count)
{
    metrics->pool.level_count = count;
    for (size_t i = 0; i < count; i++)
        metrics->pool.levels[i] = (struct pool_level){.time_s = 1, .rss_bytes = rss_mb[i] * MB, .samples = 5};
    metrics->memory = (struct memory_figures){0};
    ck_assert(metrics_memory_parts(metrics));
}

START_TEST(one_more_image_costs_the_slope_from_three_levels_on)
{
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    run->host.memory_bytes = 1000000000;
    run->host.cgroup_memory_limit = UNKNOWN;
    levels(metrics, (double[]){7, 104, 168, 232}, 4); /* nothing in flight: not on the line, and not asked */
    ck_assert_double_eq_tol(metrics->memory.per_image_bytes, 64 * MB, 1);
    ck_assert_double_eq_tol(metrics->memory.base_bytes, 40 * MB, 1);
    ck_assert_double_eq(metrics->memory.workers_fit, 15);
    levels(metrics, (double[]){40, 104, 168}, 3); /* two numbers in flight */
    ck_assert(isnan(metrics->memory.per_image_bytes) && isnan(metrics->memory.workers_fit));
    levels(metrics, (double[]){232, 168, 104, 40}, 4); /* shrinks */
    ck_assert(isnan(metrics->memory.per_image_bytes));
    levels(metrics, (double[]){90, 100, 200, 101}, 4); /* follows something else */
    ck_assert(isnan(metrics->memory.per_image_bytes));
    metrics_free(metrics);
    run_free(run);
}
END_TEST

START_TEST(parts_of_the_resident_set_add_up_to_it_and_none_is_clamped)
{
    struct run *run = sample_run();
    run->peak_composition = (struct memory_composition){100, 70, 20, 3, 15};
    struct metrics *metrics = metrics_compute(run);
    const struct memory_figures *memory = &metrics->memory;
    ck_assert_double_eq(memory->heap_bytes + memory->file_bytes + memory->mapped_bytes + memory->retained_bytes,
                        memory->rss_bytes);
    ck_assert_double_eq(memory->retained_bytes, -5);
    metrics_free(metrics);
    run->peak_composition.heap_bytes = UNKNOWN;
    metrics = metrics_compute(run);
    ck_assert(isnan(metrics->memory.retained_bytes) && isnan(metrics->memory.heap_bytes));
    ck_assert_double_eq(metrics->memory.file_bytes, 20);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

START_TEST(the_peak_was_made_in_the_stage_that_began_last)
{
    struct run *run = sample_run();
    size_t sites = run->site_count;
    run->site_count = 0; /* nothing but the time tells */
    run->peak_rss_ns = run->images[0].start_ns + 120000000;
    for (size_t i = 1; i < run->image_count; i++)
        run->images[i].start_ns = run->images[i].end_ns = run->peak_rss_ns + 1;
    struct metrics *metrics = metrics_compute(run);
    ck_assert_uint_eq(metrics->memory.in_flight_at_peak, 1);
    ck_assert_uint_eq(metrics->memory.peak_maker, 0);
    ck_assert(metrics->memory.peak_stage_known);
    ck_assert_int_eq(metrics->memory.peak_stage, STAGE_ENCODE);
    metrics_free(metrics);
    run->images[1].start_ns = run->peak_rss_ns; /* two at once, and no site: nobody knows */
    metrics = metrics_compute(run);
    ck_assert_uint_eq(metrics->memory.in_flight_at_peak, 2);
    ck_assert_uint_eq(metrics->memory.peak_maker, NO_ID);
    ck_assert(!metrics->memory.peak_stage_known);
    metrics_free(metrics);
    run->site_count = sites;
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_memory");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, one_more_image_costs_the_slope_from_three_levels_on);
    tcase_add_test(tests, parts_of_the_resident_set_add_up_to_it_and_none_is_clamped);
    tcase_add_test(tests, the_peak_was_made_in_the_stage_that_began_last);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
