/* SPDX-License-Identifier: MIT
 * Owns: claims about the figures of a run. Expected numbers are worked out in comments.
 * Must not know: formatting. */
#include "analyzer/metrics/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/suite.h"

#define CLOSE 1e-9

static struct metrics *compute(const struct run *run)
{
    struct metrics *metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    return metrics;
}

static void release(struct metrics *metrics, struct run *run)
{
    metrics_free(metrics);
    run_free(run);
}

/* Chains: 500, 300 + 600, 400, 300, 600 ms: mean 2700 ÷ 5 = 540; deviations -40, 360, -140, -240, 60 ms, squares
 * 1600 + 129600 + 19600 + 57600 + 3600 = 212000, ÷ 4 = 53000. 5 chains in 2 s are 2.5 per second. */
START_TEST(images_joined_by_an_intermediate_count_once)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->chains, 5);
    ck_assert_uint_eq(metrics->busy.count, 5);
    ck_assert_double_eq_tol(metrics->busy.mean, 0.54, CLOSE);
    ck_assert_double_eq_tol(metrics->busy.max, 0.9, CLOSE);
    ck_assert_double_eq_tol(metrics->busy.p50, 0.5, CLOSE);
    ck_assert_double_eq_tol(metrics->busy.stddev, sqrt(0.053), CLOSE);
    ck_assert_double_eq_tol(metrics->throughput, 2.5, CLOSE);
    ck_assert_uint_eq(metrics->images_ok, 4);
    ck_assert_uint_eq(metrics->failed, 1);
    release(metrics, run);
}
END_TEST

/* In 1,000,000 + 2,000,000 + 300,000 + 1,200,000 = 4,500,000; out 640,000 + 500,000 + 309,300 + 300,000 = 1,749,300;
 * saved 2,750,700, by 4 images 687,675. The failed image's 800,000 and the PPM are in neither. */
START_TEST(totals_are_the_sums_of_the_files)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->bytes_in, 4500000);
    ck_assert_uint_eq(metrics->bytes_out, 1749300);
    ck_assert_int_eq(metrics->bytes_saved, 2750700);
    ck_assert_uint_eq(metrics->sized, 4);
    ck_assert_double_eq_tol(metrics->saved_per_image, 687675, CLOSE);
    ck_assert_double_eq_tol(metrics->size_ratio, 1749300.0 / 4500000, CLOSE);
    release(metrics, run);
}
END_TEST

START_TEST(formats_are_those_of_the_last_output)
{
    static const struct {
        enum image_format format;
        double ratio;
        const char *label;
    } expected[] = {{FORMAT_JPEG, 0.64, "q=85"},
                    {FORMAT_PNG, 1.031, "level 9"},
                    {FORMAT_WEBP, 0.25, "q=80"},
                    {FORMAT_AVIF, 0.25, "aom min=20 max=40"}};
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->format_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct format_row *row = &metrics->formats[i];
        ck_assert_int_eq(row->format, expected[i].format);
        ck_assert_uint_eq(row->n, 1);
        ck_assert_double_eq_tol(row->size_ratio, expected[i].ratio, CLOSE);
        ck_assert_double_eq_tol(row->median_size_ratio, expected[i].ratio, CLOSE);
        ck_assert_uint_eq(row->quality_count, 1);
        ck_assert_str_eq(row->qualities[0].label, expected[i].label);
        ck_assert_double_eq_tol(row->qualities[0].size_ratio, expected[i].ratio, CLOSE);
    }
    ck_assert_double_eq_tol(metrics->formats[2].time.sum, 0.9, CLOSE); /* 300 ms to the PPM, 600 ms from it */
    ck_assert(isnan(metrics->formats[3].qualities[0].quality));
    release(metrics, run);
}
END_TEST

/* PNG → WebP 500,000 of 2,000,000 and PNG → AVIF 300,000 of 1,200,000: both 75 % less. PPM is in no conversion. */
START_TEST(conversions_go_from_first_to_last_format)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->conversion_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(metrics->conversions[i].from, FORMAT_PNG);
        ck_assert_int_eq(metrics->conversions[i].to, i ? FORMAT_AVIF : FORMAT_WEBP);
        ck_assert_double_eq_tol(metrics->conversions[i].size_reduction, 0.75, CLOSE);
    }
    release(metrics, run);
}
END_TEST

/* Sums in ms: validation 60, read 370, optimization 1980, write 150, cleanup 40, unattributed 100: 2700 together.
 * Decode 370, transform 70, encode 1200: 340 of the optimization are none of them. */
