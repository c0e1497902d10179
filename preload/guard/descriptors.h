/* SPDX-License-Identifier: MIT
 * Owns: the descriptors that the library itself has open, each for some microseconds, and that the program does not
 * close or reuse their numbers meanwhile. Must not know: what is read or written.
 *
 * A program that closes descriptors which it has not opened, from another thread, would close ours; what it then opens
 * gets our number, and a packet's zeros would go into its file. So who closes by number says so first, and waits while
 * the number is ours or may become it; who opens one of ours looks afterwards whether somebody was about to close it.
 * System calls past libc are not seen. */
#ifndef PRELOAD_DESCRIPTORS_H
#define PRELOAD_DESCRIPTORS_H

#include <errno.h>

#include "preload/base/system.h"

/* As openat(), O_CLOEXEC. Signals held; THREAD_DESCRIPTORS at a time on a thread. -errno; -EBADF when another thread
 * closed it at once. */
int descriptors_open_at(int directory, const char *path, int flags, mode_t mode);
static inline int descriptors_open(const char *path, int flags, mode_t mode)
{
    return descriptors_open_at(AT_FDCWD, path, flags, mode);
}
/* For what can be done later: false while another thread forks for longer than a fork takes as a rule. An opening goes
 * on after as long a wait, and the child may inherit what is open just then. Not while the thread has one open. */
bool descriptors_may_open(void);
/* fd < 0: nothing was opened. */
void descriptors_close(int fd);
/* Instead, where it may have turned out not to be ours any more: then it is left alone. */
void descriptors_end(int fd, bool ours);
/* Whether it still is what was opened: asked before and after what must not happen to a file of the program's. */
bool descriptors_is_ours(int fd);
/* What it was opened as; NULL where it is none of this thread's. */
const struct stat *descriptors_opened_as(int fd);

/* Around the program's own calls that close the numbers from first to last, whatever they are. errno is kept. What the
 * one returns is the other's: a signal handler may close within a close. */
uint64_t descriptors_closing(unsigned first, unsigned last);
void descriptors_closed(uint64_t outer);
/* Around a fork, in the parent: its child inherits none of ours. */
void descriptors_forking(void);
void descriptors_forked(void);

/* A call of the program that makes a descriptor and may be refused for want of one, when one of ours is the one too
 * many: then it is made again after those are closed, a few times at most. */
struct descriptors_try {
    unsigned openings, again;
    int error; /* errno before */
};
struct descriptors_try descriptors_try(void);
bool descriptors_were_short(struct descriptors_try *attempt);
/* Its result, of a type whose value `failed` says that it was refused. */
#define DESCRIPTORS_CALL(type, failed, ...)                                                                            \
    __extension__({                                                                                                    \
        struct descriptors_try try_ = descriptors_try();                                                               \
        type made_ = (__VA_ARGS__);                                                                                    \
        while (unlikely(made_ == (failed)) && descriptors_were_short(&try_))                                           \
            made_ = (__VA_ARGS__);                                                                                     \
        if (unlikely(try_.again) && made_ != (failed))                                                                 \
            errno = try_.error;                                                                                        \
        made_;                                                                                                         \
    })

/* In a forked child. */
void descriptors_reset_after_fork(void);

#endif
