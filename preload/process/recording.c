/* SPDX-License-Identifier: MIT
 * Owns: stopping and starting the recording as the trace's control page says. Must not know: what is recorded. */
#include "preload/process/recording.h"

#include <errno.h>

#include "preload/base/system.h"
#include "preload/process/end.h"
#include "preload/record/control.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/record/directory.h"
#include "preload/record/packet.h"
#include "preload/process/process.h"
#include "preload/samples/transfers.h"

static struct thread_lock following;

bool recording_begins_with(struct thread *self)
{
    (void)self;
    bool first = false;
    uint32_t state = TRACE_STATE_PAUSED; /* where there can be no trace nobody can start one */
    if (directory_open_trace(&first))
        state = thread_wish_now();
    if (first)
        packet_trace_is_ours();
    atomic_store(&thread_wish_done, state);
    atomic_store(&thread_paused, !trace_state_records(state));
    return trace_state_records(state);
}

void recording_join(void)
{
    int saved = errno;
    struct thread *self = atomic_load(&control_page) ? NULL : thread_enter();
    if (self) {
        (void)directory_trace_exists();
        thread_leave();
    }
    errno = saved;
}

static void stop(struct thread *self)
{
    struct transfers transfers = transfers_now(); /* first: what others do from now on is not recorded */
    thread_shut_all(self);
    if (atomic_load(&process.told))
        process_finish_stretch(self, &transfers);
    atomic_store(&thread_paused, true);
    atomic_store(&thread_recording, false);
    atomic_store(&process.told, false);
    thread_token_is_quiet();
}

static void go_on(struct thread *self)
{
    if ((uint32_t)system_pid() != process.pid) /* forked meanwhile, by whichever call */
        process_forked();
    else
        thread_shut_all(self);
    process_begin_anew();
    atomic_store(&thread_paused, false);
    process_tell(self);
    atomic_store(&thread_recording, true);
}

#define OTHER_NS (UINT64_C(250) * 1000000)

/* Another thread is at it: what this one is about to do belongs to what comes then. Not inside our code, whose end the
 * other one waits for. */
static void wait_for_other(void)
{
    struct system_wait wait = {.most_ns = OTHER_NS};
    while (atomic_load_explicit(&following.holder, memory_order_acquire) && system_wait_more(&wait))
        ;
}

/* Holding the lock. */
static void follow(struct thread *self)
{
    uint32_t state = thread_wish_now();
    bool wanted = trace_state_records(state);
    if (wanted == atomic_load(&thread_paused)) {
        uint64_t signals = system_hold_signals(); /* a handler that jumped out would leave all others shut out */
        if (wanted)
            go_on(self);
        else
            stop(self);
        atomic_store(&thread_shut, false);
        system_give_signals(signals);
    }
    atomic_store(&thread_wish_done, state);
}

bool recording_follow(void)
{
    enum { ATTEMPTS = 5 }; /* each ends with another thread's turn */
    if (thread_local_state.guard || thread_local_state.finished || atomic_load(&thread_paused_for_good))
        return atomic_load(&thread_recording);
    int saved = errno;
    for (int i = 0; i < ATTEMPTS && thread_wish_changed(); i++) {
        wait_for_other();
        struct thread *self = thread_enter();
        if (self && thread_lock_try(&following)) {
            follow(self);
            thread_lock_give(&following);
        }
        if (self)
            thread_leave();
    }
    errno = saved;
    return atomic_load(&thread_recording);
}

bool recording_end_for_good(void)
{
    if (!thread_is_paused() || thread_local_state.vfork_parent)
        return false;
    atomic_store(&thread_paused_for_good, true);
    return true;
}

void recording_may_go_on(void)
{
    atomic_store(&thread_paused_for_good, false);
}