START_TEST(stages_and_the_unattributed_are_the_busy_time)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    const struct timing_stats *stages = metrics->stages;
    ck_assert_double_eq_tol(stages[STAGE_VALIDATION].sum, 0.06, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_IMAGE_READ].sum, 0.37, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_OPTIMIZATION].sum, 1.98, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_DECODE].sum, 0.37, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_TRANSFORM].sum, 0.07, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_ENCODE].sum, 1.2, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_IMAGE_WRITE].sum, 0.15, CLOSE);
    ck_assert_double_eq_tol(stages[STAGE_CLEANUP].sum, 0.04, CLOSE);
    ck_assert_double_eq_tol(metrics->io_s, 0.52, CLOSE);
    ck_assert_double_eq_tol(metrics->other_optimization_s, 0.34, CLOSE);
    double sum = stages[STAGE_VALIDATION].sum + stages[STAGE_IMAGE_READ].sum + stages[STAGE_OPTIMIZATION].sum +
                 stages[STAGE_IMAGE_WRITE].sum + stages[STAGE_CLEANUP].sum + metrics->unattributed.sum;
    ck_assert_double_eq_tol(sum, metrics->busy.sum, CLOSE);
    ck_assert_double_eq_tol(sum, 2.7, CLOSE);
    ck_assert_uint_eq(stages[STAGE_IMAGE_WRITE].count, 4); /* the failed image wrote nothing: unknown, not 0 */
    release(metrics, run);
}
END_TEST

/* 2600 of 2700 ms have a name; 340 + 10 + 20 + 50 = 420 ms of them are inferred, 2180 observed. Transform: all 70 ms
 * are inferred; optimization: 410 of 1980. */
START_TEST(attribution_tells_observed_from_inferred)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_double_eq_tol(metrics->attributed_ratio, 2600.0 / 2700, CLOSE);
    ck_assert_double_eq_tol(metrics->observed_ratio, 2180.0 / 2700, CLOSE);
    ck_assert_double_eq_tol(metrics->inferred_ratio, 420.0 / 2700, CLOSE);
    ck_assert(metrics->stages[STAGE_TRANSFORM].inferred);
    ck_assert(!metrics->stages[STAGE_OPTIMIZATION].inferred);
    release(metrics, run);
}
END_TEST

/* Active 1500 + 1200, idle 300 + 600: 2700 ÷ 3600. Init 50 + 70 ms. */
START_TEST(worker_efficiency_is_active_of_active_and_idle)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_double_eq_tol(metrics->worker_efficiency, 0.75, CLOSE);
    ck_assert_double_eq_tol(metrics->worker_init_s, 0.12, CLOSE);
    ck_assert_uint_eq(metrics->worker_inits, 2);
    ck_assert_double_eq_tol(metrics->workers[0].mean_task_s, 0.5, CLOSE); /* (500 + 400 + 600) ÷ 3 */
    ck_assert_double_eq_tol(metrics->workers[0].cpu_ratio, 0.8, CLOSE);   /* 1200 ÷ 1500 */
    ck_assert(isnan(metrics->workers[1].cpu_ratio));
    release(metrics, run);
}
END_TEST

static void scheduled(struct run *run, uint32_t images, uint64_t on_cpu_ns, uint64_t run_queue_ns)
{
    struct process *process =
        sample_process(run, 100 + (uint32_t)run->process_count, 1, (const char *const[]){"cwebp", NULL});
    process->images = images;
    process->on_cpu_ns = on_cpu_ns;
    process->run_queue_ns = run_queue_ns;
}

START_TEST(run_queue_is_that_of_the_processes_with_images_whose_scheduler_told_it)
{
    struct run *run = sample_empty_run();
    sample_image(run, 0, NO_ID, NO_ID, 0, 400);
    struct metrics *metrics = compute(run);
    ck_assert(isnan(metrics->pool.run_queue_s) && isnan(metrics->pool.run_queue_ratio));
    ck_assert(isnan(metrics->pool.runnable_mean));
    metrics_free(metrics);
    scheduled(run, 1, 200 * SAMPLE_MS, 600 * SAMPLE_MS);
    scheduled(run, 1, UNKNOWN, UNKNOWN);
    scheduled(run, 0, 900 * SAMPLE_MS, 900 * SAMPLE_MS); /* a shell */
    scheduled(run, 2, 400 * SAMPLE_MS, 0);
    metrics = compute(run);
    const struct pool_figures *pool = &metrics->pool;
    ck_assert_double_eq_tol(pool->on_cpu_s, 0.6, CLOSE);
    ck_assert_double_eq_tol(pool->run_queue_s, 0.6, CLOSE);
    ck_assert_double_eq_tol(pool->run_queue_ratio, 0.5, CLOSE);
    ck_assert_double_eq_tol(pool->runnable_mean, 3, CLOSE); /* 1.2 s in the 0.4 s with an image */
    release(metrics, run);
}
END_TEST

