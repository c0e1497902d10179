/* SPDX-License-Identifier: MIT
 * Owns: what new threads are told by those that start them. Must not know: what they run. */
#include "preload/guard/thread_start.h"

#include <stdatomic.h>
#include <stddef.h>

#include "preload/state/arena.h"
#include "preload/state/lock.h"

static struct {
    struct thread_lock lock;
    struct thread_start *free;
} starts;

struct thread_start *thread_start_take(void)
{
    struct thread_start *start = NULL;
    if (thread_lock_take(&starts.lock)) {
        start = starts.free;
        if (start)
            starts.free = start->next;
        thread_lock_give(&starts.lock);
    }
    return start ? start : arena_allocate(sizeof *start);
}

void thread_start_give(struct thread_start *start)
{
    if (!thread_lock_take(&starts.lock))
        return;
    start->next = starts.free;
    starts.free = start;
    thread_lock_give(&starts.lock);
}

void thread_starts_reset_after_fork(void)
{
    atomic_store(&starts.lock.holder, 0);
}
