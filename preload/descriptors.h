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
/* fd < 0: nothing was opened. */
void descriptors_close(int fd);
/* Instead, where it may have turned out not to be ours any more: then it is left alone. */
void descriptors_end(int fd, bool ours);
/* Whether it is still the file at path: asked before and after what must not happen to a file of the program's. */
bool descriptors_is_at(int fd, const char *path, int flags);

/* Around the program's own calls that close the numbers from first to last, whatever they are. errno is kept. What the
 * one returns is the other's: a signal handler may close within a close. */
uint64_t descriptors_closing(unsigned first, unsigned last);
void descriptors_closed(uint64_t outer);
/* Around what must not meet one of ours, as a fork, whose child would inherit it; in the parent only. */
void descriptors_keep_out(void);
void descriptors_let_in(void);
/* After a call of the program that makes a descriptor failed by this error: whether it is to be made once more, since
 * one of ours may have been the one too many. They are kept out then. */
bool descriptors_were_short(int error);
/* Such a call; its result is a descriptor, or negative. */
#define DESCRIPTORS_CALL(...)                                                                                          \
    __extension__({                                                                                                    \
        int made_ = (__VA_ARGS__);                                                                                     \
        if (unlikely(made_ < 0) && descriptors_were_short(errno)) {                                                    \
            made_ = (__VA_ARGS__);                                                                                     \
            descriptors_let_in();                                                                                      \
        }                                                                                                              \
        made_;                                                                                                         \
    })
/* In a forked child. */
void descriptors_reset_after_fork(void);

#endif
