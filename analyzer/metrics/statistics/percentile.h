/* SPDX-License-Identifier: MIT
 * Owns: percentiles of type 7: linear between the two order statistics around (n - 1) · p.
 * Must not know: what the values are. */
#ifndef ANALYZER_METRICS_STATISTICS_PERCENTILE_H
#define ANALYZER_METRICS_STATISTICS_PERCENTILE_H
#include <stddef.h>

/* Of at least one value, in any order, which it changes. p from 0 to 1. Time grows as n with values. */
double percentile(double *values, size_t count, double p);

#endif
