/* SPDX-License-Identifier: MIT
 * Owns: the end of this process image, and of a stretch of it that was recorded: the last records and sums.
 * Must not know: codecs' rows, files of the trace. */
#include "preload/process/process.h"

#include "preload/codecs/call.h"
#include "preload/record/directory.h"
#include "preload/facts/facts.h"
#include "preload/files/files.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/process/recording.h"
#include "preload/facts/sample.h"
#include "preload/facts/schedule.h"

/* From here on a process says at its end what its control group allowed it. */
#define LONG_LIFE_NS UINT64_C(1000000000)

struct process_sums process_sums(void)
{
    struct process_sums sums = {0};
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

/* What our own code cost, by measured slow paths and calibrated fast ones. */
static uint64_t own_cost_ns(uint64_t heap_calls, const struct process_sums *sums)
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
        facts_put_host(self);
    schedule_process_ends(self);
    struct trace_thread_end end = {.cpu_ns = thread_cpu_ns(self)};
    heap_thread_end(self, &end);
    packet_put(self, TRACE_KIND_thread_end, thread_now_ns(), &end);
    if (packet_made_trace() || thread_now_ns() - process.start_ns >= LONG_LIFE_NS)
        facts_put_cgroup(self);
    struct heap_totals heap;
    heap_totals(self, &heap);
    heap_put_sizes(self, &heap);
    struct process_sums sums = process_sums();
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

bool process_ends_idle(void)
{
    enum { MOST_NS = 10000000 }; /* who computed for longer than between two samples was not idle */
    struct trace_control *control = atomic_load_explicit(&directory_control, memory_order_relaxed);
    /* The token is as the kernel left it: no hook has acted here since the fork. */
    if (*thread_fork_token || thread_local_state.vfork_parent || thread_local_state.guard || !control ||
        !atomic_load_explicit(&thread_recording, memory_order_relaxed) || thread_wish_changed())
        return false;
    uint64_t signals = system_hold_signals(); /* until it has ended: a handler's calls would be recorded after all */
    uint64_t user_ns, system_ns, faults;
    struct trace_idle idle = {
        .pid = (uint32_t)system_pid(),
        .cpu_ns = facts_cpu_ns(&user_ns, &system_ns, &faults, &faults),
        .ended_ns = system_now_ns() - control->start_ns,
    };
    uint64_t *place = &control->idle_children[trace_idle_place(idle.pid)], none = 0;
    /* Not where another one's word waits to be collected, nor where the parent knows the child by another number. */
    if (idle.cpu_ns < MOST_NS && system_parent_pid() > 0 &&
        __atomic_compare_exchange_n(place, &none, trace_idle_pack(idle), false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        return true;
    system_give_signals(signals);
    return false;
}

bool process_take_idle(uint32_t pid, uint64_t before_ns, struct trace_idle *idle)
{
    struct trace_control *control = atomic_load_explicit(&directory_control, memory_order_relaxed);
    if (!control || !pid)
        return false;
    uint64_t *place = &control->idle_children[trace_idle_place(pid)];
    uint64_t word = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    *idle = trace_idle_unpack(word);
    idle->ended_ns += control->start_ns;
    return idle->pid == pid && idle->ended_ns + TRACE_IDLE_END_NS <= before_ns &&
           __atomic_compare_exchange_n(place, &word, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
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
    if (!recording_is_wanted())
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
