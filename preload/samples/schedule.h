/* SPDX-License-Identifier: MIT
 * Owns: when a thread's time in the scheduler's queue is recorded. Must not know: hooks. Guard set. */
#ifndef PRELOAD_SCHEDULE_H
#define PRELOAD_SCHEDULE_H

struct thread;

/* The calling thread ends. */
void schedule_thread_ends(struct thread *self);
/* The process ends, and with it all threads that have not. */
void schedule_process_ends(struct thread *self);
void schedule_reset_after_fork(void);

#endif
