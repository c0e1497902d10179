/* SPDX-License-Identifier: MIT
 * Owns: what can be said of a few runs: spread of one set, difference of two, many questions at once.
 * Must not know: figures, reports.
 *
 * Nothing here assumes a distribution: times of runs have long tails, and with ten of them nobody can tell which. The
 * intervals belong to the tests (they hold the ratios that the test would not reject), so an interval and a verdict
 * never contradict each other. Values are finite. docs/report.md, "Comparing runs", has the formulas' sources. */
#ifndef ANALYZER_COMPARE_STATISTICS_H
#define ANALYZER_COMPARE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* Level of all intervals and of the verdicts. */
#define STATISTICS_ALPHA 0.05
/* Fewest runs of a set, and rounds of two, that a 95 % interval can come from: 1 - 2 × 2^-6 = 96.9 %. */
#define STATISTICS_RUNS_NEEDED 6
/* Fewest runs on each side of two sets recorded apart: 2 of 70 orders are the extreme ones. */
#define STATISTICS_APART_NEEDED 4
/* Values beyond this many are left out: nobody repeats a run that often, and time grows with the square. */
#define STATISTICS_VALUES_MAX 1000

struct statistics_set {
    size_t n;
    double mean, median, min, max; /* NAN at n = 0 */
    double stddev;                 /* sample standard deviation; NAN below 2 */
    double low, high;              /* of the median, at least 95 %: order statistics (sign test); NAN below 6 */
};
void statistics_of_set(const double *values, size_t n, struct statistics_set *set);

struct statistics_difference {
    double ratio;     /* new ÷ old, Hodges-Lehmann estimate; NAN where a value is not above 0 */
    double low, high; /* of the ratio, at least 95 %; NAN with too few runs, and where ratio is */
    double p;         /* two-sided; 1 where all are equal; NAN with too few runs */
};
/* Rounds: old[i] and new[i] were measured beside each other. Wilcoxon's signed-rank test of their ratios. */
void statistics_of_rounds(const double *old, const double *new, size_t n, struct statistics_difference *difference);
/* Sets that were recorded apart: the Mann-Whitney test. What changed between them besides, it cannot tell. */
void statistics_of_apart(const double *old, size_t n_old, const double *new, size_t n_new,
                         struct statistics_difference *difference);

/* Adjusts p values of questions that were asked together (Holm); NANs stay and do not count. */
void statistics_adjust(double *p, size_t n);

/* Places of values that lie far outside of the others: more than 5 robust standard deviations (1.4826 × median
 * absolute deviation) and more than `least` of the median. Returns how many; places has room for n. None below 6. */
size_t statistics_outliers(const double *values, size_t n, double least, size_t *places);

#endif
