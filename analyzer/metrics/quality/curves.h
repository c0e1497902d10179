/* SPDX-License-Identifier: MIT
 * Owns: what size and CPU time an encoder's settings need for a score. Must not know: how a pair is scored.
 * For analyzer/metrics/ only. */
#ifndef ANALYZER_METRICS_QUALITY_CURVES_H
#define ANALYZER_METRICS_QUALITY_CURVES_H
#include "analyzer/metrics/figures/figures.h"

/* Fills metrics->retained.curves from pairs that are scored. False when memory ends. */
bool metrics_curves(struct metrics *metrics);

#endif
