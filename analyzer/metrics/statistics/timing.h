/* SPDX-License-Identifier: MIT
 * Owns: statistics of one kind of timing. Must not know: what is timed, formatting. */
#ifndef ANALYZER_METRICS_STATISTICS_TIMING_H
#define ANALYZER_METRICS_STATISTICS_TIMING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values of one kind of timing: exact percentiles up to TIMING_EXACT_MAX values, then from a bounded sketch. */
#define TIMING_EXACT_MAX 100000
struct timing_stats {
    uint64_t count;
    double min, max, mean, sum; /* seconds; NAN at count 0 */
    double stddev;              /* sample standard deviation; NAN below 2 values */
    double p50, p95;            /* type 7; p95 NAN below 20 values */
    bool exact;
    bool inferred; /* the larger part of the sum comes from gaps */
    /* private: */
    double m2;
    double *values;
    size_t capacity;
};
void timing_init(struct timing_stats *stats);
void timing_update(struct timing_stats *stats, double seconds);
/* Computes p50 and p95; no update may follow. */
void timing_finish(struct timing_stats *stats);
void timing_release(struct timing_stats *stats);

#endif
