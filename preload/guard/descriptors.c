/* SPDX-License-Identifier: MIT
 * Owns: see descriptors.h. Must not know: what is read or written.
 *
 * Each side writes what it is about to do, then reads what the other does, both in the order that all threads see: one
 * of two always sees the other. What a handler left by siglongjmp says too much until somebody has waited for it once.
 */
#include "preload/guard/descriptors.h"

#include <limits.h>

#include "preload/base/system.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"

/* struct thread's own_descriptors: */
enum { NONE = 0, OPENING = 1, FIRST = 2 /* plus the number */ };
/* struct thread's closing: 0, or CLOSES, the first number (31 bits), WAITS, the last number (31 bits) */
#define CLOSES (UINT64_C(1) << 63)
#define WAITS  (UINT64_C(1) << 31) /* it will look again, and say so before */

#define CLOSER_NS (UINT64_C(20) * 1000000)       /* for who closes: as a rule it is within the call by then */
#define FORK_NS   (UINT64_C(20) * 1000000)       /* for who forks, whose handlers may wait for this thread */
#define FORKS_NS  (UINT64_C(2) * 1000 * 1000000) /* of threads that fork some never come back: a handler jumped away */
#define OWNER_NS  (UINT64_C(5) * 1000 * 1000000) /* a disk may take its time; then the number is the program's */

enum { TRIES = 8 };

static _Atomic int open_count;            /* threads that open one of ours or have one open */
static _Atomic unsigned openings;         /* so far */
static _Atomic int forking;               /* threads that fork */
static _Atomic unsigned fork_number;      /* of forks so far */
static _Atomic unsigned fork_left;        /* that number when one was waited for in vain: it may never end */
static _Atomic int forks_lost;            /* of the threads that fork: those that will not come back */
static _Atomic uint64_t forking_since_ns; /* more of them than those */

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

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool is_at(const struct stat *open, int directory, const char *path, int flags)
{
    struct stat there;
    int at = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
    return system_stat_at(directory, path, &there, at) == 0 && is_same(open, &there);
}

/* Where the thread says that it has this number, or THREAD_DESCRIPTORS. */
static unsigned place_of(const struct thread *self, int fd)
{
    unsigned place = 0;
    while (place < THREAD_DESCRIPTORS &&
           (fd < 0 || atomic_load_explicit(&self->own_descriptors[place], memory_order_relaxed) != FIRST + fd))
        place++;
    return place;
}

const struct stat *descriptors_opened_as(int fd)
{
    const struct thread *self = thread_local_state.self;
    unsigned place = place_of(self, fd);
    return place < THREAD_DESCRIPTORS ? &self->own_files[place] : NULL;
}

bool descriptors_is_ours(int fd)
{
    struct stat status;
    const struct stat *opened = descriptors_opened_as(fd);
    return opened && system_stat_fd(fd, &status) == 0 && is_same(&status, opened);
}

/* Whether it is still ours after those that were about to close its number are done. If not it is left alone: whoever
 * closed it may have another file there. */
static bool is_left(struct thread *self, unsigned place, int fd, int directory, const char *path, int flags)
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
    struct stat *opened = &self->own_files[place];
    return system_stat_fd(fd, opened) == 0 && (!asked || is_at(opened, directory, path, flags));
}

static void forget(struct thread *self, unsigned place)
{
    atomic_store(&self->own_descriptors[place], NONE);
    atomic_fetch_sub(&open_count, 1);
}

static bool others_fork(const struct thread *self)
{
    return !self->forks && atomic_load(&forking) > atomic_load(&forks_lost);
}

bool descriptors_may_open(void)
{
    const struct thread *self = thread_local_state.self;
    struct system_wait wait = {.most_ns = FORK_NS};
    while (others_fork(self)) {
        unsigned seen = atomic_load(&fork_number);
        int now_forking = atomic_load(&forking);
        if (system_now_ns() - atomic_load(&forking_since_ns) >= FORKS_NS)
            atomic_store(&forks_lost, now_forking);
        else if (atomic_load(&fork_left) == seen)
            return false;
        else if (!system_wait_more(&wait))
            atomic_store(&fork_left, seen);
    }
    return true;
}

/* Who forks waits for a thread that has one open already: it must not wait in turn. */
static unsigned begin(struct thread *self)
{
    struct system_wait wait = {.most_ns = FORK_NS};
    unsigned place = 0;
    while (place + 1 < THREAD_DESCRIPTORS &&
           atomic_load_explicit(&self->own_descriptors[place], memory_order_relaxed) != NONE)
        place++;
    atomic_fetch_add(&openings, 1);
    atomic_store_explicit(&self->own_is_stuck, false, memory_order_relaxed);
    for (;;) {
        atomic_store(&self->own_descriptors[place], OPENING);
        atomic_fetch_add(&open_count, 1);
        unsigned seen = atomic_load(&fork_number);
        if (place || !others_fork(self) || atomic_load(&fork_left) == seen)
            return place;
        forget(self, place);
        if (!system_wait_more(&wait))
            atomic_store(&fork_left, seen);
    }
}

