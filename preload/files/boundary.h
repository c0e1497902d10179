/* SPDX-License-Identifier: MIT
 * Owns: reading the thread's CPU clock at the edges of an image's work that are no codec calls. Guard set,
 * where nothing else is said. Must not know: files. */
#ifndef PRELOAD_FILES_BOUNDARY_H
#define PRELOAD_FILES_BOUNDARY_H

#include <stdint.h>

struct thread;

/* Transfers from this size on have the thread's CPU clock read before and after them: they last long enough to be
 * interrupted, and then their length says nothing about their CPU time. */
#define FILES_LARGE_BYTES 65536
/* CPU reading to be written behind the record of the transfer; TRACE_UNKNOWN inside a codec call. */
uint64_t files_cpu_after(struct thread *self);
/* Reads the thread's CPU clock at an edge of an image's work, unless a codec call is under way, which does so at its
 * own ends. Returns the time at which what follows begins: see packet_put_cpu. */
uint64_t files_boundary(struct thread *self);
/* The same from outside of our code, no guard; start_ns where that is not possible now. errno is kept. */
uint64_t files_boundary_outside(uint64_t start_ns);

#endif