/* Average: (2200 + 200) ms ÷ (2 s · 2 CPUs) = 0.6. Windows: [0,100) (0.4 + 0.6) ÷ 2 = 0.5; [100,200) (0.9 + 0.95) ÷ 2
 * = 0.925; [200,300) unknown; [300,400) 0.7; [400,500) 0.3. */
START_TEST(cpu_extremes_come_from_covered_windows)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_double_eq_tol(metrics->cpu_avg_ratio, 0.6, CLOSE);
    ck_assert_double_eq_tol(metrics->cpu_peak_ratio, 0.925, CLOSE);
    ck_assert_double_eq_tol(metrics->cpu_min_ratio, 0.3, CLOSE);
    /* 1.25 of 4 CPUs idle, ours out of 2: (50·(1.95 + 1.55 + 0.95 + 0.85) + 100·(1.35 + 2.15)) ÷ (400 · 4) */
    ck_assert_double_eq_tol(metrics->cpu_others_ratio, 615 / 1600.0, CLOSE);
    metrics_free(metrics);
    run->sample_count = 2; /* 50 ms fill no window */
    metrics = compute(run);
    ck_assert(isnan(metrics->cpu_peak_ratio) && isnan(metrics->cpu_min_ratio));
    release(metrics, run);
}
END_TEST

START_TEST(a_pause_between_periods_is_no_idle_window)
{
    struct run *run = sample_run();
    run->periods[0][1] = SAMPLE_START + 410 * SAMPLE_MS;
    run->periods[1][0] = SAMPLE_START + 490 * SAMPLE_MS;
    run->periods[1][1] = SAMPLE_START + 2000 * SAMPLE_MS;
    run->period_count = 2;
    struct metrics *metrics = compute(run);
    ck_assert_double_eq_tol(metrics->duration_s, 0.41 + 1.51, CLOSE);
    ck_assert_double_eq_tol(metrics->cpu_min_ratio, 0.5, CLOSE); /* the 0.3 spans the pause */
    release(metrics, run);
}
END_TEST

/* 19,100,000 of 19,200,000 bytes, in the one process whose counters are known. Own cost 11 of 2200 ms. */
START_TEST(trust_figures_leave_out_processes_of_unknown_counters)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_double_eq_tol(metrics->coverage_ratio, 191.0 / 192, CLOSE);
    ck_assert_uint_eq(metrics->coverage_processes, 1);
    ck_assert_double_eq_tol(metrics->overhead_ratio, 0.005, CLOSE);
    ck_assert_double_eq_tol(metrics->baseline_rss_bytes, 85e6, CLOSE);
    ck_assert_double_eq_tol(metrics->peak_heap_bytes, 120e6, CLOSE);
    release(metrics, run);
}
END_TEST

/* Of 19,100,000 bytes, which are 99.5 %, nothing needs an explanation; of five processes that differ by 1 to 5 MB the
 * three largest are named, the unknown and the exact one not. */
START_TEST(a_gap_in_coverage_is_explained_by_the_processes_that_have_it)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->gap_count, 0);
    metrics_free(metrics);
    static const uint64_t seen[] = {10000000, 12000000, 14000000, 10000000, 10000000, 10000000, 10000000};
    static const uint64_t kernel[] = {11000000, 10000000, 19000000, 13000000, UNKNOWN, 10000000, 14000000};
    struct process *processes = calloc(7, sizeof *processes), *old = run->processes;
    size_t count = run->process_count;
    ck_assert_ptr_nonnull(processes);
    for (size_t i = 0; i < 7; i++) {
        processes[i] = (struct process){.pid = 1 + (uint32_t)i, .parent = NO_ID, .cpu_ns = UNKNOWN};
        processes[i].seen_io_bytes = seen[i];
        processes[i].kernel_io_bytes = kernel[i];
        processes[i].metadata_calls = UNKNOWN;
    }
    run->processes = processes;
    run->process_count = 7;
    metrics = compute(run);
    ck_assert_uint_eq(metrics->gap_count, 3);
    static const uint32_t order[] = {2, 6, 3};
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(metrics->gaps[i].process, order[i]);
        ck_assert_uint_eq(metrics->gaps[i].bytes, (5 - i) * UINT64_C(1000000));
        ck_assert(!metrics->gaps[i].more);
    }
    ck_assert(metrics->metadata_calls == UNKNOWN && isnan(metrics->metadata_s));
    metrics_free(metrics);
    run->process_count = 2;
    processes[0].kernel_io_bytes = 10000000; /* 22 of 20: more was seen than the kernel counted */
    metrics = compute(run);
    ck_assert_uint_eq(metrics->gap_count, 1);
    ck_assert(metrics->gaps[0].more);
    ck_assert_uint_eq(metrics->gaps[0].process, 1);
    ck_assert_uint_eq(metrics->gaps[0].bytes, 2000000);
    metrics_free(metrics);
    run->processes = old;
    run->process_count = count;
    free(processes);
    run_free(run);
}
END_TEST

