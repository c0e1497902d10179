/* SPDX-License-Identifier: MIT
 * Owns: what new threads are told by those that start them. Any thread, guard set. Must not know: what they run. */
#ifndef PRELOAD_THREAD_START_H
#define PRELOAD_THREAD_START_H

#include <stdint.h>

/* What a new thread has to be told; reused, from our own memory. */
struct thread_start {
    struct thread_start *next;
    void *(*routine)(void *);
    void *argument;
    uint32_t creator_tid;
};
/* NULL: there is no memory. */
struct thread_start *thread_start_take(void);
void thread_start_give(struct thread_start *start);
/* In a forked child: nobody holds the list. */
void thread_starts_reset_after_fork(void);

#endif
