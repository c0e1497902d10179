/* SPDX-License-Identifier: MIT
 * Owns: a victim's own sums of what it allocates, one set per thread, and the lines it says them in on descriptor 3:
 * what, thread, allocations, releases, live bytes, highest live bytes, then allocations by size as the recording
 * divides them (below 32, 64, 128, … bytes). Must not know: the profiler. */
#ifndef VICTIMS_SUMS_H
#define VICTIMS_SUMS_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SUMS_SIZES 24

struct sums {
    int thread;
    long allocations, releases;
    long long live, peak;
    long sizes[SUMS_SIZES];
};
static _Thread_local struct sums sums;

static inline void *came(void *block)
{
    size_t bytes = malloc_usable_size(block);
    if (!block)
        return block;
    int place = bytes < 32 ? 0 : 59 - __builtin_clzll(bytes);
    sums.sizes[place < SUMS_SIZES ? place : SUMS_SIZES - 1]++;
    sums.allocations++;
    sums.live += (long long)bytes;
    sums.peak = sums.live > sums.peak ? sums.live : sums.peak;
    return block;
}

static inline void goes(void *block)
{
    sums.live -= (long long)malloc_usable_size(block);
    sums.releases += block != NULL;
}

/* What a library that the caller knows of allocated before main: one block of $BEFORE_MAIN bytes. */
static inline void sums_before_main(void)
{
    const char *bytes = getenv("BEFORE_MAIN");
    void *alike = bytes ? malloc((size_t)atoi(bytes)) : NULL;
    came(alike); /* that one */
    came(alike);
    goes(alike);
    free(alike);
}

static inline void sums_add(struct sums *to, const struct sums *from)
{
    to->allocations += from->allocations;
    to->releases += from->releases;
    to->live += from->live;
    for (int i = 0; i < SUMS_SIZES; i++)
        to->sizes[i] += from->sizes[i];
}

/* Nothing here allocates. */
static inline void sums_tell(const char *what, const struct sums *of)
{
    char line[600];
    int n = snprintf(line, sizeof line, "%s %d %ld %ld %lld %lld", what, of->thread, of->allocations, of->releases,
                     of->live, of->peak);
    for (int i = 0; i < SUMS_SIZES; i++)
        n += snprintf(line + n, sizeof line - (size_t)n, " %ld", of->sizes[i]);
    line[n++] = '\n';
    if (write(3, line, (size_t)n) != n)
        _exit(6);
}

#endif
