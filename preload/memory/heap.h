/* SPDX-License-Identifier: MIT
 * Owns: counting the program's heap: live bytes, peaks, calls by size; large blocks one by one.
 * Must not know: who allocates. Exact in a program of one thread; otherwise within HEAP_BATCH_BYTES per thread. */
#ifndef PRELOAD_HEAP_H
#define PRELOAD_HEAP_H

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/state/thread_state.h"

#define HEAP_SIZES 24 /* in records: below 32, 64, 128, … bytes; the last: all larger ones */

/* Writes a heap record, which begins a new window; returns the live bytes. Guard set. */
int64_t heap_put(struct thread *self);
struct heap_totals {
    int64_t live_bytes, peak_bytes;
    uint64_t allocations, releases;
    uint64_t sizes[HEAP_SIZES];
};
/* Everything counted so far, this thread's batch included. Guard set. */
void heap_totals(struct thread *self, struct heap_totals *totals);
/* Writes the allocations by size. Guard set. */
void heap_put_sizes(struct thread *self, const struct heap_totals *totals);
/* A thread begins to use this state; what it has allocated is filled in at its end, where its batch joins the process.
 */
void heap_thread_begin(struct thread *self);
void heap_thread_end(struct thread *self, struct trace_thread_end *end);
/* In a forked child, as soon as it is known to be one: what lives, lives on; calls and peaks begin anew. */
void heap_mark_fork(void);
/* The same where the fork went by unseen; once per fork. */
void heap_reset_after_fork(void);
/* Where a stretch of the recording begins: what lives, lives on; calls and peaks begin anew. Guard set. */
void heap_begin_anew(void);
/* Counting begins or stops (an executable with its own malloc, IMGBENCH=off). */
void heap_enable(bool on);
extern _Atomic bool heap_counting;

/* What heap_came and heap_went do once they have counted: a full batch joins the process, a large block is recorded.
 * bytes > 0: it came; < 0: it is about to go. errno is kept. */
void heap_more(struct thread *self, int64_t bytes, const void *block, enum hook hook, const void *caller);
/* Counting where the thread has no state or the process is somewhere between two. */
void heap_count(int64_t bytes, const void *block, enum hook hook, const void *caller);
/* A resize failed: the block, counted as released, is the program's still, and there was no call to count. */
void heap_uncount(int64_t bytes, const void *block, enum hook hook, const void *caller);

/* Both say whether heap_more is needed. bytes is not 0. */
static inline bool heap_came(struct heap_counts *counts, uint64_t bytes)
{
    arch_add(&counts->sizes[(unsigned long)__builtin_clzll(bytes) ^ 63], 1);
    bool full = arch_subtract(&counts->left, (int64_t)bytes);
    return unlikely(full) || unlikely(bytes >= counts->large_from);
}

/* The peak lies before a release, so allocations need not look for it. */
static inline bool heap_went(struct heap_counts *counts, uint64_t bytes)
{
    int64_t left = counts->left;
    if (unlikely(left < counts->least_left))
        counts->least_left = left;
    arch_add(&counts->left, (int64_t)bytes);
    arch_add(&counts->releases, 1);
    return unlikely(left + (int64_t)bytes > 2 * HEAP_BATCH_BYTES) || unlikely(bytes >= counts->large_from);
}

#endif
