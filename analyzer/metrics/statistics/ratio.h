/* SPDX-License-Identifier: MIT
 * Owns: dividing: no figure of the report divides by nothing.
 * Must not know: what is divided. */
#ifndef ANALYZER_METRICS_STATISTICS_RATIO_H
#define ANALYZER_METRICS_STATISTICS_RATIO_H
#include <math.h>

/* a ÷ b, NAN when b is 0. */
static inline double metrics_ratio(double a, double b)
{
    return b != 0 ? a / b : (double)NAN;
}

#endif
