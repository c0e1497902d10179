/* SPDX-License-Identifier: MIT
 * Owns: the records of transfers between descriptors and memory. Must not know: signatures of libc, packets' shape. */
#include "preload/hooks_io/io_call.h"

#include <errno.h>

#include "preload/record/packet_cpu.h"
#include "preload/files/boundary.h"
#include "preload/base/system.h"
#include "preload/files/description.h"
#include "preload/files/files.h"
#include "preload/files/files_heads.h"
#include "preload/files/streams.h"
#include "preload/record/packet.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"

uint64_t io_call_advance(struct description *description, uint64_t bytes)
{
    int64_t before = atomic_load_explicit(&description->position, memory_order_relaxed);
    if (before < 0)
        return TRACE_UNKNOWN;
    if (process.threaded)
        before = atomic_fetch_add(&description->position, (int64_t)bytes);
    else
        atomic_store_explicit(&description->position, before + (int64_t)bytes, memory_order_relaxed);
    return (uint64_t)before;
}

/* Inherited, and this call is its first use: the position found is the one behind what the call moved. */
static struct description *first_used(struct thread *self, const struct io_call *call, uint64_t bytes)
{
    struct description *description = files_find(self, call->fd);
    if (description && call->offset == TRACE_UNKNOWN && description->position >= (int64_t)bytes)
        description->position -= (int64_t)bytes;
    return description;
}

static void look_for_heads(struct thread *self, struct description *description, const struct io_call *call,
                           struct vector vector, uint64_t offset, uint64_t bytes)
{
    if (call->op == trace_io_op_WRITE)
        description->written = true;
    if (!description->regular && !(description->device && call->op == trace_io_op_WRITE)) {
        streams_moved(self, description, call->op == trace_io_op_READ ? trace_direction_IN : trace_direction_OUT,
                      vector.parts, vector.count, bytes);
        return;
    }
    const struct iovec *first = &vector.parts[0];
    uint64_t there = bytes < first->iov_len ? bytes : first->iov_len;
    if (call->op == trace_io_op_READ)
        files_head_in(self, description, call->fd, first->iov_base, there);
    else if (call->op == trace_io_op_WRITE && offset == 0)
        files_head_out(self, description, first->iov_base, there);
}

void io_call_end(const struct io_call *call, ssize_t result, struct vector vector)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    bool large = call->wanted >= FILES_LARGE_BYTES;
    uint64_t cpu_ns = large ? files_cpu_after(self) : TRACE_UNKNOWN;
    uint64_t end_ns = thread_now_ns();
    uint64_t bytes = result > 0 ? (uint64_t)result : 0;
    struct description *description = files_peek(call->fd);
    if (unlikely(!description))
        description = first_used(self, call, bytes);
    /* libstdc++ writes what its buffer holds, often nothing, and what it was given by one writev. */
    while (bytes && vector.count > 1 && vector.parts[0].iov_len == 0)
        vector = (struct vector){vector.parts + 1, vector.count - 1};
    uint64_t offset =
        call->offset != TRACE_UNKNOWN || !description ? call->offset : io_call_advance(description, bytes);
    struct trace_io record = {
        .duration_ns = end_ns - call->start_ns,
        .bytes = bytes,
        .kernel_bytes = bytes,
        .offset = offset,
        .buffer = bytes && vector.count > 0 ? (uintptr_t)vector.parts[0].iov_base : 0,
        .file = description ? description->number : 0,
        .session = codec_call_session(self),
        .error = (uint16_t)(result < 0 ? saved : 0),
        .hook = (uint16_t)call->hook,
        .calls = 1,
        .op = (uint8_t)call->op,
        .layer = (uint8_t)call->layer,
    };
    files_io(self, &record, end_ns, call->hook);
    if (unlikely(large))
        packet_put_cpu_at(self, cpu_ns, end_ns);
    if (description && bytes && vector.count > 0)
        look_for_heads(self, description, call, vector, offset, bytes);
    if (self->in_flight_hook == call->hook)
        packet_set_in_flight(self, 0, 0);
    thread_leave();
    errno = saved;
}

void io_call_opened(const struct files_opening *opening)
{
    if (!opening->start_ns)
        return;
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        files_opened(self, opening);
        thread_leave();
    }
    errno = saved;
}
