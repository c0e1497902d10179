/* SPDX-License-Identifier: MIT
 * Owns: statistics of one kind of timing: Welford's mean and variance, exact percentiles, then a bounded sketch.
 * Must not know: images, stages, formatting. */
#include "analyzer/metrics/statistics/timing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/statistics/percentile.h"

/* The sketch counts values in buckets whose borders grow by GROWTH; the middle of a bucket is then at most 1 % away
 * from every value in it. Equal borders in every sketch: two merge by adding their counts. Bucket 0 holds what is not
 * above SKETCH_FLOOR_S; the last one everything beyond 30 years. */
#define SKETCH_ERROR   0.01
#define SKETCH_FLOOR_S 1e-9
#define SKETCH_BUCKETS 2100

static double sketch_growth(void)
{
    return (1 + SKETCH_ERROR) / (1 - SKETCH_ERROR);
}

static size_t sketch_bucket(double seconds)
{
    if (!(seconds > SKETCH_FLOOR_S))
        return 0;
    double bucket = ceil(log(seconds / SKETCH_FLOOR_S) / log(sketch_growth()));
    return bucket < SKETCH_BUCKETS - 1 ? (size_t)bucket : SKETCH_BUCKETS - 1;
}

static double sketch_value(size_t bucket)
{
    if (!bucket)
        return SKETCH_FLOOR_S;
    return SKETCH_FLOOR_S * pow(sketch_growth(), (double)bucket) * (1 - SKETCH_ERROR);
}

void timing_init(struct timing_stats *stats)
{
    *stats = (struct timing_stats){.min = NAN, .max = NAN, .mean = NAN, .sum = NAN, .exact = true};
    stats->stddev = stats->p50 = stats->p95 = NAN;
}

/* Without memory the values go, and with them the percentiles: count, mean and the rest stay right. */
static void drop_values(struct timing_stats *stats)
{
    free(stats->values);
    stats->values = NULL;
    stats->capacity = 0;
    stats->exact = false;
}

static void become_sketch(struct timing_stats *stats)
{
    double *counts = calloc(SKETCH_BUCKETS, sizeof *counts);
    if (!counts) {
        drop_values(stats);
        return;
    }
    for (size_t i = 0; i < stats->count; i++)
        counts[sketch_bucket(stats->values[i])]++;
    drop_values(stats);
    stats->values = counts;
    stats->capacity = SKETCH_BUCKETS;
}

static void keep_value(struct timing_stats *stats, double seconds)
{
    if (stats->exact && stats->count == TIMING_EXACT_MAX)
        become_sketch(stats);
    if (!stats->exact) {
        if (stats->values)
            stats->values[sketch_bucket(seconds)]++;
        return;
    }
    if (stats->count == stats->capacity) {
        size_t capacity = stats->capacity ? stats->capacity * 2 : 16;
        double *values = realloc(stats->values, capacity * sizeof *values);
        if (!values) {
            drop_values(stats);
            return;
        }
        stats->values = values;
        stats->capacity = capacity;
    }
    stats->values[stats->count] = seconds;
}

void timing_update(struct timing_stats *stats, double seconds)
{
    if (isnan(seconds))
        return;
    keep_value(stats, seconds);
    if (!stats->count) {
        stats->min = stats->max = seconds;
        stats->mean = stats->sum = 0;
    }
    stats->count++;
    stats->min = fmin(stats->min, seconds);
    stats->max = fmax(stats->max, seconds);
    stats->sum += seconds;
    double delta = seconds - stats->mean;
    stats->mean += delta / (double)stats->count;
    stats->m2 += delta * (seconds - stats->mean);
}

static double sketch_percentile(const struct timing_stats *stats, double p)
{
    double position = floor((double)(stats->count - 1) * p), passed = 0;
    size_t bucket = 0;
    while (bucket < SKETCH_BUCKETS - 1 && passed + stats->values[bucket] <= position)
        passed += stats->values[bucket++];
    /* A bucket may reach past the extremes, which are known exactly. */
    return fmin(fmax(sketch_value(bucket), stats->min), stats->max);
}

static double percentile_of(const struct timing_stats *stats, double p)
{
    return stats->exact ? percentile(stats->values, stats->count, p) : sketch_percentile(stats, p);
}

void timing_finish(struct timing_stats *stats)
{
    if (stats->count > 1)
        stats->stddev = sqrt(stats->m2 / (double)(stats->count - 1));
    if (!stats->count || !stats->values)
        return;
    stats->p50 = percentile_of(stats, 0.5);
    if (stats->count >= 20)
        stats->p95 = percentile_of(stats, 0.95);
}

void timing_release(struct timing_stats *stats)
{
    free(stats->values);
    stats->values = NULL;
    stats->capacity = 0;
}
