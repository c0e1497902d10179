/* SPDX-License-Identifier: MIT
 * Owns: reading the thread's CPU clock at the edges of an image's work. Must not know: files. */
#include "preload/files/boundary.h"

#include <errno.h>

#include "preload/guard/thread.h"
#include "preload/record/packet_cpu.h"
#include "preload/codecs/calls/rows.h"
#include "preload/state/clock.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"

uint64_t files_cpu_after(struct thread *self)
{
    return codec_call_session(self) ? TRACE_UNKNOWN : thread_cpu_ns(self);
}

uint64_t files_boundary(struct thread *self)
{
    if (codec_call_session(self))
        return thread_now_ns();
    codec_call_flush(self);
    return packet_put_cpu(self);
}

uint64_t files_boundary_outside(uint64_t start_ns)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        start_ns = files_boundary(self);
        thread_leave();
    }
    errno = saved;
    return start_ns;
}
