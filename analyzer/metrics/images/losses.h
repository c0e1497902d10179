/* SPDX-License-Identifier: MIT
 * Owns: what outputs lost of what their inputs had.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_IMAGES_LOSSES_H
#define ANALYZER_METRICS_IMAGES_LOSSES_H
#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"

/* Returns false when memory ends. */
bool metrics_losses(struct metrics *metrics, const struct chain_set *set);

#endif
