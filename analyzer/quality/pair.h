/* SPDX-License-Identifier: MIT
 * Owns: how two image files are compared: which frames, over which backgrounds, in which size; by which metrics.
 * Must not know: traces, how pairs are spread over processes. */
#ifndef ANALYZER_QUALITY_PAIR_H
#define ANALYZER_QUALITY_PAIR_H

#include <stddef.h>

#include "analyzer/metrics/quality/pair_score.h"

/* A program that compares two pictures and prints a number. Higher need not be better. */
struct external_metric {
    const char *name;
    const char *command; /* for sh -c; {ref} and {out} are replaced by the paths of two PNGs */
};

struct pair_settings {
    struct external_metric externals[EXTERNAL_METRICS_MAX];
    size_t external_count;
    double external_timeout_s;
    uint64_t memory_bytes; /* that comparing one pair may take; UINT64_MAX = any */
};

/* Two files: each opened for reading, for the kernel to name, so that nothing else can be put in their places. */
struct pair_files {
    int reference, distorted;
};

/* Decodes and compares; decode_start() has been called. Always fills *score, with reasons where figures are missing. */
void pair_compare(struct pair_files files, const struct pair_settings *settings, struct pair_score *score);

#endif
