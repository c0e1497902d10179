/* SPDX-License-Identifier: MIT
 * Owns: libunwind inside the program: loading it, keeping it from touching what is the program's, walking a stack.
 * Must not know: records, what stacks are for. */
#ifndef PRELOAD_UNWINDER_H
#define PRELOAD_UNWINDER_H

#include <stdbool.h>
#include <stddef.h>

struct thread;

/* Loads libunwind and makes it ready. Only from the constructor, guard set. False when it cannot be had. */
bool unwinder_load(struct thread *self);
/* Return addresses of the calling thread in self->stack, innermost first, without those in this library. Returns how
 * many; 0 where no stack can be taken. Guard set; holds no lock of ours. Takes up to 6 KiB of the caller's stack. */
size_t unwinder_take(struct thread *self);
/* In a forked child, before the states of other threads are given up: if there were any, one may have held ld.so's list
 * of objects or a lock of libunwind, which nobody will ever let go of here. No more stacks then. */
void unwinder_reset_after_fork(void);

#endif
