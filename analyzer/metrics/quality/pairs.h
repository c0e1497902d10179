/* SPDX-License-Identifier: MIT
 * Owns: which two files are compared: each final output with the one source of its chain.
 * Must not know: how a pair is scored. */
#ifndef ANALYZER_METRICS_QUALITY_PAIRS_H
#define ANALYZER_METRICS_QUALITY_PAIRS_H
#include "analyzer/metrics/figures/figures.h"

/* The pairs of a run, none scored yet: what cannot be compared has its reason. Once per metrics. False when memory
 * ends.
 */
bool metrics_pairs(struct metrics *metrics);
/* The pair of an image's output, of several the one with the lowest score, or NULL. */
const struct quality_pair *metrics_pair_of(const struct metrics *metrics, size_t image);

#endif
