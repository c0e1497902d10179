/* SPDX-License-Identifier: MIT
 * Owns: the shares of the places whose large blocks made the memory peak. Must not know: records, formatting. */
#include "analyzer/metrics/memory/sites.h"

#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/statistics/ratio.h"

bool metrics_sites(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    metrics->site_ratios = calloc(run->site_count + 1, sizeof *metrics->site_ratios);
    for (size_t i = 0; metrics->site_ratios && i < run->site_count; i++)
        metrics->site_ratios[i] = metrics_ratio((double)run->sites[i].bytes, (double)run->blocks_peak_bytes);
    return metrics->site_ratios;
}
