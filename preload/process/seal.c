/* SPDX-License-Identifier: MIT
 * Owns: the end of the recording in a program that forbids itself system calls. Must not know: filters. */
#include "preload/process/seal.h"

#include <errno.h>

#include "preload/state/thread_state.h"
#include "preload/process/end.h"
#include "preload/process/recording.h"
#include "preload/record/packet.h"
#include "preload/samples/sample.h"
#include "preload/guard/thread.h"

bool process_seal(void)
{
    if (!thread_may_record())
        return recording_end_for_good();
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        sample_now(self, SAMPLE_ANYWHERE);
        process_save(self);
        /* The packet stays mapped: a store into its header is no system call. */
        if (self->packet.on_disk)
            atomic_store(&thread_sealed, packet_losses(self));
        atomic_store(&thread_recording, false);
        thread_shut_all(self); /* what another thread is about may take calls that are about to be forbidden */
        thread_leave();
    }
    errno = saved;
    return self != NULL;
}

void process_sealed(void)
{
    struct thread *self = thread_local_state.self;
    if (!self || thread_local_state.guard)
        return;
    thread_local_state.guard = (uintptr_t)__builtin_frame_address(0); /* nobody enters the usual way any more */
    struct trace_notice notice = {.what = trace_note_SECCOMP};
    if (self->packet.base &&
        self->packet.on_disk) /* where there is room for a last record; at the time of the record before it */
        packet_put(self, TRACE_KIND_notice, 0, &notice);
    thread_leave();
}

void process_unseal(void)
{
    atomic_store(&thread_sealed, NULL);
    atomic_store(&thread_shut, false);
    atomic_store(&thread_recording, !atomic_load(&thread_paused));
    recording_may_go_on();
}
