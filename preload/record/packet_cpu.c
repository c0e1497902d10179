/* SPDX-License-Identifier: MIT
 * Owns: the records of a thread's CPU clock. Must not know: what they are wanted for. */
#include "preload/record/packet_cpu.h"

#include "preload/guard/thread_cpu.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"

void packet_put_cpu_at(struct thread *self, uint64_t cpu_ns, uint64_t time_ns)
{
    struct trace_thread_cpu cpu = {cpu_ns};
    if (cpu_ns != TRACE_UNKNOWN)
        packet_put(self, TRACE_KIND_thread_cpu, time_ns, &cpu);
}

uint64_t packet_put_cpu(struct thread *self)
{
    const char *base = self->packet.base;
    uint64_t start_ns = thread_now_ns(), cpu_ns = thread_cpu_ns(self);
    self->cpu_ns = cpu_ns;
    packet_put_cpu_at(self, cpu_ns, thread_now_ns());
    return base == self->packet.base ? start_ns : thread_now_ns();
}
