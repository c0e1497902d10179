/* SPDX-License-Identifier: MIT
 * Owns: CPU time of threads, less what we took of it. Must not know: what it is wanted for. */
#include "preload/guard/thread_cpu.h"

#include "preload/base/system.h"
#include "preload/state/thread_state.h"
#include "preload/state/process_state.h"

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
