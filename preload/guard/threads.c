/* SPDX-License-Identifier: MIT
 * Owns: the list of all states of threads. Must not know: the guard, what is recorded. */
#include "preload/guard/threads.h"

#include <signal.h>

#include "preload/base/system.h"
#include "preload/state/thread_state.h"
#include "preload/state/arena.h"
#include "preload/state/events.h"

#define STATES_SWEEP 64 /* when so many more states are in use, those of threads that ended unseen are taken back */

static struct thread *_Atomic first_thread;
static _Atomic uint32_t stream_numbers;

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

struct thread *thread_attach(void)
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
    event_thread_attached(state);
    thread_local_state.self = state;
    return state;
}

void thread_begin_anew(void)
{
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
    arena_reset_after_fork();
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
    if (!self && !(self = thread_attach()))
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

struct thread_sums thread_sums(void)
{
    struct thread_sums sums = {0};
    for (const struct thread *state = thread_list(); state; state = state->next) {
        sums.records += __atomic_load_n(&state->records, __ATOMIC_RELAXED);
        sums.io_ops += __atomic_load_n(&state->io_ops, __ATOMIC_RELAXED);
        sums.kernel_read += __atomic_load_n(&state->kernel_read, __ATOMIC_RELAXED);
        sums.kernel_written += __atomic_load_n(&state->kernel_written, __ATOMIC_RELAXED);
        sums.metadata_calls += __atomic_load_n(&state->metadata_calls, __ATOMIC_RELAXED);
        sums.metadata_ns += __atomic_load_n(&state->metadata_ns, __ATOMIC_RELAXED);
        sums.stdio_calls += __atomic_load_n(&state->stdio_calls, __ATOMIC_RELAXED);
        sums.row_calls += __atomic_load_n(&state->row_calls, __ATOMIC_RELAXED);
    }
    return sums;
}
