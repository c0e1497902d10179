/* SPDX-License-Identifier: MIT
 * Owns: per-thread state, the guard and our own memory. Must not know: what is recorded. */
#include "preload/thread.h"

#include <signal.h>
#include <string.h>

#include "preload/process.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

_Thread_local struct thread_local_state thread_local_state;
uint32_t *thread_fork_token;
_Atomic bool thread_recording;
_Atomic uint64_t arena_mapped_bytes;

static struct thread *_Atomic first_thread;
static _Atomic uint32_t stream_numbers;

#define ARENA_CHUNK (256u * 1024)
static struct {
    _Atomic uint32_t lock;
    char *at;
    size_t left;
} arena;

void *arena_allocate(size_t bytes)
{
    bytes = (bytes + 63) & ~(size_t)63;
    void *result = NULL;
    /* Held for a few instructions of our own; the guard keeps signal handlers of this thread out. */
    while (atomic_exchange_explicit(&arena.lock, 1, memory_order_acquire))
        ;
    if (bytes > arena.left) {
        size_t chunk = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;
        char *memory = system_map(chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        if (memory) {
            arena.at = memory;
            arena.left = chunk;
            atomic_fetch_add_explicit(&arena_mapped_bytes, chunk, memory_order_relaxed);
        }
    }
    if (bytes <= arena.left) {
        result = arena.at;
        arena.at += bytes;
        arena.left -= bytes;
    }
    atomic_store_explicit(&arena.lock, 0, memory_order_release);
    return result;
}

bool thread_prepare(void)
{
    void *page = system_map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!page)
        return false;
    (void)SYSTEM3(SYS_madvise, page, 4096, MADV_WIPEONFORK);
    thread_fork_token = page;
    *thread_fork_token = 1;
    return true;
}

bool thread_may_record_slow(void)
{
    if (thread_local_state.vfork_parent) {
        /* The child of vfork runs in our memory: it must not write any of it. Only the parent clears the mark. */
        if (system_pid() != thread_local_state.vfork_parent)
            return false;
        thread_local_state.vfork_parent = 0;
    }
    if (*thread_fork_token == 0) {
        if (thread_local_state.guard)
            return false; /* forked inside our own code, by a signal handler */
        thread_local_state.guard = (uintptr_t)__builtin_frame_address(0);
        process_forked();
        thread_local_state.guard = 0;
    }
    return atomic_load_explicit(&thread_recording, memory_order_relaxed);
}

/* A guard whose frame lies below ours was left behind by siglongjmp out of our code, unless this is a signal handler
 * on an alternate stack, which may lie anywhere. */
static bool guard_is_stale(uintptr_t frame)
{
    if (frame <= thread_local_state.guard)
        return false;
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    return SYSTEM3(SYS_sigaltstack, 0, &stack, 0) == 0 && !(stack.ss_flags & SS_ONSTACK);
}

static struct thread *attach(void)
{
    uint32_t tid = system_thread_id();
    struct thread *state;
    for (state = atomic_load(&first_thread); state; state = state->next) {
        uint32_t expected = 0;
        if (atomic_load_explicit(&state->in_use, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&state->in_use, &expected, 1))
            break;
    }
    if (!state) {
        state = arena_allocate(sizeof *state);
        if (!state)
            return NULL;
        atomic_store(&state->in_use, 1);
        state->packet.stream = atomic_fetch_add(&stream_numbers, 1);
        state->next = atomic_load(&first_thread);
        while (!atomic_compare_exchange_weak(&first_thread, &state->next, state))
            ;
    }
    state->tid = tid;
    state->named = false;
    state->creator_tid = 0;
    state->start_ns = system_now_ns();
    state->frame_count = state->row_count = 0;
    state->io_ns = 0;
    thread_local_state.self = state;
    return state;
}

struct thread *thread_enter(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (unlikely(thread_local_state.guard != 0) && !guard_is_stale(frame)) {
        process_count_lost(1);
        return NULL;
    }
    if (unlikely(thread_local_state.finished)) {
        process_count_lost(1);
        return NULL;
    }
    thread_local_state.guard = frame;
    struct thread *self = thread_local_state.self;
    if (unlikely(!self) && !(self = attach())) {
        thread_local_state.guard = 0;
        process_count_lost(1);
    }
    return self;
}

void thread_release(struct thread *self)
{
    thread_local_state.finished = true;
    thread_local_state.self = NULL;
    atomic_store(&self->in_use, 0);
}

struct thread *thread_list(void)
{
    return atomic_load(&first_thread);
}

void thread_reset_after_fork(void)
{
    arena.lock = 0;
    *thread_fork_token = 1;
    struct thread *self = thread_local_state.self;
    for (struct thread *state = atomic_load(&first_thread); state; state = state->next) {
        /* Packets of the parent stay the parent's: a mapped one is shared, an anonymous one is its records. */
        uint32_t stream = state->packet.stream;
        if (state->packet.base && state->packet.on_disk)
            system_unmap(state->packet.base, state->packet.capacity);
        char *waiting = state->packet.base && !state->packet.on_disk ? state->packet.base : NULL;
        size_t capacity = waiting ? state->packet.capacity : 0;
        memset(&state->packet, 0, sizeof state->packet);
        state->packet.stream = stream;
        state->packet.base = waiting; /* reused empty: used is 0 */
        state->packet.capacity = capacity;
        state->heap_delta = state->heap_delta_peak = 0;
        state->allocations = state->releases = 0;
        if (state != self)
            atomic_store(&state->in_use, 0);
    }
    if (self) {
        self->tid = system_thread_id();
        self->named = false;
        self->frame_count = self->row_count = 0;
        self->start_ns = system_now_ns();
    }
}
