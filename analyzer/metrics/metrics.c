/* SPDX-License-Identifier: MIT
 * Owns: putting the figures of a run together, and freeing them.
 * Must not know: records, formatting. The subjects are in the folders below this one. */
#include "analyzer/metrics/metrics.h"

#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/findings/findings.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/images/image_figures.h"
#include "analyzer/metrics/images/losses.h"
#include "analyzer/metrics/images/sizes.h"
#include "analyzer/metrics/memory/memory_parts.h"
#include "analyzer/metrics/memory/sites.h"
#include "analyzer/metrics/quality/quality.h"
#include "analyzer/metrics/quality/retained.h"
#include "analyzer/metrics/quality/value.h"
#include "analyzer/metrics/statistics/timing.h"
#include "analyzer/metrics/time/marks.h"
#include "analyzer/metrics/time/pool.h"
#include "analyzer/metrics/time/resources.h"
#include "analyzer/metrics/time/time.h"

static void init_timings(struct metrics *metrics)
{
    timing_init(&metrics->busy);
    timing_init(&metrics->unattributed);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        timing_init(&metrics->stages[stage]);
}

struct metrics *metrics_compute(const struct run *run)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return NULL;
    metrics->run = run;
    init_timings(metrics);
    struct chain_set set;
    bool good = metrics_chains(run, &set) && metrics_image_figures(metrics);
    if (good) {
        metrics_time(metrics, &set);
        metrics_cpu(metrics);
        metrics_memory(metrics);
        metrics_metadata(metrics);
        metrics_trust(metrics);
        good = metrics_totals(metrics, &set) && metrics_formats(metrics, &set) && metrics_conversions(metrics, &set) &&
               metrics_qualities(metrics, &set) && metrics_workers(metrics) && metrics_sites(metrics) &&
               metrics_losses(metrics, &set) && metrics_value(metrics, &set) && metrics_pool(metrics) &&
               metrics_memory_parts(metrics) && metrics_marks(metrics);
        if (good)
            metrics_findings(metrics);
    }
    metrics_chains_release(&set);
    if (!good) {
        metrics_free(metrics);
        return NULL;
    }
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    timing_release(&metrics->busy);
    timing_release(&metrics->unattributed);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        timing_release(&metrics->stages[stage]);
    for (size_t i = 0; i < metrics->format_count; i++) {
        struct format_row *row = &metrics->formats[i];
        timing_release(&row->time);
        for (size_t k = 0; k < row->quality_count; k++)
            free(row->qualities[k].label);
        free(row->qualities);
    }
    free(metrics->formats);
    free(metrics->conversions);
    free(metrics->workers);
    free(metrics->images);
    free(metrics->site_ratios);
    for (size_t i = 0; metrics->checks && i < metrics->run->image_count; i++)
        free(metrics->checks[i].disagreements);
    free(metrics->checks);
    metrics_marks_release(metrics);
    metrics_retained_release(metrics);
    free(metrics);
}
