/* SPDX-License-Identifier: MIT
 * Owns: resource samples between calls. Must not know: codecs, files. */
#include "preload/samples/sample.h"

#include "preload/samples/host.h"
#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/memory/allocator.h"
#include "preload/guard/descriptors.h"
#include "preload/facts/facts.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/base/settings.h"
#include "preload/samples/transfers.h"

#define MACHINE_NS 100000000 /* between two readings of what the machine does: it counts in steps of 10 ms */

static _Atomic uint64_t next_ns, machine_next_ns;

/* machine: with what all of it does. */
static struct transfers take(struct thread *self, enum sample_place place, bool machine)
{
    struct trace_sample sample;
    thread_slow_begin(self);
    if (atomic_load_explicit(&next_ns, memory_order_relaxed) && packet_host_is_due())
        host_put(self); /* not with the first sample: that one comes where going to disk has just cost enough */
    facts_resident(&sample.rss_bytes, &sample.shared_bytes);
    facts_cpu_ns(&sample.cpu_user_ns, &sample.cpu_system_ns, &sample.minor_faults, &sample.major_faults);
    sample.own_bytes = atomic_load(&arena_mapped_bytes);
    struct transfers transfers = transfers_now();
    sample.rchar = transfers.io.rchar;
    sample.wchar = transfers.io.wchar;
    sample.threads = facts_threads();
    sample.machine_idle_ns = machine ? facts_machine_idle_ns() : TRACE_UNKNOWN;
    sample.io_ops = thread_sums().io_ops;
    sample.heap_live_bytes = heap_put(self);
    uint64_t now_ns = thread_now_ns();
    atomic_store(&next_ns, now_ns + settings.sample_ns);
    if (machine)
        atomic_store_explicit(&machine_next_ns, now_ns + MACHINE_NS, memory_order_relaxed);
    packet_put(self, TRACE_KIND_sample, now_ns, &sample);
    if (place == SAMPLE_BETWEEN_CALLS || process.heap_known)
        allocator_put(self);
    thread_slow_end(self);
    return transfers;
}

struct transfers sample_now(struct thread *self, enum sample_place place)
{
    return take(self, place, true);
}

void sample_maybe(struct thread *self, enum sample_place place)
{
    uint64_t now_ns = thread_now_ns(), due_ns = atomic_load(&next_ns);
    if (!settings.sample_ns || now_ns < due_ns || !descriptors_may_open())
        return;
    /* One thread takes it; moving the due time first also stops a packet change inside from coming back here. */
    if (atomic_compare_exchange_strong(&next_ns, &due_ns, now_ns + settings.sample_ns))
        take(self, place, now_ns >= atomic_load_explicit(&machine_next_ns, memory_order_relaxed));
}
