/* SPDX-License-Identifier: MIT
 * Owns: a victim: one thread's scripted allocations, small and large, through every allocating function. Its own sums
 * of malloc_usable_size() are what a heap figure must be, to the byte. Ends with code 5.
 * Must not know: the profiler. */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/victims/parts/journal.h"

#define SMALL_BLOCKS 5000u

static int64_t live, peak;
static void *small[SMALL_BLOCKS];

static void *taken(void *block)
{
    if (!block)
        abort();
    live += (int64_t)malloc_usable_size(block);
    if (live > peak)
        peak = live;
    return block;
}

static void give(void *block)
{
    live -= (int64_t)malloc_usable_size(block);
    free(block);
}

static void *resized(void *block, size_t bytes)
{
    live -= (int64_t)malloc_usable_size(block);
    return taken(realloc(block, bytes));
}

static void *aligned_block(size_t alignment, size_t bytes)
{
    void *block = NULL;
    if (posix_memalign(&block, alignment, bytes))
        abort();
    return taken(block);
}

int main(void)
{
    journal_begin("heap");
    for (unsigned i = 0; i < SMALL_BLOCKS; i++)
        small[i] = taken(malloc(1 + i % 777));
    void *big = taken(calloc(3, 1000003));
    memset(big, 1, 3000009);
    void *page = aligned_block(4096, 123457);
    void *line = taken(aligned_alloc(64, 64 * 1000));
    big = resized(big, 7000001);
    for (unsigned i = 0; i < SMALL_BLOCKS; i += 2)
        small[i] = resized(small[i], 1 + (i * 31) % 1500);
    /* Here is the peak, in a small block: a figure made of large blocks only misses it. */
    void *last = taken(malloc(977));
    give(last);
    give(big);
    for (unsigned i = 0; i < SMALL_BLOCKS; i++)
        give(small[i]);
    void *again = taken(malloc(2000000));
    again = resized(again, 100000);
    give(page);
    journal_line("{\"line\":\"heap\",\"peak_bytes\":%ld,\"live_bytes\":%ld}", peak, live);
    give(again);
    give(line);
    say("heap done\n");
    journal_end(5);
    return 5;
}
