/* SPDX-License-Identifier: MIT
 * Owns: when codec calls ended that longjmp or an exception has left. Must not know: what is recorded of them.
 *
 * That may be noticed long after: a pool's thread waits for its next task. The calls lasted as long as the thread's
 * records came from inside, and worked no longer than its CPU clock says. */
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/frames.h"

#include "preload/state/clock.h"
#include "preload/guard/thread_cpu.h"

uint64_t codec_left_ns(struct thread *self)
{
    uint64_t now_ns = thread_now_ns(), end_ns = self->frames_left_ns ? self->frames_left_ns : self->packet.last_ns;
    if (!self->frames_left_ns && self->frames_cpu_ns == TRACE_UNKNOWN)
        return now_ns;
    uint64_t work_ns = self->frames_left_ns ? 0 : thread_cpu_ns(self) - self->frames_cpu_ns;
    uint64_t worked_ns = self->frames[0].start_ns + work_ns;
    if (end_ns < worked_ns)
        end_ns = worked_ns;
    return end_ns < now_ns ? end_ns : now_ns;
}
