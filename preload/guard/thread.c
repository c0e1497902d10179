/* SPDX-License-Identifier: MIT
 * Owns: the guard around our own code, and the decision whether a hook may record now. Must not know: what is recorded.
 */
#include "preload/guard/thread.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>

#include "preload/base/system.h"
#include "preload/state/thread_state.h"
#include "preload/base/foreign.h"
#include "preload/state/arena.h"
#include "preload/state/events.h"
#include "preload/state/process_state.h"
#include "preload/guard/threads.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

uint32_t *thread_fork_token;
static uint32_t page[1024] __attribute__((aligned(4096))); /* a page of anonymous memory without a call to map it */
static const uint32_t quiet = THREAD_TOKEN_QUIET;          /* until the process is told */
_Atomic bool thread_recording, thread_shut, thread_paused, thread_paused_for_good;
const uint32_t *_Atomic thread_wish;
_Atomic uint32_t thread_wish_done;
_Atomic uint64_t *_Atomic thread_sealed;

void thread_prepare(void)
{
    arena_prepare();
    thread_fork_token = (uint32_t *)(uintptr_t)&quiet;
    atomic_store(&thread_wish_done, TRACE_STATE_RECORDING);
    thread_wish_is((const uint32_t *)&thread_wish_done);
}

bool thread_token_is_armed(void)
{
    return thread_fork_token == page;
}

bool thread_arm_token(void)
{
    if (SYSTEM3(SYS_madvise, page, sizeof page, MADV_WIPEONFORK) != 0)
        return false;
    *page = THREAD_TOKEN_QUIET;
    thread_fork_token = page;
    return true;
}

void thread_token_is_quiet(void)
{
    if (thread_token_is_armed())
        *thread_fork_token = THREAD_TOKEN_QUIET;
}

void thread_wish_is(const uint32_t *state)
{
    atomic_store(&thread_wish, state);
}

bool thread_does_not_record(void)
{
    /* Of a thread that has just found the recording to go on, only the first half may be done: then as well, wait for
     * it. */
    if (thread_is_paused() ||
        (atomic_load_explicit(&thread_wish, memory_order_relaxed) /* before the constructor: none */ &&
         !atomic_load_explicit(&thread_sealed, memory_order_relaxed) && thread_wish_changed()))
        return (thread_local_state.vfork_parent || thread_wish_changed()) && thread_may_record_slow(true);
    _Atomic uint64_t *losses = atomic_load_explicit(&thread_sealed, memory_order_relaxed);
    if (losses)
        atomic_fetch_add_explicit(losses, 1, memory_order_relaxed);
    return false;
}

bool thread_may_record_slow(bool tell)
{
    if (thread_local_state.vfork_parent) {
        /* The child of vfork runs in our memory: it must not write any of it. Only the parent clears the mark. */
        if (*thread_fork_token != 0 && system_pid() != thread_local_state.vfork_parent)
            return false;
        thread_local_state.vfork_parent = 0; /* the heap's fast way comes back with the next allocation */
    }
    if (*thread_fork_token == 0) {
        if (thread_local_state.guard)
            return false; /* forked inside our own code, by a signal handler */
        thread_local_state.guard = (uintptr_t)__builtin_frame_address(0);
        event_forked();
        thread_local_state.guard = 0;
    }
    if (tell && *thread_fork_token == THREAD_TOKEN_QUIET && !atomic_load(&thread_paused) &&
        !thread_local_state.guard) /* it may have been stopped before this process had anything to say */
        event_first_hook();
    if (unlikely(thread_wish_changed()) && !event_wish_changed())
        return false;
    if (tell && *thread_fork_token == THREAD_TOKEN_QUIET &&
        atomic_load_explicit(&thread_recording, memory_order_relaxed)) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            event_first_record(self);
            thread_leave();
        }
        errno = saved;
        if (!self)
            return false;
    }
    return atomic_load_explicit(&thread_recording, memory_order_relaxed);
}

/* A guard whose frame does not lie above ours was left behind by siglongjmp out of our code, unless this is a signal
 * handler on an alternate stack, which may lie anywhere. */
static bool guard_is_stale(uintptr_t frame)
{
    if (frame < thread_local_state.guard)
        return false;
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    return SYSTEM3(SYS_sigaltstack, 0, &stack, 0) == 0 && !(stack.ss_flags & SS_ONSTACK);
}

struct thread *thread_enter_slow(uintptr_t frame)
{
    if (unlikely(thread_local_state.guard != 0) && !guard_is_stale(frame)) {
        process_count_lost(1);
        return NULL;
    }
    if (unlikely(thread_local_state.finished)) {
        process_count_lost(1);
        return NULL;
    }
    thread_local_state.guard = frame;
    __asm__ volatile("" ::: "memory");
    if (atomic_load_explicit(&thread_shut, memory_order_relaxed))
        return thread_turned_away();
    struct thread *self = thread_local_state.self;
    if (unlikely(!self) && !(self = thread_attach())) {
        thread_local_state.guard = 0;
        process_count_lost(1);
    }
    return self;
}

struct thread *thread_turned_away(void)
{
    thread_local_state.guard = 0;
    (void)thread_does_not_record();
    return NULL;
}

bool thread_is_inside(const struct thread *state)
{
    ptrdiff_t place = (char *)&thread_local_state.guard - (char *)pthread_self();
    uintptr_t guard = 0; /* of a thread that may be gone */
    return atomic_load(&state->in_use) && foreign_read((const char *)state->handle + place, &guard, sizeof guard) &&
           guard;
}

void thread_shut_all(const struct thread *self)
{
    int pauses = 200; /* for all: a guard that was left behind by siglongjmp may never be cleared */
    const struct timespec pause = {.tv_nsec = 500000};
    atomic_store(&thread_shut, true);
    (void)SYSTEM3(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); /* who has not seen it has a guard that we see */
    for (const struct thread *state = thread_list(); state; state = state->next)
        while (state != self && pauses > 0 && thread_is_inside(state)) {
            (void)SYSTEM3(SYS_nanosleep, &pause, NULL, 0);
            pauses--;
        }
}
