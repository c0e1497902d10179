/* SPDX-License-Identifier: MIT
 * Owns: what goes to the kernel when all FILEs are flushed at once. Must not know: signatures of libc, codecs. */
#include "preload/files/files_flush.h"
#include "preload/base/hook.h"
#include "preload/files/description.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/files/files.h"
#include "preload/files/files_heads.h"

void files_before_flush_all(struct thread *self)
{
    struct description *description;
    for (int fd = 0; (description = files_next(&fd)); fd++) {
        if (!description->stream)
            continue;
        const char *front = NULL;
        description->flush_pending = files_pending(description, fd, &front);
        if (!description->written)
            files_head_pending(self, description, front, description->flush_pending);
    }
}

/* The part of it that this file has; false when nothing of it was waiting. */
static bool put_flushed(struct thread *self, struct description *description, int fd, uint64_t start_ns, enum hook hook)
{
    const char *front = NULL;
    uint64_t pending = files_pending(description, fd, &front), before = description->flush_pending;
    description->flush_pending = 0;
    if (pending >= before)
        return false;
    uint64_t now_ns = thread_now_ns(), calls = description->stdio_calls;
    struct trace_io record = {
        .duration_ns = now_ns - start_ns,
        .bytes = description->stdio_bytes,
        .kernel_bytes = before - pending,
        .offset = TRACE_UNKNOWN,
        .file = description->number,
        .session = codec_call_session(self),
        .hook = (uint16_t)hook,
        .calls = (uint16_t)(calls + 1),
        .op = trace_io_op_FLUSH,
        .layer = trace_io_layer_STDIO,
    };
    files_take_stdio(self, description, calls, record.bytes);
    description->written = true;
    description->buffered_after = (int64_t)pending;
    files_io(self, &record, now_ns, hook);
    return true;
}

void files_flushed_all(struct thread *self, uint64_t start_ns, enum hook hook)
{
    struct description *description;
    for (int fd = 0; (description = files_next(&fd)); fd++)
        if (description->flush_pending && put_flushed(self, description, fd, start_ns, hook))
            start_ns = thread_now_ns(); /* the first of them is charged with the time of the call */
}
