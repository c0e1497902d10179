/* SPDX-License-Identifier: MIT
 * Owns: the moment, on the clock that traces have.
 * Must not know: what is timed. */
#ifndef ANALYZER_MONOTONIC_H
#define ANALYZER_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* ns of CLOCK_MONOTONIC. */
static inline uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
