/* SPDX-License-Identifier: MIT
 * Owns: what the work was worth: images that grew, work done twice, what a saved megabyte cost.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_QUALITY_VALUE_H
#define ANALYZER_METRICS_QUALITY_VALUE_H
#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"

/* Needs the images' figures and all of time, memory and sizes. Returns false when memory ends. */
bool metrics_value(struct metrics *metrics, const struct chain_set *set);
/* Lossy when one of the files is; 0 = none is, -1 = not known. */
int metrics_any_lossy(const struct run *run, const uint32_t *files, size_t count);

#endif
