/* SPDX-License-Identifier: MIT
 * Owns: what the program's allocator says of itself. Must not know: the wrappers of the malloc family. */
#ifndef PRELOAD_ALLOCATOR_H
#define PRELOAD_ALLOCATOR_H

struct thread;

/* Looks for an allocator that can be asked: jemalloc's mallctl, in the program or beside it. Called at the start. */
void allocator_find(void);
/* Writes an allocator record, if there is one to ask. It takes the allocator's locks: only from where the program can
 * hold none of them, never inside one of its calls. Guard set. */
void allocator_put(struct thread *self);

#endif
