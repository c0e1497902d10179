/* SPDX-License-Identifier: MIT
 * Owns: what the wrappers that start, replace and collect programs share. Must not know: files, codecs. */
#ifndef PRELOAD_CHILD_CALL_H
#define PRELOAD_CHILD_CALL_H

#include "preload/process.h"

/* Runs our code before or after the real call; the body sees `self`. errno is kept. */
#define OWN_CODE(...)                                                                                                  \
    do {                                                                                                               \
        int saved_errno = errno;                                                                                       \
        struct thread *self = thread_enter();                                                                          \
        if (self) {                                                                                                    \
            __VA_ARGS__;                                                                                               \
            thread_leave();                                                                                            \
        }                                                                                                              \
        errno = saved_errno;                                                                                           \
    } while (0)

/* Writes a spawn record. start_ns 0: it is about to happen. path may be NULL. Guard set. */
void child_put_spawn(struct thread *self, enum trace_spawn_op op, uint64_t start_ns, pid_t pid, int error,
                     const char *path, bool untraced);

/* A wait call that began at start_ns (0: it passed through) has collected a child. pid 0: unknown, its I/O is counted
 * all the same. status as wait gives it; usage may be NULL. */
void child_collected(uint64_t start_ns, pid_t pid, int status, const struct rusage *usage);

#endif
