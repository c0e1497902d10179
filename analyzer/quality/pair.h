/* SPDX-License-Identifier: MIT
 * Owns: how two image files are compared: which frames, over which backgrounds, in which size; by which metrics.
 * Must not know: traces, how pairs are spread over processes. */
#ifndef ANALYZER_QUALITY_PAIR_H
#define ANALYZER_QUALITY_PAIR_H

#include "analyzer/metrics/figures/pair_score.h"
#include "analyzer/quality/pair_settings.h"

/* Two files: each opened for reading, for the kernel to name, so that nothing else can be put in their places. */
struct pair_files {
    int reference, distorted;
};

/* Decodes and compares; decode_start() has been called. Always fills *score, with reasons where figures are missing. */
void pair_compare(struct pair_files files, const struct pair_settings *settings, struct pair_score *score);

#endif
