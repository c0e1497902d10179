/* SPDX-License-Identifier: MIT
 * Owns: CPU time of threads, less what we took of it. Must not know: what it is wanted for. Guard set. */
#ifndef PRELOAD_THREAD_CPU_H
#define PRELOAD_THREAD_CPU_H

#include "preload/state/thread_state.h"

/* Around code of ours that takes more than a few system calls: its CPU time is kept apart. May be nested. */
void thread_slow_begin(struct thread *self);
void thread_slow_end(struct thread *self);
/* CPU time of the calling thread, less our slow paths'. */
uint64_t thread_cpu_ns(const struct thread *self);

#endif
