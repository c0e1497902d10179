/* SPDX-License-Identifier: MIT
 * Owns: figures of time: duration, images, stages.
 * Must not know: records, sizes, formatting. */
#include "analyzer/metrics/time/time.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/statistics/ratio.h"
#include "analyzer/metrics/statistics/timing.h"

#define NS_PER_S 1e9

static double duration_s(const struct run *run)
{
    if (!run->period_count)
        return (double)(run->end_ns - run->start_ns) / NS_PER_S;
    double sum_ns = 0;
    for (size_t i = 0; i < run->period_count; i++)
        sum_ns += (double)(run->periods[i][1] - run->periods[i][0]);
    return sum_ns / NS_PER_S;
}

bool metrics_breaks_off(const struct run *run, const struct image *image)
{
    return image->status == IMAGE_UNFINISHED && image->process < run->process_count &&
           (run->processes[image->process].damaged || run->processes[image->process].paused);
}

static void count_status(struct metrics *metrics, const struct chain *chain)
{
    for (size_t i = 0; chain->status == IMAGE_UNFINISHED && i < chain->image_count; i++)
        if (metrics_breaks_off(metrics->run, chain->images[i])) {
            metrics->broken_off++;
            break;
        }
    switch (chain->status) {
    case IMAGE_OK: metrics->images_ok++; break;
    case IMAGE_FAILED: metrics->failed++; break;
    case IMAGE_DISCARDED: metrics->discarded++; break;
    case IMAGE_UNFINISHED: metrics->unfinished++; break;
    }
}

/* One value per chain and stage: the chain's images together, those whose stage is known. */
static void add_stages(struct metrics *metrics, const struct chain *chain, double inferred_ns[STAGE_COUNT])
{
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        double sum_ns = 0;
        bool known = false;
        for (size_t i = 0; stage != STAGE_WORKER_INIT && i < chain->image_count; i++) {
            const struct image *image = chain->images[i];
            if (!image->stage_known[stage])
                continue;
            known = true;
            sum_ns += (double)image->stage_ns[stage];
            inferred_ns[stage] += (double)image->inferred_ns[stage];
        }
        if (known)
            timing_update(&metrics->stages[stage], sum_ns / NS_PER_S);
    }
    double unattributed_ns = 0;
    for (size_t i = 0; i < chain->image_count; i++)
        unattributed_ns += (double)chain->images[i]->unattributed_ns;
    timing_update(&metrics->unattributed, unattributed_ns / NS_PER_S);
}

static double top_inferred_s(const double inferred_ns[STAGE_COUNT])
{
    return (inferred_ns[STAGE_VALIDATION] + inferred_ns[STAGE_IMAGE_READ] + inferred_ns[STAGE_OPTIMIZATION] +
            inferred_ns[STAGE_IMAGE_WRITE] + inferred_ns[STAGE_CLEANUP]) /
           NS_PER_S;
}

static double known_sum(const struct timing_stats *stats)
{
    return stats->count ? stats->sum : 0;
}

/* How much of the images' time has a name, and how much of it was seen rather than concluded. */
static void add_shares(struct metrics *metrics, double inferred_s)
{
    double busy_s = known_sum(&metrics->busy);
    metrics->attributed_ratio = metrics_ratio(busy_s - known_sum(&metrics->unattributed), busy_s);
    double named_s = known_sum(&metrics->stages[STAGE_VALIDATION]) + known_sum(&metrics->stages[STAGE_IMAGE_READ]) +
                     known_sum(&metrics->stages[STAGE_OPTIMIZATION]) + known_sum(&metrics->stages[STAGE_IMAGE_WRITE]) +
                     known_sum(&metrics->stages[STAGE_CLEANUP]);
    metrics->observed_ratio = metrics_ratio(named_s - inferred_s, busy_s);
    metrics->inferred_ratio = metrics_ratio(inferred_s, busy_s);
}

static void add_sums(struct metrics *metrics, const double inferred_ns[STAGE_COUNT])
{
    const struct timing_stats *stages = metrics->stages;
    bool io_known = stages[STAGE_IMAGE_READ].count || stages[STAGE_IMAGE_WRITE].count;
    metrics->io_s =
        io_known ? known_sum(&stages[STAGE_IMAGE_READ]) + known_sum(&stages[STAGE_IMAGE_WRITE]) : (double)NAN;
    metrics->other_optimization_s = stages[STAGE_OPTIMIZATION].sum - known_sum(&stages[STAGE_DECODE]) -
                                    known_sum(&stages[STAGE_TRANSFORM]) - known_sum(&stages[STAGE_ENCODE]);
    double other_inferred_ns = inferred_ns[STAGE_OPTIMIZATION] - inferred_ns[STAGE_DECODE] -
                               inferred_ns[STAGE_TRANSFORM] - inferred_ns[STAGE_ENCODE];
    metrics->other_observed_s = metrics->other_optimization_s - other_inferred_ns / NS_PER_S;
}

void metrics_time(struct metrics *metrics, const struct chain_set *set)
{
    double inferred_ns[STAGE_COUNT] = {0};
    metrics->duration_s = duration_s(metrics->run);
    for (size_t i = 0; i < metrics->run->pause_count; i++)
        metrics->paused_s += (double)(metrics->run->pauses[i][1] - metrics->run->pauses[i][0]) / NS_PER_S;
    metrics->chains = set->count;
    metrics->throughput = set->count ? metrics_ratio((double)set->count, metrics->duration_s) : (double)NAN;
    for (size_t i = 0; i < set->count; i++) {
        const struct chain *chain = &set->chains[i];
        count_status(metrics, chain);
        timing_update(&metrics->busy, (double)chain->busy_ns / NS_PER_S);
        add_stages(metrics, chain, inferred_ns);
    }
    for (size_t i = 0; i < metrics->run->worker_count; i++)
        if (metrics->run->workers[i].init_ns != UNKNOWN)
            timing_update(&metrics->stages[STAGE_WORKER_INIT], (double)metrics->run->workers[i].init_ns / NS_PER_S);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        struct timing_stats *stats = &metrics->stages[stage];
        stats->inferred = stats->count && inferred_ns[stage] / NS_PER_S > stats->sum / 2;
        timing_finish(stats);
    }
    double inferred_s = top_inferred_s(inferred_ns);
    metrics->busy.inferred = metrics->busy.count && inferred_s > metrics->busy.sum / 2;
    metrics->unattributed.inferred = true; /* it is what no observed call explains */
    add_shares(metrics, inferred_s);
    add_sums(metrics, inferred_ns);
    timing_finish(&metrics->busy);
    timing_finish(&metrics->unattributed);
}
