/* SPDX-License-Identifier: MIT
 * Owns: what can be said of a few runs: spread of one set, difference of two, many questions at once.
 * Must not know: figures, reports.
 *
 * Exact distributions are counted, with the ranks that there are (ties included), up to EXACT_MAX values; beyond that
 * the normal distribution is as good. Sources: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3rd ed.:
 * 3.1 (signed rank), 3.2 and 3.3 (its estimate and interval), 3.6 (interval of a median), 4.1 to 4.3 (rank sum, its
 * estimate and interval). Holm, A simple sequentially rejective multiple test procedure, 1979. */
#include "analyzer/compare/statistics.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define EXACT_MAX 64
#define MAD_SCALE 1.4826 /* of the median absolute deviation to the standard deviation of a normal distribution */

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double *sorted(const double *values, size_t n)
{
    double *copy = memory_zeroed(n ? n : 1, sizeof *copy);
    if (n)
        memcpy(copy, values, n * sizeof *copy);
    qsort(copy, n, sizeof *copy, ascending);
    return copy;
}

static double median_of(const double *ordered, size_t n)
{
    return n ? (ordered[(n - 1) / 2] + ordered[n / 2]) / 2 : (double)NAN;
}

/* P(Z > z) of the standard normal distribution. */
static double upper_tail(double z)
{
    return erfc(z / sqrt(2)) / 2;
}

/* z with P(Z > z) = STATISTICS_ALPHA ÷ 2, by bisection. */
static double normal_limit(void)
{
    double low = 0, high = 8;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (upper_tail(middle) > STATISTICS_ALPHA / 2)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* How many of a distribution's lowest values can be left out on each side so that at least 95 % remain. */
static size_t left_out(const double *probability, size_t count)
{
    double below = 0;
    size_t k = 0;
    while (k < count && (below += probability[k]) <= STATISTICS_ALPHA / 2)
        k++;
    return k;
}

/* ---- one set ---- */

/* The k-th smallest and k-th largest value hold the median unless fewer than k values lie on one side of it. */
static void interval_of_median(const double *ordered, size_t n, struct statistics_set *set)
{
    double *binomial = memory_zeroed(n + 1, sizeof *binomial);
    for (size_t k = 0; k <= n; k++)
        binomial[k] =
            exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - (double)n * log(2));
    size_t k = left_out(binomial, n / 2);
    if (k > 0) {
        set->low = ordered[k - 1];
        set->high = ordered[n - k];
    }
    free(binomial);
}

void statistics_of_set(const double *values, size_t n, struct statistics_set *set)
{
    if (n > STATISTICS_VALUES_MAX)
        n = STATISTICS_VALUES_MAX;
    *set = (struct statistics_set){n, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!n)
        return;
    double *ordered = sorted(values, n), sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    set->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - set->mean) * (values[i] - set->mean);
    if (n > 1)
        set->stddev = sqrt(squares / (double)(n - 1));
    set->median = median_of(ordered, n);
    set->min = ordered[0];
    set->max = ordered[n - 1];
    interval_of_median(ordered, n, set);
    free(ordered);
}

size_t statistics_outliers(const double *values, size_t n, double least, size_t *places)
{
    if (n > STATISTICS_VALUES_MAX)
        n = STATISTICS_VALUES_MAX;
    if (n < STATISTICS_RUNS_NEEDED)
        return 0;
    double *ordered = sorted(values, n), median = median_of(ordered, n);
    for (size_t i = 0; i < n; i++)
        ordered[i] = fabs(values[i] - median);
    qsort(ordered, n, sizeof *ordered, ascending);
    double limit = 5 * MAD_SCALE * median_of(ordered, n);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        double away = fabs(values[i] - median);
        if (away > limit && away > least * fabs(median))
            places[count++] = i;
    }
    free(ordered);
    return count;
}

/* ---- two sets ---- */

/* Twice the ranks of the values (ties share theirs, so halves are possible), and Σ (t³ - t) over ties. */
static void rank_twice(const double *values, size_t n, size_t *ranks, double *ties)
{
    *ties = 0;
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, same = 0;
        for (size_t k = 0; k < n; k++) {
            below += values[k] < values[i];
            same += values[k] == values[i];
        }
        ranks[i] = 2 * below + same + 1;
        *ties += (double)same * (double)same - 1;
    }
}

/* Probability of each sum of a subset of ranks, where each is in it or not with equal chance. */
static double *signed_sums(const size_t *ranks, size_t n, size_t *count)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += ranks[i];
    double *probability = memory_zeroed(total + 1, sizeof *probability);
    size_t reached = 0;
    probability[0] = 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t sum = reached + 1; sum-- > 0;) {
            probability[sum] /= 2;
            probability[sum + ranks[i]] += probability[sum];
        }
        reached += ranks[i];
    }
    *count = total + 1;
    return probability;
}

