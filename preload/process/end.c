/* SPDX-License-Identifier: MIT
 * Owns: the end of this process image, and of a stretch of it that was recorded: the last records and sums.
 * Must not know: codecs' rows, files of the trace. */
#include "preload/process/end.h"

#include "preload/base/system.h"
#include "preload/codecs/calls/rows.h"
#include "preload/process/process.h"
#include "preload/samples/host.h"
#include "preload/samples/transfers.h"
#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/codecs/calls/call.h"
#include "preload/record/directory.h"
#include "preload/facts/facts.h"
#include "preload/files/files.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/samples/sample.h"
#include "preload/samples/schedule.h"

/* From here on a process says at its end what its control group allowed it. */
#define LONG_LIFE_NS UINT64_C(1000000000)

/* What our own code cost, by measured slow paths and calibrated fast ones. */
static uint64_t own_cost_ns(uint64_t heap_calls, const struct thread_sums *sums)
{
    enum { ROUNDS = 16 };
    uint64_t began_ns = system_now_ns();
    for (int i = 0; i < ROUNDS; i++)
        (void)system_now_ns();
    uint64_t clock_ns = (system_now_ns() - began_ns) / ROUNDS;
    /* As multiples of reading the clock, from the loops of scripts/bench, which says where they are off: a record
     * with its part of the page that it is the first to touch 4, a row call 1, a stdio call 1/5, a heap call 1/12. */
    return atomic_load(&process.slow_ns) + clock_ns * (sums->records * 4 + sums->row_calls) +
           clock_ns * sums->stdio_calls / 5 + clock_ns * heap_calls / 12;
}

/* transfers: so far, or NULL: as the last sample says. */
static void put_end(struct thread *self, enum trace_ending how, int exit_code, const struct transfers *transfers)
{
    struct transfers now = sample_now(self, how == trace_ending_EXIT ? SAMPLE_BETWEEN_CALLS : SAMPLE_ANYWHERE);
    if (transfers)
        now = *transfers;
    if (packet_host_is_due())
        host_put(self);
    schedule_process_ends(self);
    struct trace_thread_end end = {.cpu_ns = thread_cpu_ns(self)};
    heap_thread_end(self, &end);
    packet_put(self, TRACE_KIND_thread_end, thread_now_ns(), &end);
    if (packet_made_trace() || thread_now_ns() - process.start_ns >= LONG_LIFE_NS)
        host_put_cgroup(self);
    struct heap_totals heap;
    heap_totals(self, &heap);
    heap_put_sizes(self, &heap);
    struct thread_sums sums = thread_sums();
    struct trace_process_end record = {
        .vm_hwm_bytes = facts_vm_hwm(self),
        .rchar = now.io.rchar,
        .wchar = now.io.wchar,
        .own_rchar = now.own_rchar,
        .own_wchar = now.own_wchar,
        .reaped_rchar = now.reaped_rchar,
        .reaped_wchar = now.reaped_wchar,
        .heap_live_bytes = heap.live_bytes,
        .heap_peak_bytes = heap.peak_bytes,
        .alloc_calls = heap.allocations,
        .free_calls = heap.releases,
        .own_mapped_bytes = atomic_load(&arena_mapped_bytes),
        .metadata_calls = sums.metadata_calls,
        .metadata_ns = sums.metadata_ns,
        .own_cost_ns = own_cost_ns(heap.allocations + heap.releases, &sums),
        .records = sums.records + 1,
        .lost_records = atomic_load(&process.lost),
        .exit_code = exit_code,
        .how = (uint8_t)how,
        .heap_known = process.heap_known,
    };
    facts_cpu_ns(&record.cpu_user_ns, &record.cpu_system_ns, &record.minor_faults, &record.major_faults);
    packet_put(self, TRACE_KIND_process_end, thread_now_ns(), &record);
}

/* Not stopped, as far as the control page says: what has not been said by now is not worth it then. */
static bool is_wanted(void)
{
    return atomic_load(&process.told) || trace_state_records(thread_wish_now());
}

void process_finish(struct thread *self, enum trace_ending how, int exit_code)
{
    /* A forked child that only execs has nothing to tell. */
    if (how == trace_ending_REPLACED && process.forked && !packet_on_disk())
        return;
    if (how != trace_ending_REPLACED && atomic_exchange(&process.ended, true))
        return;              /* two threads end the process at once */
    if (!packet_on_disk()) { /* was anything worth a trace, here or elsewhere? */
        if (directory_is_untouched())
            return;
        if (!directory_trace_exists()) {
            directory_remove_if_empty();
            return;
        }
    }
    if (!is_wanted())
        return;
    process_tell(self);
    codec_call_leave_all(self);
    files_put_still_open(self);
    put_end(self, how, exit_code, NULL);
    packet_finish(self);
    directory_remove_if_empty();
}

void process_finish_stretch(struct thread *self, const struct transfers *transfers)
{
    codec_call_flush(self);
    put_end(self, trace_ending_PAUSED, -1, transfers);
    packet_finish_stretch(self);
}

void process_save(struct thread *self)
{
    codec_call_flush(self);
    heap_put(self);
    if (directory_trace_exists())
        packet_need_disk(self);
}
