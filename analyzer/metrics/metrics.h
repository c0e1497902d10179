/* SPDX-License-Identifier: MIT
 * Owns: a run to every figure of the report, in the order that figures need each other.
 * Must not know: records, formatting, formulas: those are in the folders below, a subject each. */
#ifndef ANALYZER_METRICS_METRICS_H
#define ANALYZER_METRICS_METRICS_H
#include "analyzer/metrics/figures/figures.h"

/* Computes everything from a run, which must outlive the result. Returns NULL when memory ends. */
struct metrics *metrics_compute(const struct run *run);
void metrics_free(struct metrics *metrics);

#endif
