/* SPDX-License-Identifier: MIT
 * Owns: comparisons spread over processes, so that what a decoder makes of a damaged file ends one of them, not us.
 * Must not know: files, traces. */
#ifndef ANALYZER_QUALITY_POOL_H
#define ANALYZER_QUALITY_POOL_H

#include <stddef.h>

#include "analyzer/metrics/figures/pair_score.h"

struct pool_work {
    void *context;
    /* In a process of its own: compares pair number `job`. */
    void (*compare)(void *context, size_t job, struct pair_score *score);
    /* In the calling process, in the order in which they end. */
    void (*take)(void *context, size_t job, const struct pair_score *score);
    unsigned timeout_s; /* of one pair: then its process is ended */
};

/* Every job is taken once: with a reason where its process crashed or took too long. To be called while the calling
 * process has one thread. */
void pool_run(const struct pool_work *work, size_t jobs, unsigned processes);

#endif
