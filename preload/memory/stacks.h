/* SPDX-License-Identifier: MIT
 * Owns: the call stacks of this process as a tree: each frame is stored, and recorded, once.
 * Must not know: what is allocated; how a stack is walked. */
#ifndef PRELOAD_STACKS_H
#define PRELOAD_STACKS_H

#include <stdint.h>

struct thread;

#define STACKS_NODES_MAX 65536u

/* Gets ready when IMGBENCH_STACKS asks for stacks; says so in the trace when that fails. From the constructor only,
 * guard set. */
void stacks_prepare(struct thread *self);
/* The calling thread's stack: number of its innermost frame, whose records are written. 0 when stacks are off or
 * none can be taken. Guard set. */
uint32_t stacks_take(struct thread *self);
/* In a forked child, before the states of other threads are given up: its records begin anew. */
void stacks_reset_after_fork(void);
/* Where a stretch of the recording begins: each frame is to be recorded again. */
void stacks_begin_anew(void);

#endif