/* The second process's end was not recorded: its calls are not 0, but not known. */
START_TEST(metadata_and_mapped_peak_come_from_the_processes_that_know_them)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->metadata_calls, 340);
    ck_assert_double_eq_tol(metrics->metadata_s, 0.0012, CLOSE);
    ck_assert_uint_eq(metrics->peak_anonymous_bytes, 48000000);
    release(metrics, run);
}
END_TEST

START_TEST(without_images_nothing_is_zero_but_counts)
{
    struct run *run = sample_empty_run();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->chains, 0);
    ck_assert(isnan(metrics->busy.mean) && isnan(metrics->throughput) && isnan(metrics->worker_init_s));
    ck_assert(isnan(metrics->cpu_avg_ratio) && isnan(metrics->cpu_peak_ratio) && isnan(metrics->worker_efficiency));
    ck_assert(isnan(metrics->saved_per_image) && isnan(metrics->size_ratio) && isnan(metrics->io_s));
    ck_assert(isnan(metrics->peak_rss_bytes) && isnan(metrics->baseline_rss_bytes) && isnan(metrics->peak_heap_bytes));
    ck_assert(isnan(metrics->coverage_ratio) && isnan(metrics->attributed_ratio) && isnan(metrics->overhead_ratio));
    ck_assert(metrics->io_kernel == UNKNOWN);
    release(metrics, run);
}
END_TEST

START_TEST(a_single_image_has_no_worker_efficiency)
{
    struct run *run = sample_run();
    for (size_t i = 0; i < run->image_count; i++)
        run->images[i].chain = 7;
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->chains, 1);
    ck_assert(isnan(metrics->worker_efficiency));
    ck_assert_double_eq_tol(metrics->active_s, 2.7, CLOSE);
    release(metrics, run);
}
END_TEST

/* Everything that could depend on the order: sums of floating point numbers and the order of rows. */
START_TEST(the_order_of_images_does_not_matter)
{
    struct run *run = sample_run();
    struct metrics *before = compute(run);
    struct image first = run->images[0];
    memmove(&run->images[0], &run->images[1], (SAMPLE_IMAGES - 1) * sizeof first);
    run->images[SAMPLE_IMAGES - 1] = first;
    struct image swapped = run->images[0];
    run->images[0] = run->images[3];
    run->images[3] = swapped;
    struct metrics *after = compute(run);
    ck_assert_double_eq(before->busy.sum, after->busy.sum);
    ck_assert_double_eq(before->busy.stddev, after->busy.stddev);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        ck_assert_uint_eq(before->stages[stage].count, after->stages[stage].count);
    ck_assert_double_eq(before->stages[STAGE_OPTIMIZATION].sum, after->stages[STAGE_OPTIMIZATION].sum);
    ck_assert_uint_eq(before->bytes_in, after->bytes_in);
    ck_assert_uint_eq(before->bytes_out, after->bytes_out);
    ck_assert_uint_eq(before->format_count, after->format_count);
    for (size_t i = 0; i < before->format_count; i++) {
        ck_assert_int_eq(before->formats[i].format, after->formats[i].format);
        ck_assert_double_eq(before->formats[i].size_ratio, after->formats[i].size_ratio);
        ck_assert_str_eq(before->formats[i].qualities[0].label, after->formats[i].qualities[0].label);
    }
    metrics_free(before);
    release(after, run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, images_joined_by_an_intermediate_count_once);
    tcase_add_test(tests, totals_are_the_sums_of_the_files);
    tcase_add_test(tests, formats_are_those_of_the_last_output);
    tcase_add_test(tests, conversions_go_from_first_to_last_format);
    tcase_add_test(tests, stages_and_the_unattributed_are_the_busy_time);
    tcase_add_test(tests, attribution_tells_observed_from_inferred);
    tcase_add_test(tests, worker_efficiency_is_active_of_active_and_idle);
    tcase_add_test(tests, run_queue_is_that_of_the_processes_with_images_whose_scheduler_told_it);
    tcase_add_test(tests, cpu_extremes_come_from_covered_windows);
    tcase_add_test(tests, a_pause_between_periods_is_no_idle_window);
    tcase_add_test(tests, trust_figures_leave_out_processes_of_unknown_counters);
    tcase_add_test(tests, a_gap_in_coverage_is_explained_by_the_processes_that_have_it);
    tcase_add_test(tests, metadata_and_mapped_peak_come_from_the_processes_that_know_them);
    tcase_add_test(tests, without_images_nothing_is_zero_but_counts);
    tcase_add_test(tests, a_single_image_has_no_worker_efficiency);
    tcase_add_test(tests, the_order_of_images_does_not_matter);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
