/* SPDX-License-Identifier: MIT
 * Owns: what a comparison of two pictures is asked for beside its own metrics, and what it may take.
 * Must not know: how pictures are compared, options. */
#ifndef ANALYZER_QUALITY_PAIR_SETTINGS_H
#define ANALYZER_QUALITY_PAIR_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/metrics/figures/pair_score.h"

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

#endif