/* The same where exactly `chosen` of the n ranks are in it, each choice with equal chance. */
static double *chosen_sums(const size_t *ranks, size_t n, size_t chosen, size_t *count)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += ranks[i];
    size_t width = total + 1;
    double *ways = memory_zeroed((chosen + 1) * width, sizeof *ways), all = 0;
    ways[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = chosen; k > 0; k--)
            for (size_t sum = width; sum-- > ranks[i];)
                ways[k * width + sum] += ways[(k - 1) * width + sum - ranks[i]];
    double *probability = memory_zeroed(width, sizeof *probability);
    memcpy(probability, ways + chosen * width, width * sizeof *probability);
    for (size_t sum = 0; sum < width; sum++)
        all += probability[sum];
    for (size_t sum = 0; sum < width; sum++)
        probability[sum] /= all;
    free(ways);
    *count = width;
    return probability;
}

static double two_sided(const double *probability, size_t count, size_t observed)
{
    double below = 0, above = 0;
    for (size_t sum = 0; sum < count; sum++) {
        if (sum <= observed)
            below += probability[sum];
        if (sum >= observed)
            above += probability[sum];
    }
    double p = 2 * (below < above ? below : above);
    return p > 1 ? 1 : p;
}

/* With the correction for continuity. */
static double two_sided_normal(double observed, double mean, double variance)
{
    double away = fabs(observed - mean) - 0.5;
    double p = variance > 0 ? 2 * upper_tail(away > 0 ? away / sqrt(variance) : 0) : 1;
    return p > 1 ? 1 : p;
}

static double signed_rank_p(const double *differences, size_t n)
{
    double *sizes = memory_zeroed(n ? n : 1, sizeof *sizes), ties, p;
    size_t *ranks = memory_zeroed(n ? n : 1, sizeof *ranks), left = 0, positive = 0;
    bool *up = memory_zeroed(n ? n : 1, sizeof *up);
    for (size_t i = 0; i < n; i++)
        if (differences[i] != 0) { /* equal ones say nothing about the direction */
            up[left] = differences[i] > 0;
            sizes[left++] = fabs(differences[i]);
        }
    rank_twice(sizes, left, ranks, &ties);
    for (size_t i = 0; i < left; i++)
        positive += up[i] ? ranks[i] : 0;
    if (!left) {
        p = 1;
    } else if (left <= EXACT_MAX) {
        size_t count;
        double *probability = signed_sums(ranks, left, &count);
        p = two_sided(probability, count, positive);
        free(probability);
    } else {
        double m = (double)left;
        p = two_sided_normal((double)positive / 2, m * (m + 1) / 4, m * (m + 1) * (2 * m + 1) / 24 - ties / 48);
    }
    free(sizes);
    free(ranks);
    free(up);
    return p;
}

static double rank_sum_p(const double *all, size_t n_old, size_t n_new)
{
    size_t n = n_old + n_new, sum = 0;
    size_t *ranks = memory_zeroed(n, sizeof *ranks);
    double ties, p;
    rank_twice(all, n, ranks, &ties);
    for (size_t i = n_old; i < n; i++)
        sum += ranks[i];
    if (n <= EXACT_MAX) {
        size_t count;
        double *probability = chosen_sums(ranks, n, n_new, &count);
        p = two_sided(probability, count, sum);
        free(probability);
    } else {
        double a = (double)n_old, b = (double)n_new, m = a + b;
        p = two_sided_normal((double)sum / 2, b * (m + 1) / 2, a * b / 12 * (m + 1 - ties / (m * (m - 1))));
    }
    free(ranks);
    return p;
}

/* Ranks without ties, for the intervals: they are of values that have any number of digits. */
static size_t *plain_ranks(size_t n)
{
    size_t *ranks = memory_zeroed(n, sizeof *ranks);
    for (size_t i = 0; i < n; i++)
        ranks[i] = i + 1;
    return ranks;
}

/* How many of the sums or differences, sorted, lie outside of the interval on each side. */
static size_t outside_rounds(size_t n)
{
    size_t k;
    double m = (double)n;
    if (n > EXACT_MAX) {
        double at = floor(m * (m + 1) / 4 - normal_limit() * sqrt(m * (m + 1) * (2 * m + 1) / 24));
        return at > 0 ? (size_t)at : 0;
    }
    size_t *ranks = plain_ranks(n), count;
    double *probability = signed_sums(ranks, n, &count);
    k = left_out(probability, count);
    free(probability);
    free(ranks);
    return k;
}

