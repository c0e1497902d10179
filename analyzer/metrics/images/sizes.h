/* SPDX-License-Identifier: MIT
 * Owns: bytes in and out: of the run, of formats, of conversions.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_IMAGES_SIZES_H
#define ANALYZER_METRICS_IMAGES_SIZES_H
#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"

/* Each returns false when memory ends. */
bool metrics_totals(struct metrics *metrics, const struct chain_set *set);
bool metrics_formats(struct metrics *metrics, const struct chain_set *set);
bool metrics_conversions(struct metrics *metrics, const struct chain_set *set);

#endif
