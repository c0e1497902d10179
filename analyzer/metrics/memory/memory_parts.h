/* SPDX-License-Identifier: MIT
 * Owns: what the peak is made of, and what one more image costs.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_MEMORY_MEMORY_PARTS_H
#define ANALYZER_METRICS_MEMORY_MEMORY_PARTS_H
#include "analyzer/metrics/figures/figures.h"

/* Needs the images' figures and all of time, memory and sizes. Returns false when memory ends. */
bool metrics_memory_parts(struct metrics *metrics);

#endif
