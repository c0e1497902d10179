/* SPDX-License-Identifier: MIT
 * Owns: see descriptors.h. Must not know: what is read or written.
 *
 * Each side writes what it is about to do, then reads what the other does, both in the order that all threads see: one
 * of two always sees the other. What a handler left by siglongjmp says too much for a while, and costs a look. */
#include "preload/descriptors.h"

#include <limits.h>

/* struct thread's own_descriptor: */
enum { NONE = 0, OPENING = 1, FIRST = 2 /* plus the number */ };
/* struct thread's closing: 0, or this, the first number (31 bits), the last (32 bits) */
#define CLOSES (UINT64_C(1) << 63)

enum { PATIENCE = 200 };         /* for who closes */
enum { FORK_NS = 20 * 1000000 }; /* and for who forks, whose handlers may wait for this thread */
enum { YIELDS = 20000 };         /* a disk may take its time; then the number is the program's, come what may */

static _Atomic int open_count; /* threads that open one of ours or have one open */
static _Atomic int forking;    /* threads that fork */

static void yield(void)
{
    (void)SYSTEM3(SYS_sched_yield, 0, 0, 0);
}

static bool closes(const struct thread *thread, int fd)
{
    uint64_t closing = atomic_load(&thread->closing);
    return closing && fd >= (int)(closing >> 32 & INT_MAX) && (unsigned)fd <= (unsigned)(closing & UINT_MAX);
}

static bool is_at(int fd, const char *path, int flags)
{
    struct stat open, there;
    int at = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
    return system_stat_fd(fd, &open) == 0 && SYSTEM6(SYS_newfstatat, AT_FDCWD, path, &there, at, 0, 0) == 0 &&
           open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

/* Whether it is still ours after those that were about to close its number are done. */
static bool is_left(const struct thread *self, int fd, const char *path, int flags)
{
    bool asked = false;
    for (const struct thread *other = thread_list(); other; other = other->next)
        for (int i = 0; other != self && i < PATIENCE && closes(other, fd); i++) {
            asked = true;
            yield();
        }
    return !asked || is_at(fd, path, flags);
}

static void forget(struct thread *self)
{
    atomic_store(&self->own_descriptor, NONE);
    atomic_fetch_sub(&open_count, 1);
}

static void begin(struct thread *self)
{
    for (uint64_t until_ns = 0, now_ns = 0;; now_ns = system_now_ns()) {
        atomic_store(&self->own_descriptor, OPENING);
        atomic_fetch_add(&open_count, 1);
        if (self->forks || !atomic_load(&forking) || (until_ns && now_ns > until_ns))
            return;
        if (now_ns && !until_ns)
            until_ns = now_ns + FORK_NS;
        forget(self);
        yield();
    }
}

int descriptors_open(const char *path, int flags, mode_t mode)
{
    struct thread *self = thread_local_state.self;
    begin(self);
    int fd = system_open(path, flags, mode);
    if (fd >= 0) {
        atomic_store(&self->own_descriptor, FIRST + fd);
        if (is_left(self, fd, path, flags))
            return fd;
        fd = -EBADF;
    }
    forget(self);
    return fd;
}

void descriptors_close(int fd)
{
    system_close(fd);
    forget(thread_local_state.self);
}

static void wait_for(unsigned first, unsigned last)
{
    const struct thread *self = thread_local_state.self;
    if (atomic_load(&open_count) <= 0 || !*thread_fork_token)
        return; /* or a forked child, where those others are not */
    for (const struct thread *other = thread_list(); other; other = other->next)
        for (int i = 0; other != self && i < YIELDS; i++) {
            int own = atomic_load(&other->own_descriptor);
            if (own == NONE || (own != OPENING && ((unsigned)(own - FIRST) < first || (unsigned)(own - FIRST) > last)))
                break;
            yield();
        }
}

void descriptors_closing(unsigned first, unsigned last)
{
    struct thread *self = thread_local_state.self;
    if (thread_local_state.vfork_parent || first > last || first > INT_MAX)
        return; /* a vfork's child has descriptors of its own, but this memory is its parent's */
    if (self)
        atomic_store(&self->closing, CLOSES | (uint64_t)first << 32 | last);
    wait_for(first, last);
}

void descriptors_closed(void)
{
    struct thread *self = thread_local_state.self;
    if (self && !thread_local_state.vfork_parent)
        atomic_store_explicit(&self->closing, 0, memory_order_release);
}

void descriptors_forking(void)
{
    if (thread_local_state.vfork_parent)
        return;
    if (thread_local_state.self)
        thread_local_state.self->forks++;
    atomic_fetch_add(&forking, 1);
    wait_for(0, UINT_MAX);
}

void descriptors_forked(void)
{
    if (thread_local_state.vfork_parent)
        return;
    atomic_fetch_sub(&forking, 1);
    if (thread_local_state.self && thread_local_state.self->forks)
        thread_local_state.self->forks--;
}

void descriptors_reset_after_fork(void)
{
    atomic_store(&open_count, 0);
    atomic_store(&forking, 0);
    for (struct thread *thread = thread_list(); thread; thread = thread->next) {
        atomic_store(&thread->own_descriptor, NONE);
        atomic_store(&thread->closing, 0);
        thread->forks = 0;
    }
}
