/* SPDX-License-Identifier: MIT
 * Owns: per-thread state, the guard and our own memory. Must not know: what is recorded. */
#include "preload/record/thread.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>

#include "preload/base/foreign.h"
#include "preload/memory/heap.h"
#include "preload/process/process.h"
#include "preload/process/recording.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

_Thread_local struct thread_local_state thread_local_state;
uint32_t *thread_fork_token;
static uint32_t page[1024] __attribute__((aligned(4096))); /* a page of anonymous memory without a call to map it */
static const uint32_t quiet = THREAD_TOKEN_QUIET;          /* until the process is told */
_Atomic bool thread_recording, thread_shut, thread_paused, thread_paused_for_good;
const uint32_t *_Atomic thread_wish;
_Atomic uint32_t thread_wish_done;
_Atomic uint64_t *_Atomic thread_sealed;
_Atomic uint64_t arena_mapped_bytes;

static struct thread *_Atomic first_thread;
static _Atomic uint32_t stream_numbers;

#define ARENA_CHUNK  (256u * 1024)
#define LOCK_NS      (UINT64_C(100) * 1000000)
#define STATES_SWEEP 64 /* when so many more states are in use, those of threads that ended unseen are taken back */
static char first_chunk[ARENA_CHUNK] __attribute__((aligned(64))); /* most programs need no other */
static struct {
    struct thread_lock lock;
    char *at;
    size_t left;
} arena;

bool thread_lock_try(struct thread_lock *lock)
{
    uintptr_t self = (uintptr_t)&thread_local_state, holder = 0;
    return atomic_compare_exchange_strong_explicit(&lock->holder, &holder, self, memory_order_acquire,
                                                   memory_order_relaxed) ||
           holder == self;
}

bool thread_lock_take(struct thread_lock *lock)
{
    enum { SPINS = 100 };
    for (unsigned i = 0; i < SPINS; i++)
        if (thread_lock_try(lock))
            return true;
    struct system_wait wait = {.most_ns = LOCK_NS};
    do
        if (thread_lock_try(lock))
            return true;
    while (system_wait_more(&wait));
    return false;
}

void *arena_allocate(size_t bytes)
{
    bytes = (bytes + 63) & ~(size_t)63;
    void *result = NULL;
    if (!thread_lock_take(&arena.lock))
        return NULL;
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
    thread_lock_give(&arena.lock);
    return result;
}

void thread_prepare(void)
{
    arena.at = first_chunk;
    arena.left = sizeof first_chunk;
    atomic_store(&arena_mapped_bytes, sizeof first_chunk);
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
        process_forked();
        thread_local_state.guard = 0;
    }
    if (tell && *thread_fork_token == THREAD_TOKEN_QUIET && !atomic_load(&thread_paused) &&
        !thread_local_state.guard) /* it may have been stopped before this process had anything to say */
        recording_join();
    if (unlikely(thread_wish_changed()) && !recording_follow())
        return false;
    if (tell && *thread_fork_token == THREAD_TOKEN_QUIET &&
        atomic_load_explicit(&thread_recording, memory_order_relaxed)) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            process_tell(self);
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

static struct thread *take_free_state(void)
{
    for (struct thread *state = atomic_load(&first_thread); state; state = state->next)
        if (thread_claim(state))
            return state;
    return NULL;
}

/* Threads that were cancelled, or that libc made for itself, do not give their states back. */
static void sweep_states(void)
{
    int pid = system_pid();
    for (struct thread *state = atomic_load(&first_thread); state; state = state->next)
        if (atomic_load(&state->in_use) && state->tid && SYSTEM3(SYS_tgkill, pid, state->tid, 0) == -ESRCH)
            thread_unclaim(state);
}

