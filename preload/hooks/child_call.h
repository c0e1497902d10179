/* SPDX-License-Identifier: MIT
 * Owns: what the wrappers that start, replace and collect programs share. Must not know: files, codecs. */
#ifndef PRELOAD_CHILD_CALL_H
#define PRELOAD_CHILD_CALL_H

#include "preload/guard/thread.h"

struct thread;

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

/* Each begin has one end or none. */
struct child_wait {
    uint64_t start_ns; /* 0: passes through */
    bool is_counted;   /* see transfers_wait_begin */
};
struct child_wait child_wait_begin(void);
/* It collected a child. pid 0: unknown, its I/O is counted all the same. status as wait gives it; usage may be NULL. */
void child_wait_end(const struct child_wait *wait, pid_t pid, int status, const struct rusage *usage);
/* It did not. */
void child_wait_none(const struct child_wait *wait);

#endif