static size_t outside_apart(size_t n_old, size_t n_new)
{
    size_t n = n_old + n_new, least = n_new * (n_new + 1) / 2;
    double a = (double)n_old, b = (double)n_new;
    if (n > EXACT_MAX) {
        double at = floor(a * b / 2 - normal_limit() * sqrt(a * b * (a + b + 1) / 12));
        return at > 0 ? (size_t)at : 0;
    }
    size_t *ranks = plain_ranks(n), count;
    double *probability = chosen_sums(ranks, n, n_new, &count);
    size_t k = left_out(probability + least, count - least); /* smaller sums there are none */
    free(probability);
    free(ranks);
    return k;
}

/* Estimate and interval from the sorted shifts of logarithms; `outside` of them on each side are out. */
static void ratio_of(double *shifts, size_t count, size_t outside, struct statistics_difference *difference)
{
    qsort(shifts, count, sizeof *shifts, ascending);
    difference->ratio = exp(median_of(shifts, count));
    if (outside > 0 && outside <= count / 2) {
        difference->low = exp(shifts[outside - 1]);
        difference->high = exp(shifts[count - outside]);
    }
}

static bool all_positive(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(values[i] > 0))
            return false;
    return true;
}

void statistics_of_rounds(const double *old, const double *new, size_t n, struct statistics_difference *difference)
{
    if (n > STATISTICS_VALUES_MAX)
        n = STATISTICS_VALUES_MAX;
    *difference = (struct statistics_difference){NAN, NAN, NAN, NAN};
    if (!n)
        return;
    bool ratios = all_positive(old, n) && all_positive(new, n);
    double *shift = memory_zeroed(n, sizeof *shift);
    for (size_t i = 0; i < n; i++)
        shift[i] = ratios ? log(new[i]) - log(old[i]) : new[i] - old[i];
    if (n >= STATISTICS_RUNS_NEEDED)
        difference->p = signed_rank_p(shift, n);
    if (ratios) {
        double *means = memory_zeroed(n * (n + 1) / 2, sizeof *means); /* Walsh averages */
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t k = i; k < n; k++)
                means[count++] = (shift[i] + shift[k]) / 2;
        ratio_of(means, count, n >= STATISTICS_RUNS_NEEDED ? outside_rounds(n) : 0, difference);
        free(means);
    }
    free(shift);
}

void statistics_of_apart(const double *old, size_t n_old, const double *new, size_t n_new,
                         struct statistics_difference *difference)
{
    if (n_old > STATISTICS_VALUES_MAX)
        n_old = STATISTICS_VALUES_MAX;
    if (n_new > STATISTICS_VALUES_MAX)
        n_new = STATISTICS_VALUES_MAX;
    *difference = (struct statistics_difference){NAN, NAN, NAN, NAN};
    if (!n_old || !n_new)
        return;
    bool enough = n_old >= STATISTICS_APART_NEEDED && n_new >= STATISTICS_APART_NEEDED;
    double *all = memory_zeroed(n_old + n_new, sizeof *all);
    memcpy(all, old, n_old * sizeof *all);
    memcpy(all + n_old, new, n_new * sizeof *all);
    if (enough)
        difference->p = rank_sum_p(all, n_old, n_new);
    if (all_positive(all, n_old + n_new)) {
        double *shifts = memory_zeroed(n_old * n_new, sizeof *shifts);
        for (size_t i = 0; i < n_old; i++)
            for (size_t k = 0; k < n_new; k++)
                shifts[i * n_new + k] = log(new[k]) - log(old[i]);
        ratio_of(shifts, n_old * n_new, enough ? outside_apart(n_old, n_new) : 0, difference);
        free(shifts);
    }
    free(all);
}

/* ---- many questions ---- */

void statistics_adjust(double *p, size_t n)
{
    size_t asked = 0, done = 0;
    bool *taken = memory_zeroed(n ? n : 1, sizeof *taken);
    for (size_t i = 0; i < n; i++)
        asked += !isnan(p[i]);
    double least = 0; /* adjusted values never go down in the order of the raw ones */
    while (done < asked) {
        size_t next = n;
        for (size_t i = 0; i < n; i++)
            if (!taken[i] && !isnan(p[i]) && (next == n || p[i] < p[next]))
                next = i;
        double adjusted = p[next] * (double)(asked - done++);
        taken[next] = true;
        least = adjusted > least ? adjusted : least;
        p[next] = least > 1 ? 1 : least;
    }
    free(taken);
}
