/* SPDX-License-Identifier: MIT
 * Owns: counting the program's heap: live bytes, peaks, calls; large blocks one by one.
 * Must not know: who allocates. Exact in a program of one thread; otherwise within HEAP_BATCH_BYTES per thread. */
#ifndef PRELOAD_HEAP_H
#define PRELOAD_HEAP_H

#include "preload/thread.h"

#define HEAP_BATCH_BYTES 65536

/* Writes a heap record, which begins a new window; returns the live bytes. Guard set. */
int64_t heap_put(struct thread *self);
struct heap_totals {
    int64_t live_bytes, peak_bytes;
    uint64_t allocations, releases;
};
/* Everything counted so far, this thread's batch included. */
struct heap_totals heap_totals(struct thread *self);
/* Adds an ending thread's batch to the process. */
void heap_flush(struct thread *self);
/* In a forked child: what lives, lives on; calls and peaks begin anew. */
void heap_reset_after_fork(void);
/* Counting begins or stops (an executable with its own malloc, IMGBENCH=off). */
void heap_enable(bool on);

#endif
