/* SPDX-License-Identifier: MIT
 * Owns: figures of time: of the run, of chains, of stages.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_TIME_TIME_H
#define ANALYZER_METRICS_TIME_TIME_H
#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"

void metrics_time(struct metrics *metrics, const struct chain_set *set);
/* Unfinished because the trace ends in the middle of it, not its process. */
bool metrics_breaks_off(const struct run *run, const struct image *image);

#endif
