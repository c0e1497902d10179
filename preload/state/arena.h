/* SPDX-License-Identifier: MIT
 * Owns: memory of our own: no block of it is the program's. Any thread. Must not know: what it is for. */
#ifndef PRELOAD_ARENA_H
#define PRELOAD_ARENA_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Anonymous memory of our own, never given back; NULL when there is none. */
void *arena_allocate(size_t bytes);
extern _Atomic uint64_t arena_mapped_bytes;

/* At the start, before all others. */
void arena_prepare(void);
/* In a forked child: another thread may have been taking from it. */
void arena_reset_after_fork(void);

#endif
