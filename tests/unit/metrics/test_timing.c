/* SPDX-License-Identifier: MIT
 * Owns: claims about timing statistics.
 * Must not know: images. */
#include "analyzer/metrics/figures/figures.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/parts/suite.h"

#define CLOSE 1e-12

START_TEST(nothing_measured_is_unknown)
{
    struct timing_stats stats;
    timing_init(&stats);
    timing_finish(&stats);
    ck_assert_uint_eq(stats.count, 0);
    ck_assert(isnan(stats.min) && isnan(stats.max) && isnan(stats.mean) && isnan(stats.sum));
    ck_assert(isnan(stats.stddev) && isnan(stats.p50) && isnan(stats.p95));
    timing_release(&stats);
}
END_TEST

START_TEST(one_value_has_no_deviation)
{
    struct timing_stats stats;
    timing_init(&stats);
    timing_update(&stats, 0.25);
    timing_finish(&stats);
    ck_assert_double_eq(stats.mean, 0.25);
    ck_assert_double_eq(stats.p50, 0.25);
    ck_assert(isnan(stats.stddev));
    ck_assert(isnan(stats.p95));
    timing_release(&stats);
}
END_TEST

/* 2 4 4 4 5 5 7 9: sum 40, mean 5, squared deviations 9+1+1+1+0+0+4+16 = 32, 32 ÷ 7 = 4.571428…; the median is
 * between the 4th and 5th value: 4.5. */
START_TEST(eight_values_give_the_textbook_figures)
{
    static const double values[] = {9, 4, 2, 5, 4, 7, 4, 5};
    struct timing_stats stats;
    timing_init(&stats);
    for (size_t i = 0; i < 8; i++)
        timing_update(&stats, values[i]);
    timing_finish(&stats);
    ck_assert_double_eq_tol(stats.sum, 40, CLOSE);
    ck_assert_double_eq_tol(stats.mean, 5, CLOSE);
    ck_assert_double_eq_tol(stats.stddev, sqrt(32.0 / 7), CLOSE);
    ck_assert_double_eq(stats.min, 2);
    ck_assert_double_eq(stats.max, 9);
    ck_assert_double_eq_tol(stats.p50, 4.5, CLOSE);
    ck_assert(stats.exact);
    timing_release(&stats);
}
END_TEST

/* 1 … 20: position 19 · 0.95 = 18.05 from 0, so 19 + 0.05 · (20 - 19) = 19.05; p50 at 9.5: 10.5. */
START_TEST(percentiles_are_type_7_and_p95_needs_20_values)
{
    struct timing_stats stats;
    timing_init(&stats);
    for (int i = 20; i >= 1; i--)
        timing_update(&stats, i);
    timing_finish(&stats);
    ck_assert_double_eq_tol(stats.p50, 10.5, CLOSE);
    ck_assert_double_eq_tol(stats.p95, 19.05, CLOSE);
    timing_release(&stats);
    timing_init(&stats);
    for (int i = 1; i <= 19; i++)
        timing_update(&stats, i);
    timing_finish(&stats);
    ck_assert(isnan(stats.p95));
    timing_release(&stats);
}
END_TEST

START_TEST(an_unknown_value_is_no_value)
{
    struct timing_stats stats;
    timing_init(&stats);
    timing_update(&stats, NAN);
    timing_update(&stats, 3);
    timing_finish(&stats);
    ck_assert_uint_eq(stats.count, 1);
    ck_assert_double_eq(stats.sum, 3);
    timing_release(&stats);
}
END_TEST

START_TEST(large_values_close_together_keep_their_deviation)
{
    struct timing_stats stats;
    timing_init(&stats);
    for (int i = 0; i < 3; i++)
        timing_update(&stats, 1e9 + i); /* deviations -1, 0, 1: variance 2 ÷ 2 = 1 */
    timing_finish(&stats);
    ck_assert_double_eq_tol(stats.stddev, 1, 1e-6);
    timing_release(&stats);
}
END_TEST

