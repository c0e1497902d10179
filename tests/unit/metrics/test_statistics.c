/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/compare/statistics.h: published examples, tests against counting all cases, intervals
 * that hold what they should as often as they say. */
#include <math.h>
#include <stdint.h>

#include "analyzer/compare/statistics.h"
#include "tests/unit/parts/suite.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-4;
}

/* Hollander & Wolfe, table 3.1: nine patients before and after. R's wilcox.test gives V = 40 and p = 0.03906. */
START_TEST(signed_rank_agrees_with_the_published_example)
{
    static const double before[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
    static const double after[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    struct statistics_difference difference;
    double low[9], high[9]; /* differences as ratios: the test takes logarithms */
    for (int i = 0; i < 9; i++) {
        low[i] = exp(before[i]);
        high[i] = exp(after[i]);
    }
    statistics_of_rounds(low, high, 9, &difference);
    ck_assert(near(difference.p, 0.03906));
    /* their estimate of the shift is -0.46, its interval for 96 % -0.786 to -0.010 */
    ck_assert_double_eq_tol(log(difference.ratio), -0.46, 0.005);
    ck_assert_double_eq_tol(log(difference.low), -0.786, 0.001);
    ck_assert_double_eq_tol(log(difference.high), -0.010, 0.001);
}
END_TEST

/* Hollander & Wolfe, table 4.1: permeability of membranes. R: W = 35, two-sided p = 0.2544. */
START_TEST(rank_sum_agrees_with_the_published_example)
{
    static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    struct statistics_difference difference;
    double x[10], y[5];
    for (int i = 0; i < 10; i++)
        x[i] = exp(term[i]);
    for (int i = 0; i < 5; i++)
        y[i] = exp(early[i]);
    statistics_of_apart(x, 10, y, 5, &difference);
    ck_assert(near(difference.p, 0.2544));
    ck_assert_double_eq_tol(-log(difference.ratio), 0.305, 0.0005);
    ck_assert_double_eq_tol(-log(difference.high), -0.15, 0.005);
    ck_assert_double_eq_tol(-log(difference.low), 0.76, 0.005);
}
END_TEST

static uint64_t state = 1;
static double uniform(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

/* Every choice of signs, with ties and zeros among the differences. */
static double signed_rank_by_counting(const double *difference, unsigned n)
{
    double size[16], rank[16], observed = 0;
    unsigned m = 0, at_most = 0, at_least = 0;
    bool up[16];
    for (unsigned i = 0; i < n; i++)
        if (difference[i] != 0) {
            up[m] = difference[i] > 0;
            size[m++] = fabs(difference[i]);
        }
    for (unsigned i = 0; i < m; i++) {
        rank[i] = 0.5;
        for (unsigned k = 0; k < m; k++)
            rank[i] += size[k] < size[i] ? 1 : size[k] == size[i] ? 0.5 : 0;
        observed += up[i] ? rank[i] : 0;
    }
    for (unsigned signs = 0; signs < 1u << m; signs++) {
        double sum = 0;
        for (unsigned i = 0; i < m; i++)
            sum += signs >> i & 1 ? rank[i] : 0;
        at_most += sum <= observed;
        at_least += sum >= observed;
    }
    return fmin(1, 2.0 * fmin(at_most, at_least) / (1u << m));
}

static double rank_sum_by_counting(const double *all, unsigned n, unsigned first)
{
    double rank[16], observed = 0;
    unsigned at_most = 0, at_least = 0, ways = 0;
    for (unsigned i = 0; i < n; i++) {
        rank[i] = 0.5;
        for (unsigned k = 0; k < n; k++)
            rank[i] += all[k] < all[i] ? 1 : all[k] == all[i] ? 0.5 : 0;
        observed += i >= first ? rank[i] : 0;
    }
    for (unsigned chosen = 0; chosen < 1u << n; chosen++) {
        double sum = 0;
        if ((unsigned)__builtin_popcount(chosen) != n - first)
            continue;
        for (unsigned i = 0; i < n; i++)
            sum += chosen >> i & 1 ? rank[i] : 0;
        ways++;
        at_most += sum <= observed;
        at_least += sum >= observed;
    }
    return fmin(1, 2.0 * fmin(at_most, at_least) / ways);
}

START_TEST(p_values_are_those_of_counting_all_cases)
{
    for (int trial = 0; trial < 200; trial++) {
        unsigned n = 6 + (unsigned)trial % 5, first = 4 + (unsigned)trial % 2;
        double old[16], new[16], difference[16], all[16];
        struct statistics_difference result;
        for (unsigned i = 0; i < n; i++) {
            old[i] = -1; /* values that have no logarithm are compared by difference */
            new[i] = old[i] + floor(uniform() * 7) - 2;
            difference[i] = new[i] - old[i];
        }
        statistics_of_rounds(old, new, n, &result);
        ck_assert(near(result.p, signed_rank_by_counting(difference, n)));
        ck_assert(isnan(result.ratio) && isnan(result.low));
        for (unsigned i = 0; i < first + 5; i++)
            all[i] = floor(uniform() * 6);
        statistics_of_apart(all, first, all + first, 5, &result);
        ck_assert(near(result.p, rank_sum_by_counting(all, first + 5, first)));
    }
}
END_TEST

/* Noise as that of runs: most are alike, some are much slower. */
static double noisy(void)
{
    double z = sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
    return exp(0.03 * z) * (uniform() < 0.1 ? 1.4 : 1);
}

START_TEST(intervals_hold_the_truth_as_often_as_they_say)
{
    enum { TRIALS = 2000 };
    unsigned rounds_missed = 0, apart_missed = 0, median_missed = 0, rounds_alarms = 0, apart_alarms = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double old[10], new[10];
        struct statistics_difference difference;
        struct statistics_set set;
        for (int i = 0; i < 10; i++) {
            old[i] = noisy();
            new[i] = 1.07 * noisy();
        }
        statistics_of_rounds(old, new, 10, &difference);
        rounds_missed += difference.low > 1.07 || difference.high < 1.07;
        /* an interval without 1 and a verdict are the same thing */
        ck_assert_int_eq(difference.p <= STATISTICS_ALPHA, difference.low > 1 || difference.high < 1);
        statistics_of_apart(old, 10, new, 10, &difference);
        apart_missed += difference.low > 1.07 || difference.high < 1.07;
        ck_assert_int_eq(difference.p <= STATISTICS_ALPHA, difference.low > 1 || difference.high < 1);
        for (int i = 0; i < 10; i++)
            new[i] = noisy();
        statistics_of_rounds(old, new, 10, &difference);
        rounds_alarms += difference.p <= STATISTICS_ALPHA;
        statistics_of_apart(old, 10, new, 10, &difference);
        apart_alarms += difference.p <= STATISTICS_ALPHA;
        statistics_of_set(old, 10, &set);
        /* the median of noisy(): half of the values are below exp(0.03 z) with 0.9 × P(Z < z) = 0.5 */
        median_missed += set.low > 1.00421 || set.high < 1.00421;
    }
    /* 5 % of 2,000 are 100, and 3 standard deviations 29 */
    ck_assert_uint_lt(rounds_missed, 130);
    ck_assert_uint_lt(apart_missed, 130);
    ck_assert_uint_lt(median_missed, 130);
    ck_assert_uint_lt(rounds_alarms, 130);
    ck_assert_uint_lt(apart_alarms, 130);
    /* and they are not so wide that nothing is ever seen */
    ck_assert_uint_gt(rounds_missed, 40);
    ck_assert_uint_gt(apart_alarms, 40);
}
END_TEST

START_TEST(few_runs_get_no_interval_and_no_verdict)
{
    static const double old[] = {1, 1.1, 1.2, 1.05, 1.15, 1.3}, new[] = {2, 2.1, 2.2, 2.05, 2.15, 2.3};
    struct statistics_difference difference;
    struct statistics_set set;
    for (size_t n = 1; n <= 6; n++) {
        statistics_of_rounds(old, new, n, &difference);
        ck_assert(!isnan(difference.ratio));
        ck_assert_int_eq(isnan(difference.p), n < STATISTICS_RUNS_NEEDED);
        ck_assert_int_eq(isnan(difference.low), n < STATISTICS_RUNS_NEEDED);
        statistics_of_set(old, n, &set);
        ck_assert_int_eq(isnan(set.low), n < STATISTICS_RUNS_NEEDED);
        ck_assert_int_eq(isnan(set.stddev), n < 2);
        statistics_of_apart(old, n, new, n, &difference);
        ck_assert_int_eq(isnan(difference.p), n < STATISTICS_APART_NEEDED);
    }
    statistics_of_set(old, 6, &set);
    ck_assert(set.low == 1 && set.high == 1.3); /* 96.9 % */
    statistics_of_set(old, 0, &set);
    ck_assert(set.n == 0 && isnan(set.mean) && isnan(set.median));
    statistics_of_rounds(old, old, 6, &difference);
    ck_assert(difference.p == 1 && difference.ratio == 1);
}
END_TEST

START_TEST(many_runs_agree_with_the_exact_count)
{
    double old[65], new[65];
    struct statistics_difference exact, normal;
    for (int i = 0; i < 65; i++) {
        old[i] = noisy();
        new[i] = 1.01 * noisy();
    }
    statistics_of_rounds(old, new, 64, &exact);
    statistics_of_rounds(old, new, 65, &normal);
    ck_assert_double_eq_tol(exact.p, normal.p, 0.1);
    ck_assert_double_eq_tol(exact.low, normal.low, 0.005);
    statistics_of_apart(old, 32, new, 32, &exact);
    statistics_of_apart(old, 33, new, 32, &normal);
    ck_assert_double_eq_tol(exact.p, normal.p, 0.08);
    ck_assert_double_eq_tol(exact.high, normal.high, 0.01);
}
END_TEST

/* Holm's own order: the smallest times 4, the next times 3, never below the one before. */
START_TEST(questions_asked_together_are_adjusted)
{
    double p[] = {0.01, NAN, 0.04, 0.03, 0.005};
    statistics_adjust(p, 5);
    ck_assert(near(p[4], 0.02) && near(p[0], 0.03) && near(p[3], 0.06) && near(p[2], 0.06) && isnan(p[1]));
    double large[] = {0.6, 0.7};
    statistics_adjust(large, 2);
    ck_assert(large[0] == 1 && large[1] == 1);
}
END_TEST

START_TEST(outliers_are_far_from_the_others)
{
    static const double values[] = {1.00, 1.01, 0.99, 1.02, 1.6, 1.00}, alike[] = {1, 1, 1, 1, 1, 1.01};
    size_t places[6];
    ck_assert_uint_eq(statistics_outliers(values, 6, 0.05, places), 1);
    ck_assert_uint_eq(places[0], 4);
    ck_assert_uint_eq(statistics_outliers(alike, 6, 0.05, places), 0); /* far in deviations, near in time */
    ck_assert_uint_eq(statistics_outliers(values, 5, 0.05, places), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statistics");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, signed_rank_agrees_with_the_published_example);
    tcase_add_test(tests, rank_sum_agrees_with_the_published_example);
    tcase_add_test(tests, p_values_are_those_of_counting_all_cases);
    tcase_add_test(tests, intervals_hold_the_truth_as_often_as_they_say);
    tcase_add_test(tests, few_runs_get_no_interval_and_no_verdict);
    tcase_add_test(tests, many_runs_agree_with_the_exact_count);
    tcase_add_test(tests, questions_asked_together_are_adjusted);
    tcase_add_test(tests, outliers_are_far_from_the_others);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
