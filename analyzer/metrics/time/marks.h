/* SPDX-License-Identifier: MIT
 * Owns: figures of the moments and spans that programs named.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_TIME_MARKS_H
#define ANALYZER_METRICS_TIME_MARKS_H
#include "analyzer/metrics/figures/figures.h"

/* Returns false when memory ends. */
bool metrics_marks(struct metrics *metrics);
void metrics_marks_release(struct metrics *metrics);

#endif
