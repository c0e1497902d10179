/* SPDX-License-Identifier: MIT
 * Owns: the guard around our own code, and the decision whether a hook may record now.
 * Must not know: what is recorded.
 *
 * The guard is set only while our own code runs, tagged with its frame address; codec, allocator and I/O calls of the
 * program run unguarded. A hook entered by a signal inside our code finds the guard set: its record is counted lost. */
#ifndef PRELOAD_THREAD_H
#define PRELOAD_THREAD_H

#include "preload/base/system.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"

/* Word that the kernel wipes in a forked child, once it is armed: not 0 in the process that armed it. */
extern uint32_t *thread_fork_token;
enum {
    THREAD_TOKEN_QUIET = 1, /* nothing was recorded yet: the first hook that does says first what process this is */
    THREAD_TOKEN_TOLD = 2
};
extern _Atomic bool thread_recording; /* hooks record; false before the constructor, when switched off and after: */
extern _Atomic uint64_t *_Atomic thread_sealed; /* where the losses of a sealed process are counted, or NULL */

/* What the user wants, as the trace's control page says it (see trace_control.state), and what this process has done so
 * far; different when there is something to do: recording.c does it. Until a page is mapped the one is the other. */
extern const uint32_t *_Atomic thread_wish;
extern _Atomic uint32_t thread_wish_done;
extern _Atomic bool thread_paused;          /* by the user: thread_recording is false then */
extern _Atomic bool thread_paused_for_good; /* the program forbids system calls meanwhile */
/* Paused, and it may go on: what has to be known then is followed. */
static inline bool thread_is_paused(void)
{
    return atomic_load_explicit(&thread_paused, memory_order_relaxed) &&
           !atomic_load_explicit(&thread_paused_for_good, memory_order_relaxed);
}
static inline bool thread_wish_changed(void)
{
    return __atomic_load_n(atomic_load_explicit(&thread_wish, memory_order_relaxed), __ATOMIC_RELAXED) !=
           atomic_load_explicit(&thread_wish_done, memory_order_relaxed);
}
static inline uint32_t thread_wish_now(void)
{
    return __atomic_load_n(atomic_load(&thread_wish), __ATOMIC_ACQUIRE);
}
void thread_wish_is(const uint32_t *state);

/* Out of line parts of thread_hook_start. */
bool thread_may_record_slow(bool tell);
bool thread_does_not_record(void);

/* True when this hook may look at the clock and record. Called before the real function; touches no state of ours. */
static inline bool thread_may_record(void)
{
    if (unlikely(!atomic_load_explicit(&thread_recording, memory_order_relaxed)))
        return thread_does_not_record();
    if (unlikely(thread_local_state.vfork_parent | (*thread_fork_token != THREAD_TOKEN_TOLD) | thread_wish_changed()))
        return thread_may_record_slow(true);
    return true;
}
/* The same for a hook that may turn out to have nothing to record: tells nobody what process this is. */
static inline bool thread_may_record_quietly(void)
{
    if (unlikely(!atomic_load_explicit(&thread_recording, memory_order_relaxed)))
        return false;
    return likely(!thread_local_state.vfork_parent && *thread_fork_token) || thread_may_record_slow(false);
}

/* The same from inside our own code, where a fork is not taken care of. */
static inline bool thread_may_record_guarded(void)
{
    return atomic_load_explicit(&thread_recording, memory_order_relaxed) && *thread_fork_token == THREAD_TOKEN_TOLD &&
           !thread_local_state.vfork_parent;
}

/* Start time of a call to record, or 0 when it is to pass through. */
static inline uint64_t thread_hook_start(void)
{
    return thread_may_record() ? thread_now_ns() : 0;
}

/* Enters our own code: the calling thread's state with the guard set, or NULL (counted lost) when that is not
 * possible now. Pair with thread_leave. errno is the caller's to keep. */
struct thread *thread_enter_slow(uintptr_t frame);
struct thread *thread_turned_away(void);
extern _Atomic bool thread_shut; /* nobody enters any more */
static inline struct thread *thread_enter(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    struct thread *self = thread_local_state.self;
    if (unlikely(thread_local_state.guard || !self))
        return thread_enter_slow(frame);
    thread_local_state.guard = frame;
    __asm__ volatile("" ::: "memory"); /* who shuts looks at guards afterwards */
    return unlikely(atomic_load_explicit(&thread_shut, memory_order_relaxed)) ? thread_turned_away() : self;
}
/* The same after a call in which the program's own code may have run, and forked in a way that nobody saw: the child is
 * told what it is before it writes into memory that it shares with its parent. */
static inline struct thread *thread_enter_again(void)
{
    if (unlikely(*thread_fork_token != THREAD_TOKEN_TOLD) && !thread_may_record_slow(true))
        return NULL;
    return thread_enter();
}
static inline void thread_leave(void)
{
    thread_local_state.guard = 0;
}

/* Is another thread in the middle of our code? Also true of one that left it by siglongjmp, until it comes back. */
bool thread_is_inside(const struct thread *state);
/* Turns away who would enter from now on, and waits for other threads that are inside. Undone by clearing it. */
void thread_shut_all(const struct thread *self);

/* At the start, before all others. */
void thread_prepare(void);
/* The page that the kernel wipes: asked for when the process is told, since most starts of programs never are. */
bool thread_token_is_armed(void);
bool thread_arm_token(void);
/* The process has to be told anew. */
void thread_token_is_quiet(void);

/* True inside a real allocator call. A frame at or below the caller's was left behind by siglongjmp. */
static inline bool thread_inside_allocator(void)
{
    return unlikely(thread_local_state.allocator_frame > (uintptr_t)__builtin_frame_address(0));
}

#endif
