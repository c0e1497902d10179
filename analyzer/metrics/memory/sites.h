/* SPDX-License-Identifier: MIT
 * Owns: the shares of the places in the code that large blocks come from.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_MEMORY_SITES_H
#define ANALYZER_METRICS_MEMORY_SITES_H
#include "analyzer/metrics/figures/figures.h"

/* Returns false when memory ends. */
bool metrics_sites(struct metrics *metrics);

#endif
