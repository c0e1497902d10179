/* SPDX-License-Identifier: MIT
 * Owns: workers together: how many ran at once, and what limited them.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_TIME_POOL_H
#define ANALYZER_METRICS_TIME_POOL_H
#include "analyzer/metrics/figures/figures.h"

/* Both return false when memory ends. metrics_pool() needs the images' figures and all of time, memory and sizes. */
bool metrics_workers(struct metrics *metrics);
bool metrics_pool(struct metrics *metrics);

#endif
