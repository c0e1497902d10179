/* SPDX-License-Identifier: MIT
 * Owns: what those above do when something happens below (preload/state/events.h). Must not know: how. */
#include "preload/state/thread_state.h"
#include "preload/state/events.h"

#include "preload/memory/heap.h"
#include "preload/process/process.h"
#include "preload/process/recording.h"
#include "preload/samples/sample.h"

void event_forked(void)
{
    process_forked();
}

void event_thread_attached(struct thread *self)
{
    heap_thread_begin(self);
}

void event_first_hook(void)
{
    recording_join(); /* it may have been stopped before this process had anything to say */
}

void event_first_record(struct thread *self)
{
    process_tell(self);
}

bool event_wish_changed(void)
{
    return recording_follow();
}

void event_packet_changed(struct thread *self)
{
    sample_maybe(self, SAMPLE_ANYWHERE);
}
