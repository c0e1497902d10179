/* SPDX-License-Identifier: MIT
 * Owns: when a thread's time in the scheduler's queue is recorded. Must not know: hooks.
 *
 * A reading opens a file for some microseconds, in which another thread that opens one gets a higher number than
 * without us. So it is taken once in a thread's life, of threads that worked on images, and no more than LIMIT times.
 */
#include "preload/samples/schedule.h"

#include <stdatomic.h>

#include "preload/state/clock.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/facts/facts.h"
#include "preload/record/packet.h"

#define WORTH_NS 1000000 /* of CPU: less of it says nothing, and waits for little */
#define LIMIT    256     /* in a process */

static _Atomic uint32_t readings;

static void put(struct thread *self, const struct thread *state)
{
    if (__atomic_load_n(&state->cpu_ns, __ATOMIC_RELAXED) < WORTH_NS ||
        atomic_fetch_add_explicit(&readings, 1, memory_order_relaxed) >= LIMIT)
        return;
    struct trace_thread_schedule record = {.tid = state->tid};
    thread_slow_begin(self);
    bool known = facts_schedule(record.tid, &record.on_cpu_ns, &record.run_queue_ns);
    thread_slow_end(self);
    if (known)
        packet_put(self, TRACE_KIND_thread_schedule, thread_now_ns(), &record);
}

void schedule_reset_after_fork(void)
{
    atomic_store(&readings, 0);
}

void schedule_thread_ends(struct thread *self)
{
    put(self, self);
}

void schedule_process_ends(struct thread *self)
{
    for (const struct thread *state = thread_list(); state; state = state->next)
        if (atomic_load_explicit(&state->in_use, memory_order_relaxed))
            put(self, state);
}
