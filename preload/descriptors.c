/* SPDX-License-Identifier: MIT
 * Owns: see descriptors.h. Must not know: what is read or written.
 *
 * Each side writes what it is about to do, then reads what the other does, both in the order that all threads see: one
 * of two always sees the other. What a handler left by siglongjmp says too much until somebody has waited for it once.
 */
#include "preload/descriptors.h"

#include <limits.h>

/* struct thread's own_descriptor: */
enum { NONE = 0, OPENING = 1, FIRST = 2 /* plus the number */ };
/* struct thread's closing: 0, or CLOSES, the first number (31 bits), WAITS, the last number (31 bits) */
#define CLOSES (UINT64_C(1) << 63)
#define WAITS  (UINT64_C(1) << 31) /* it will look again, and say so before */

#define CLOSER_NS (UINT64_C(20) * 1000000)       /* for who closes: after that it is within the call, its number free */
#define KEPT_NS   (UINT64_C(20) * 1000000)       /* for who forks, whose handlers may wait for this thread */
#define OWNER_NS  (UINT64_C(5) * 1000 * 1000000) /* a disk may take its time; then the number is the program's */

static _Atomic int open_count; /* threads that open one of ours or have one open */
static _Atomic bool had_any;
static _Atomic int keeping;          /* threads that keep ours out: they fork, or need the last descriptor */
static _Atomic unsigned keeps;       /* so far */
static _Atomic unsigned keeps_given; /* as many as they were when one was waited for in vain: that one may never end */

static unsigned from_of(uint64_t closing)
{
    return (unsigned)(closing >> 32 & INT_MAX);
}
static unsigned to_of(uint64_t closing)
{
    return (unsigned)(closing & INT_MAX);
}

/* Whether a thread that says this may have looked before the number was taken. */
static bool closes(uint64_t closing, int fd)
{
    return closing && !(closing & WAITS) && (unsigned)fd >= from_of(closing) && (unsigned)fd <= to_of(closing);
}

bool descriptors_is_at(int fd, const char *path, int flags)
{
    struct stat open, there;
    int at = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
    return system_stat_fd(fd, &open) == 0 && SYSTEM6(SYS_newfstatat, AT_FDCWD, path, &there, at, 0, 0) == 0 &&
           open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

/* Whether it is still ours after those that were about to close its number are done. If not it is left alone: whoever
 * closed it may have another file there. */
static bool is_left(const struct thread *self, int fd, const char *path, int flags)
{
    bool asked = false;
    for (struct thread *other = thread_list(); other; other = other->next) {
        struct system_wait wait = {.most_ns = CLOSER_NS};
        uint64_t closing;
        while (other != self && closes(closing = atomic_load(&other->closing), fd)) {
            asked = true;
            if (!system_wait_more(&wait))
                atomic_compare_exchange_strong(&other->closing, &closing, 0);
        }
    }
    return !asked || descriptors_is_at(fd, path, flags);
}

static void forget(struct thread *self)
{
    atomic_store(&self->own_descriptor, NONE);
    atomic_fetch_sub(&open_count, 1);
}

static void begin(struct thread *self)
{
    struct system_wait wait = {.most_ns = KEPT_NS};
    atomic_store(&had_any, true);
    for (;;) {
        atomic_store(&self->own_descriptor, OPENING);
        atomic_fetch_add(&open_count, 1);
        unsigned seen = atomic_load(&keeps);
        if (self->keeps || !atomic_load(&keeping) || atomic_load(&keeps_given) == seen)
            return;
        forget(self);
        if (!system_wait_more(&wait))
            atomic_store(&keeps_given, seen);
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

void descriptors_end(int fd, bool ours)
{
    if (ours && fd >= 0)
        system_close(fd);
    if (fd >= 0)
        forget(thread_local_state.self);
}

void descriptors_close(int fd)
{
    descriptors_end(fd, true);
}

static bool has(const struct thread *thread, unsigned first, unsigned last)
{
    int own = atomic_load(&thread->own_descriptor);
    return own == OPENING || (own >= FIRST && (unsigned)(own - FIRST) >= first && (unsigned)(own - FIRST) <= last);
}

static bool others_exist(void)
{
    return atomic_load(&open_count) > 0 && *thread_fork_token; /* else a forked child, where those others are not */
}

/* Another thread that has one of these numbers for us, or may come to have it. */
static bool is_held(const struct thread *self, unsigned first, unsigned last)
{
    for (const struct thread *other = thread_list(); other; other = other->next)
        if (other != self && has(other, first, last))
            return true;
    return false;
}

static void wait_for(unsigned first, unsigned last)
{
    struct system_wait wait = {.most_ns = OWNER_NS};
    while (others_exist() && is_held(thread_local_state.self, first, last) && system_wait_more(&wait))
        ;
}

uint64_t descriptors_closing(unsigned first, unsigned last)
{
    struct thread *self = thread_local_state.self;
    if (thread_local_state.vfork_parent || first > last || first > INT_MAX)
        return 0; /* a vfork's child has descriptors of its own, but this memory is its parent's */
    last = last > INT_MAX ? INT_MAX : last;
    if (!self) {
        wait_for(first, last);
        return 0;
    }
    uint64_t outer = atomic_load(&self->closing);
    uint64_t from = outer && from_of(outer) < first ? from_of(outer) : first;
    uint64_t to = outer && to_of(outer) > last ? to_of(outer) : last;
    uint64_t says = CLOSES | from << 32 | to;
    struct system_wait wait = {.most_ns = OWNER_NS};
    for (bool more = true;; more = system_wait_more(&wait)) {
        atomic_store(&self->closing, says);
        if (!more || !others_exist() || !is_held(self, first, last))
            return outer;
        if (!outer) /* else what is interrupted has looked already */
            atomic_store(&self->closing, says | WAITS);
    }
}

void descriptors_closed(uint64_t outer)
{
    struct thread *self = thread_local_state.self;
    if (self && !thread_local_state.vfork_parent)
        atomic_store_explicit(&self->closing, outer, memory_order_release);
}

void descriptors_keep_out(void)
{
    if (thread_local_state.vfork_parent)
        return;
    if (thread_local_state.self)
        thread_local_state.self->keeps++;
    atomic_fetch_add(&keeps, 1);
    atomic_fetch_add(&keeping, 1);
    wait_for(0, UINT_MAX);
}

void descriptors_let_in(void)
{
    if (thread_local_state.vfork_parent)
        return;
    atomic_fetch_sub(&keeping, 1);
    if (thread_local_state.self && thread_local_state.self->keeps)
        thread_local_state.self->keeps--;
}

bool descriptors_were_short(int error)
{
    if (error != EMFILE || thread_local_state.vfork_parent || !atomic_load(&had_any))
        return false;
    descriptors_keep_out();
    return true;
}

void descriptors_reset_after_fork(void)
{
    atomic_store(&open_count, 0);
    atomic_store(&keeping, 0);
    for (struct thread *thread = thread_list(); thread; thread = thread->next) {
        atomic_store(&thread->own_descriptor, NONE);
        atomic_store(&thread->closing, 0);
        thread->keeps = 0;
    }
}
