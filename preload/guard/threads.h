/* SPDX-License-Identifier: MIT
 * Owns: the list of all states of threads: who has one, taking and giving back. Any thread. Must not know: the guard,
 * what is recorded. */
#ifndef PRELOAD_THREADS_H
#define PRELOAD_THREADS_H

#include "preload/state/thread_state.h"

/* A state for the calling thread, which becomes its own: one that is free, or a new one. NULL: there is no memory. */
struct thread *thread_attach(void);
/* Gives the state of an ending thread back, for the next thread to continue its packet. Guard must be set. */
void thread_release(struct thread *self);
/* Takes a state that no thread uses. Give it back by thread_unclaim. */
bool thread_claim(struct thread *state);
static inline void thread_unclaim(struct thread *state)
{
    state->tid = 0; /* until the next thread says who it is, nobody may take it for that of a thread that died */
    atomic_store(&state->in_use, 0);
}
/* First of the list of all states. */
struct thread *thread_list(void);
/* In a forked child: the calling thread's state, made if there is none, is the only one left; its packets are empty. */
void thread_reset_after_fork(void);
/* Nobody is inside our code, guard set: all packets are empty, all counters 0; the threads go on. */
void thread_begin_anew(void);
/* Sums over all threads there have been. */
struct thread_sums {
    uint64_t records, io_ops, kernel_read, kernel_written, metadata_calls, metadata_ns, stdio_calls, row_calls;
};
struct thread_sums thread_sums(void);

#endif
