/* SPDX-License-Identifier: MIT
 * Owns: what the run used: CPU, memory, calls for metadata; and how far the trace can be trusted.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_TIME_RESOURCES_H
#define ANALYZER_METRICS_TIME_RESOURCES_H
#include "analyzer/metrics/figures/figures.h"

void metrics_cpu(struct metrics *metrics);
void metrics_memory(struct metrics *metrics);
void metrics_metadata(struct metrics *metrics);
void metrics_trust(struct metrics *metrics);

#endif
