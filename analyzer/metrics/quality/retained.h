/* SPDX-License-Identifier: MIT
 * Owns: figures of scored pairs: of the run, of formats, settings and conversions.
 * Must not know: how a pair is scored, formatting. */
#ifndef ANALYZER_METRICS_QUALITY_RETAINED_H
#define ANALYZER_METRICS_QUALITY_RETAINED_H
#include "analyzer/metrics/figures/figures.h"

/* Figures of the scored pairs, in the rows of formats and conversions too. False when memory ends. */
bool metrics_retained(struct metrics *metrics);
void metrics_retained_release(struct metrics *metrics);

#endif
