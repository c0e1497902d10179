/* SPDX-License-Identifier: MIT
 * Owns: forked children that made no call that is recorded. Must not know: who forks, who collects. */
#include "preload/process/idle.h"

#include "preload/base/system.h"
#include "preload/state/thread_state.h"
#include "preload/facts/facts.h"
#include "preload/record/control.h"
#include "preload/guard/thread.h"

bool process_ends_idle(void)
{
    enum { MOST_NS = 10000000 }; /* who computed for longer than between two samples was not idle */
    struct trace_control *control = atomic_load_explicit(&control_page, memory_order_relaxed);
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
    struct trace_control *control = atomic_load_explicit(&control_page, memory_order_relaxed);
    if (!control || !pid)
        return false;
    uint64_t *place = &control->idle_children[trace_idle_place(pid)];
    uint64_t word = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    *idle = trace_idle_unpack(word);
    idle->ended_ns += control->start_ns;
    return idle->pid == pid && idle->ended_ns + TRACE_IDLE_END_NS <= before_ns &&
           __atomic_compare_exchange_n(place, &word, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