int descriptors_open_at(int directory, const char *path, int flags, mode_t mode)
{
    struct thread *self = thread_local_state.self;
    unsigned place = begin(self);
    int fd = system_open_at(directory, path, flags, mode);
    if (fd >= 0) {
        atomic_store(&self->own_descriptors[place], FIRST + fd);
        if (is_left(self, place, fd, directory, path, flags))
            return fd;
        fd = -EBADF;
    }
    forget(self, place);
    return fd;
}

void descriptors_end(int fd, bool ours)
{
    unsigned place = place_of(thread_local_state.self, fd);
    if (ours && fd >= 0)
        system_close(fd);
    if (place < THREAD_DESCRIPTORS)
        forget(thread_local_state.self, place);
}

void descriptors_close(int fd)
{
    descriptors_end(fd, true);
}

static bool has(const struct thread *thread, unsigned first, unsigned last)
{
    for (unsigned place = 0; place < THREAD_DESCRIPTORS; place++) {
        int own = atomic_load(&thread->own_descriptors[place]);
        if ((own == OPENING && !atomic_load_explicit(&thread->own_is_stuck, memory_order_relaxed)) ||
            (own >= FIRST && (unsigned)(own - FIRST) >= first && (unsigned)(own - FIRST) <= last))
            return true;
    }
    return false;
}

/* A thread other than self that has one of these numbers for us, or may come to have it; or NULL. */
static struct thread *holder_of(const struct thread *self, unsigned first, unsigned last)
{
    if (atomic_load(&open_count) <= 0 || !*thread_fork_token)
        return NULL; /* or a forked child, where those others are not */
    for (struct thread *other = thread_list(); other; other = other->next)
        if (other != self && has(other, first, last))
            return other;
    return NULL;
}

/* A disk that hangs is waited for once. */
static bool wait_more_for(struct thread *holder, struct system_wait *wait)
{
    bool more = system_wait_more(wait);
    if (!more)
        atomic_store_explicit(&holder->own_is_stuck, true, memory_order_relaxed);
    return more;
}

static void wait_for(unsigned first, unsigned last)
{
    struct system_wait wait = {.most_ns = OWNER_NS};
    for (struct thread *holder; (holder = holder_of(thread_local_state.self, first, last));)
        if (!wait_more_for(holder, &wait))
            return;
}

uint64_t descriptors_closing(unsigned first, unsigned last)
{
    struct thread *self = thread_local_state.self;
    if (thread_local_state.vfork_parent || first > last || first > INT_MAX) /* its child has descriptors of its own */
        return self ? atomic_load(&self->closing) : 0;
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
    for (bool more = true;;) {
        atomic_store(&self->closing, says);
        struct thread *holder = more ? holder_of(self, first, last) : NULL;
        if (!holder)
            return outer;
        if (!outer) /* else what is interrupted has looked already */
            atomic_store(&self->closing, says | WAITS);
        more = wait_more_for(holder, &wait);
    }
}

void descriptors_closed(uint64_t outer)
{
    struct thread *self = thread_local_state.self;
    if (self && !thread_local_state.vfork_parent)
        atomic_store_explicit(&self->closing, outer, memory_order_release);
}

void descriptors_forking(void)
{
    if (thread_local_state.vfork_parent)
        return;
    if (thread_local_state.self)
        thread_local_state.self->forks++;
    atomic_fetch_add(&fork_number, 1);
    if (atomic_load(&forking) <= atomic_load(&forks_lost))
        atomic_store(&forking_since_ns, system_now_ns());
    atomic_fetch_add(&forking, 1);
    wait_for(0, UINT_MAX);
}

void descriptors_forked(void)
{
    if (thread_local_state.vfork_parent)
        return;
    int left = atomic_fetch_sub(&forking, 1) - 1, lost = atomic_load(&forks_lost);
    while (lost > left && !atomic_compare_exchange_weak(&forks_lost, &lost, left)) /* it did come back */
        ;
    if (thread_local_state.self && thread_local_state.self->forks)
        thread_local_state.self->forks--;
}

struct descriptors_try descriptors_try(void)
{
    unsigned so_far = atomic_load_explicit(&openings, memory_order_relaxed);
    return (struct descriptors_try){.openings = atomic_load(&open_count) > 0 ? so_far - 1 : so_far, .error = errno};
}

bool descriptors_were_short(struct descriptors_try *attempt)
{
    unsigned now = atomic_load(&openings);
    if (errno != EMFILE || thread_local_state.vfork_parent || now == attempt->openings || attempt->again++ >= TRIES)
        return false;
    wait_for(0, UINT_MAX);
    attempt->openings = atomic_load(&open_count) > 0 ? now - 1 : now;
    return true;
}

void descriptors_reset_after_fork(void)
{
    atomic_store(&open_count, 0);
    atomic_store(&forking, 0);
    atomic_store(&forks_lost, 0);
    for (struct thread *thread = thread_list(); thread; thread = thread->next) {
        for (unsigned place = 0; place < THREAD_DESCRIPTORS; place++)
            atomic_store(&thread->own_descriptors[place], NONE);
        atomic_store(&thread->closing, 0);
        thread->forks = 0;
    }
}
