/* SPDX-License-Identifier: MIT
 * Owns: the descriptors that the library itself has open, each for some microseconds, and that the program does not
 * close or reuse their numbers meanwhile. Must not know: what is read or written.
 *
 * A program that closes descriptors which it has not opened, from another thread, would close ours; what it then opens
 * gets our number, and a packet's zeros would go into its file. So who closes by number says so first, and waits while
 * the number is ours; who opens one of ours looks afterwards whether somebody was about to close it. System calls past
 * libc are not seen. */
#ifndef PRELOAD_DESCRIPTORS_H
#define PRELOAD_DESCRIPTORS_H

#include "preload/thread.h"

/* As openat() relative to nowhere, O_CLOEXEC. Signals held; one at a time on a thread. -errno; -EBADF when another
 * thread closed it at once. */
int descriptors_open(const char *path, int flags, mode_t mode);
void descriptors_close(int fd);

/* Around the program's own calls that close the numbers from first to last, whatever they are. errno is kept. */
void descriptors_closing(unsigned first, unsigned last);
void descriptors_closed(void);
/* Around a fork, in the parent: its child inherits none of ours. */
void descriptors_forking(void);
void descriptors_forked(void);
/* In a forked child. */
void descriptors_reset_after_fork(void);

#endif
