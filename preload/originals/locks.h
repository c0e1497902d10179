/* SPDX-License-Identifier: MIT
 * Owns: whether an open or a close of ours would end a lock of the program's. Must not know: why somebody asks. */
#ifndef PRELOAD_LOCKS_H
#define PRELOAD_LOCKS_H

#include <stdint.h>

struct thread;

/* Closing any descriptor of a file ends all POSIX locks that the process has on it, opening it a lease. Takes scratch
 * and one descriptor; signals held. */
enum locks { LOCKS_NONE, LOCKS_THERE, LOCKS_UNKNOWN };
enum locks locks_find(struct thread *self, uint64_t inode);

#endif
