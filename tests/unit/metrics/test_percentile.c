/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/metrics/statistics/percentile.h, against sorting as the naive model.
 * Must not know: who asks for percentiles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/statistics/percentile.h"
#include "tests/unit/parts/suite.h"

#define VALUES 200

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double of_sorted(const double *values, size_t count, double p)
{
    double sorted[VALUES], whole, part = modf((double)(count - 1) * p, &whole);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    size_t below = (size_t)whole, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (sorted[above] - sorted[below]) * part;
}

START_TEST(one_value_is_every_percentile)
{
    double value = 7;
    ck_assert_double_eq(percentile(&value, 1, 0), 7);
    ck_assert_double_eq(percentile(&value, 1, 0.5), 7);
    ck_assert_double_eq(percentile(&value, 1, 1), 7);
}
END_TEST

START_TEST(between_two_values_it_is_linear)
{
    double values[] = {30, 10};
    ck_assert_double_eq(percentile(values, 2, 0.25), 15);
    ck_assert_double_eq(percentile(values, 2, 0.5), 20);
    ck_assert_double_eq(percentile(values, 2, 1), 30);
}
END_TEST

START_TEST(any_order_gives_what_sorting_gives)
{
    static const double shares[] = {0, 0.05, 0.5, 0.95, 1};
    uint32_t seed = 1;
    for (size_t count = 1; count <= VALUES; count++) {
        double values[VALUES], changed[VALUES];
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1664525 + 1013904223;
            values[i] = seed >> 24; /* few different ones: equals occur */
        }
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
            memcpy(changed, values, count * sizeof *values);
            ck_assert_double_eq(percentile(changed, count, shares[i]), of_sorted(values, count, shares[i]));
            qsort(changed, count, sizeof *changed, by_value);
            ck_assert_double_eq(percentile(changed, count, shares[i]), of_sorted(values, count, shares[i]));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("percentile");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, one_value_is_every_percentile);
    tcase_add_test(tests, between_two_values_it_is_linear);
    tcase_add_test(tests, any_order_gives_what_sorting_gives);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
