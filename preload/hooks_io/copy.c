/* SPDX-License-Identifier: MIT
 * Owns: wrappers of calls that move bytes between two descriptors, or from memory into a pipe, inside the kernel.
 * Must not know: packets' shape, codecs. */
#include <fcntl.h>
#include <sys/sendfile.h>

#include "preload/base/hook.h"
#include "preload/files/description.h"
#include "preload/files/files.h"
#include "preload/files/files_heads.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/hooks_io/io_call.h"

/* Where the bytes lie in the file. given: an offset of the caller's, which the kernel has moved past them, or NULL. */
static uint64_t place(struct description *description, const off_t *given, uint64_t bytes)
{
    if (given)
        return bytes ? (uint64_t)*given - bytes : TRACE_UNKNOWN;
    return description ? io_call_advance(description, bytes) : TRACE_UNKNOWN;
}

/* A call that moves bytes between two files, or none: one record for each file it touches. */
static void after_copy(int from, const off_t *from_offset, int to, const off_t *to_offset, ssize_t result,
                       uint64_t start_ns, enum trace_io_layer layer, enum hook hook)
{
    if (!start_ns)
        return;
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    uint64_t end_ns = thread_now_ns();
    struct description *source = files_of(self, from), *target = files_of(self, to);
    uint64_t bytes = result > 0 ? (uint64_t)result : 0;
    struct trace_io record = {
        .duration_ns = end_ns - start_ns,
        .bytes = bytes,
        .kernel_bytes = bytes,
        .offset = place(source, from_offset, bytes),
        .file = source ? source->number : 0,
        .session = codec_call_session(self),
        .error = (uint16_t)(result < 0 ? saved : 0),
        .hook = (uint16_t)hook,
        .calls = 1,
        .op = trace_io_op_COPY,
        .layer = (uint8_t)layer,
    };
    files_io(self, &record, end_ns, hook);
    if (source && bytes)
        files_head_in(self, source, from, NULL, 0);
    if (target) {
        record.op = trace_io_op_WRITE;
        record.file = target->number;
        record.offset = place(target, to_offset, bytes);
        record.duration_ns = 0; /* counted with the source */
        target->written = true;
        files_io(self, &record, end_ns, hook);
    }
    thread_leave();
    errno = saved;
}

EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
    uint64_t start_ns = thread_hook_start();
    ssize_t result = REAL(sendfile)(to, from, offset, size);
    after_copy(from, offset, to, NULL, result, start_ns, trace_io_layer_DESCRIPTOR, HOOK_sendfile);
    return result;
}

EXPORT ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags)
{
    uint64_t start_ns = thread_hook_start();
    ssize_t result = REAL(copy_file_range)(from, from_offset, to, to_offset, size, flags);
    after_copy(from, from_offset, to, to_offset, result, start_ns, trace_io_layer_DESCRIPTOR, HOOK_copy_file_range);
    return result;
}

EXPORT ssize_t splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags)
{
    uint64_t start_ns = thread_hook_start();
    ssize_t result = REAL(splice)(from, from_offset, to, to_offset, size, flags);
    after_copy(from, from_offset, to, to_offset, result, start_ns, trace_io_layer_UNCOUNTED, HOOK_splice);
    return result;
}

EXPORT ssize_t tee(int from, int to, size_t size, unsigned flags)
{
    uint64_t start_ns = thread_hook_start();
    ssize_t result = REAL(tee)(from, to, size, flags);
    after_copy(from, NULL, to, NULL, result, start_ns, trace_io_layer_UNCOUNTED, HOOK_tee);
    return result;
}

EXPORT ssize_t vmsplice(int fd, const struct iovec *parts, size_t count, unsigned flags)
{
    uint64_t start_ns = io_call_begin(HOOK_vmsplice, 0);
    ssize_t result = REAL(vmsplice)(fd, parts, count, flags);
    struct vector vector = VECTOR(parts, result > 0 ? (int)count : 0);
    if (start_ns) /* out of a pipe, which it can do too, is rare: both count as written */
        io_call_end(&(struct io_call){trace_io_op_WRITE, trace_io_layer_UNCOUNTED, HOOK_vmsplice, fd, TRACE_UNKNOWN,
                                      start_ns, 0},
                    result, vector);
    return result;
}

#define OWN_copy(name) OWN_NAME(name)
#include "preload/base/own_names.h"