static struct thread *attach(void)
{
    uint32_t tid = system_thread_id();
    struct thread *state = take_free_state();
    uint32_t made = atomic_load_explicit(&stream_numbers, memory_order_relaxed);
    if (!state && made && made % STATES_SWEEP == 0) {
        sweep_states();
        state = take_free_state();
    }
    if (!state) {
        state = arena_allocate(sizeof *state);
        if (!state)
            return NULL;
        atomic_store(&state->in_use, 1);
        state->tid = tid;
        state->packet.stream = atomic_fetch_add(&stream_numbers, 1);
        state->packet.born_ns = system_now_ns();
        state->heap.left = state->heap.least_left = HEAP_BATCH_BYTES;
        state->next = atomic_load(&first_thread);
        while (!atomic_compare_exchange_weak(&first_thread, &state->next, state))
            ;
    }
    state->tid = tid;
    state->handle = pthread_self();
    state->named = false;
    state->creator_tid = 0;
    state->start_ns = system_now_ns();
    state->frame_count = state->row_count = 0;
    state->frames_left_ns = 0;
    state->in_flight_hook = 0;
    atomic_store(&state->closing, 0); /* or its last thread was cancelled there */
    state->forks = 0;
    state->own_cpu_ns = state->slow_depth = 0;
    state->cpu_ns = 0;
    state->io_ns = 0;
    heap_thread_begin(state);
    thread_local_state.self = state;
    return state;
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
    if (unlikely(!self) && !(self = attach())) {
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

void thread_shut_all(const struct thread *self)
{
    int pauses = 200; /* for all: a guard that was left behind by siglongjmp may never be cleared */
    const struct timespec pause = {.tv_nsec = 500000};
    atomic_store(&thread_shut, true);
    (void)SYSTEM3(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); /* who has not seen it has a guard that we see */
    for (const struct thread *state = atomic_load(&first_thread); state; state = state->next)
        while (state != self && pauses > 0 && thread_is_inside(state)) {
            (void)SYSTEM3(SYS_nanosleep, &pause, NULL, 0);
            pauses--;
        }
}

bool thread_is_inside(const struct thread *state)
{
    ptrdiff_t place = (char *)&thread_local_state.guard - (char *)pthread_self();
    uintptr_t guard = 0; /* of a thread that may be gone */
    return atomic_load(&state->in_use) && foreign_read((const char *)state->handle + place, &guard, sizeof guard) &&
           guard;
}

void thread_begin_anew(void)
{
    if (thread_token_is_armed())
        *thread_fork_token = THREAD_TOKEN_QUIET;
    for (struct thread *state = atomic_load(&first_thread); state; state = state->next) {
        struct packet *packet = &state->packet;
        if (!packet->base) /* else its thread is stuck in our code: it goes on where it is */
            *packet = (struct packet){.stream = packet->stream,
                                      .born_ns = system_now_ns(),
                                      .waiting = packet->waiting,
                                      .waiting_capacity = packet->waiting_capacity};
        state->records = state->io_ops = state->kernel_read = state->kernel_written = 0;
        state->metadata_calls = state->metadata_ns = state->stdio_calls = state->row_calls = 0;
        state->named = false;
        state->frame_count = state->row_count = 0;
        state->frames_left_ns = 0;
        state->in_flight_hook = 0;
    }
}

void thread_release(struct thread *self)
{
    thread_local_state.finished = true;
    thread_local_state.heap = NULL;
    thread_local_state.self = NULL;
    thread_unclaim(self);
}

struct thread *thread_list(void)
{
    return atomic_load(&first_thread);
}

bool thread_claim(struct thread *state)
{
    uint32_t expected = 0;
    return atomic_load_explicit(&state->in_use, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong(&state->in_use, &expected, 1);
}

void thread_reset_after_fork(void)
{
    if (atomic_exchange(&arena.lock.holder, 0))
        arena.left = 0; /* another thread was taking from it: how far it came is unknown */
    if (thread_token_is_armed())
        *thread_fork_token = THREAD_TOKEN_QUIET;
    struct thread *self = thread_local_state.self;
    for (struct thread *state = atomic_load(&first_thread); state; state = state->next) {
        /* Packets of the parent stay the parent's: a mapped one is shared, a waiting one holds its records. */
        struct packet *packet = &state->packet;
        if (packet->base && packet->on_disk) {
            system_unmap(packet->base, packet->capacity);
            atomic_fetch_sub(&arena_mapped_bytes, packet->capacity);
        }
        *packet = (struct packet){.stream = packet->stream,
                                  .born_ns = system_now_ns(),
                                  .waiting = packet->waiting,
                                  .waiting_capacity = packet->waiting_capacity};
        state->records = state->io_ops = state->kernel_read = state->kernel_written = 0;
        state->metadata_calls = state->metadata_ns = state->stdio_calls = state->row_calls = 0;
        if (state != self)
            thread_unclaim(state);
    }
    if (!self && !(self = attach()))
        return;
    self->tid = system_thread_id();
    self->named = false;
    self->frame_count = self->row_count = 0;
    self->frames_left_ns = 0;
    self->in_flight_hook = 0;
    self->own_cpu_ns = self->slow_depth = 0;
    self->cpu_ns = 0;
    self->start_ns = system_now_ns();
}

void thread_slow_begin(struct thread *self)
{
    if (self->slow_depth++ == 0)
        self->slow_cpu_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void thread_slow_end(struct thread *self)
{
    if (--self->slow_depth)
        return;
    uint64_t took_ns = system_clock_ns(CLOCK_THREAD_CPUTIME_ID) - self->slow_cpu_ns;
    self->own_cpu_ns += took_ns;
    atomic_fetch_add_explicit(&process.slow_ns, took_ns, memory_order_relaxed);
}

uint64_t thread_cpu_ns(const struct thread *self)
{
    return system_clock_ns(CLOCK_THREAD_CPUTIME_ID) - self->own_cpu_ns;
}