/* Values 1 … n µs in a scattered order; type 7 percentiles of 1 … n are 1 + (n - 1) · p. */
static void fill_scattered(struct timing_stats *stats, uint64_t n)
{
    timing_init(stats);
    for (uint64_t i = 0; i < n; i++)
        timing_update(stats, (double)(i * 7919 % n + 1) * 1e-6); /* 7919 is prime, so every value comes once */
    timing_finish(stats);
}

START_TEST(a_hundred_thousand_values_are_exact)
{
    struct timing_stats stats;
    fill_scattered(&stats, TIMING_EXACT_MAX);
    ck_assert(stats.exact);
    ck_assert_double_eq_tol(stats.p50, (1 + 99999 * 0.5) * 1e-6, CLOSE);
    ck_assert_double_eq_tol(stats.p95, (1 + 99999 * 0.95) * 1e-6, CLOSE);
    timing_release(&stats);
}
END_TEST

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

START_TEST(percentiles_depend_on_no_order)
{
    enum { VALUES = 1999, SHAPES = 7 };
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        double sorted[VALUES];
        struct timing_stats stats;
        timing_init(&stats);
        for (unsigned i = 0; i < VALUES; i++) {
            unsigned of_shape[SHAPES] = {
                i, VALUES - i, 5, i % 2, i < VALUES / 2 ? i : VALUES - i, i * 7919 % VALUES, i * 7919 % 13};
            sorted[i] = of_shape[shape];
            timing_update(&stats, sorted[i]);
        }
        timing_finish(&stats);
        qsort(sorted, VALUES, sizeof *sorted, by_value);
        double part = (VALUES - 1) * 0.95 - 1898; /* of the way from one value to the next */
        ck_assert_double_eq_tol(stats.p50, sorted[999], CLOSE);
        ck_assert_double_eq_tol(stats.p95, sorted[1898] + (sorted[1899] - sorted[1898]) * part, CLOSE);
        timing_release(&stats);
    }
}
END_TEST

START_TEST(more_values_are_within_one_percent_and_say_so)
{
    struct timing_stats stats;
    uint64_t n = 250000;
    fill_scattered(&stats, n);
    ck_assert(!stats.exact);
    ck_assert_uint_eq(stats.count, n);
    ck_assert_double_eq_tol(stats.sum, 250000.0 * 250001 / 2 * 1e-6, 1e-6);
    ck_assert_double_eq_tol(stats.p50 / (125000.5e-6), 1, 0.0101);
    ck_assert_double_eq_tol(stats.p95 / (237500e-6), 1, 0.0101);
    ck_assert_double_eq_tol(stats.min, 1e-6, CLOSE);
    ck_assert_double_eq_tol(stats.max, 0.25, CLOSE);
    timing_release(&stats);
}
END_TEST

START_TEST(the_sketch_stands_zero_and_ages)
{
    struct timing_stats stats;
    timing_init(&stats);
    for (int i = 0; i < TIMING_EXACT_MAX + 10; i++)
        timing_update(&stats, i % 3 ? 0 : 1e12);
    timing_finish(&stats);
    ck_assert_double_lt(stats.p50, 1e-8);
    ck_assert_double_le(stats.p95, 1e12);
    timing_release(&stats);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timing");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, nothing_measured_is_unknown);
    tcase_add_test(tests, one_value_has_no_deviation);
    tcase_add_test(tests, eight_values_give_the_textbook_figures);
    tcase_add_test(tests, percentiles_depend_on_no_order);
    tcase_add_test(tests, percentiles_are_type_7_and_p95_needs_20_values);
    tcase_add_test(tests, an_unknown_value_is_no_value);
    tcase_add_test(tests, large_values_close_together_keep_their_deviation);
    tcase_add_test(tests, a_hundred_thousand_values_are_exact);
    tcase_add_test(tests, more_values_are_within_one_percent_and_say_so);
    tcase_add_test(tests, the_sketch_stands_zero_and_ages);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
