/* SPDX-License-Identifier: MIT
 * Owns: the records of stdio calls that reach the kernel. Must not know: signatures of libc, packets' shape. */
#include "preload/hooks_io/stdio_call.h"

#include <errno.h>
#include <string.h>

#include "preload/record/packet_cpu.h"
#include "preload/files/boundary.h"
#include "preload/base/hook.h"
#include "preload/files/description.h"
#include "preload/files/files.h"
#include "preload/files/files_heads.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/base/foreign.h"
#include "preload/files/heads.h"
#include "preload/base/settings.h"

/* Start of a call that may reach the kernel. */
static uint64_t start_of(uint64_t bytes)
{
    uint64_t start_ns = thread_now_ns();
    return bytes >= FILES_LARGE_BYTES ? files_boundary_outside(start_ns) : start_ns;
}

/* A call that reached the kernel: its record takes the buffered calls before it along. */
static void put(struct thread *self, struct description *description, enum trace_io_op op, enum hook hook,
                const void *buffer, uint64_t bytes, uint64_t kernel_bytes, int error, uint64_t start_ns)
{
    uint64_t cpu_ns = start_ns && bytes >= FILES_LARGE_BYTES ? files_cpu_after(self) : TRACE_UNKNOWN;
    uint64_t end_ns = thread_now_ns(), calls = description->stdio_calls + 1;
    struct trace_io record = {
        .duration_ns = start_ns ? end_ns - start_ns : 0,
        .bytes = bytes + description->stdio_bytes,
        .kernel_bytes = kernel_bytes,
        .offset = TRACE_UNKNOWN,
        .buffer = (uintptr_t)buffer,
        .file = description->number,
        .session = codec_call_session(self),
        .hook = (uint16_t)hook,
        .error = (uint16_t)error,
        .calls = (uint16_t)(calls > UINT16_MAX ? UINT16_MAX : calls),
        .op = (uint8_t)op,
        .layer = trace_io_layer_STDIO,
    };
    files_take_stdio(self, description, calls - 1, record.bytes - bytes);
    files_io(self, &record, end_ns, hook);
    packet_put_cpu_at(self, cpu_ns, end_ns);
}

/* ---- reading ---- */

struct stdio_read stdio_read_begin(FILE *stream, uint64_t most)
{
    return (struct stdio_read){
        .available = stdio_available(stream),
        .at = stream->_IO_read_ptr,
        .end = stream->_IO_read_end,
        .wanted = most,
        .start_ns = start_of(most),
    };
}

/* What the call took, where its result does not tell: from the buffer, which was filled once if it changed. */
static uint64_t consumed_of(const struct stdio_read *read, const FILE *stream, uint64_t *kernel)
{
    bool same = stream->_IO_read_end == read->end && stream->_IO_read_ptr >= read->at;
    *kernel = same ? 0 : stdio_span(stream->_IO_read_base, stream->_IO_read_end);
    return same ? stdio_span(read->at, stream->_IO_read_ptr)
                : read->available + stdio_span(stream->_IO_read_base, stream->_IO_read_ptr);
}

/* Taken by inlined macros since the buffer was filled. */
static uint64_t unseen_reads(const struct description *description, uint64_t available)
{
    int64_t expected = description->buffered_after - (int64_t)description->stdio_bytes;
    return description->buffered_after > 0 && expected > (int64_t)available ? (uint64_t)expected - available : 0;
}

static uint64_t unseen_writes(const struct description *description, uint64_t pending)
{
    int64_t expected = description->buffered_after + (int64_t)description->stdio_bytes;
    return description->buffered_after >= 0 && (int64_t)pending > expected ? pending - (uint64_t)expected : 0;
}

uint64_t stdio_unseen(const struct description *description, const FILE *stream)
{
    return stdio_pending(stream) ? unseen_writes(description, stdio_pending(stream))
                                 : unseen_reads(description, stdio_available(stream));
}

void stdio_read_end(const struct stdio_read *read, FILE *stream, uint64_t consumed, const void *buffer, enum hook hook)
{
    uint64_t after = stdio_available(stream), kernel;
    if (consumed == TRACE_UNKNOWN)
        consumed = consumed_of(read, stream, &kernel);
    else
        kernel = consumed + after >= read->available ? consumed + after - read->available : after;
    if (kernel == 0 && stdio_count_read(stream, consumed))
        return;
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        struct description *description = files_of(self, stream->_fileno);
        if (description) {
            uint64_t unseen = unseen_reads(description, read->available);
            description->stream = stream;
            put(self, description, trace_io_op_READ, hook, consumed ? buffer : NULL, consumed + unseen, kernel, 0,
                read->start_ns);
            if (kernel)
                description->buffered_after = (int64_t)after;
            /* The buffer still holds the front when an inlined getc took the first bytes. */
            uint64_t held = stdio_span(stream->_IO_read_base, stream->_IO_read_end);
            bool front = !buffer || heads_look_like_image(stream->_IO_read_base, held) || consumed < 16;
            files_head_in(self, description, stream->_fileno, front ? stream->_IO_read_base : buffer,
                          front ? held : consumed);
        }
        thread_leave();
    }
    errno = saved;
}

/* ---- writing ---- */

void stdio_look_at_front(struct thread *self, const FILE *stream)
{
    struct description *description = files_of(self, stream->_fileno);
    uint64_t held = stdio_pending(stream);
    if (description && held && !description->written && !description->head_out)
        files_head_out(self, description, stream->_IO_write_base, held);
}

void stdio_write_begin(struct stdio_write *write, FILE *stream, uint64_t most)
{
    write->held = 0;
    write->pending = stdio_pending(stream);
    write->wanted = most;
    const struct description *description = files_peek(stream->_fileno);
    if (!description || (!description->head_out && !description->written)) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            if (write->pending >= STDIO_FRONT_BYTES) {
                stdio_look_at_front(self, stream);
            } else {
                memcpy(write->front, stream->_IO_write_base, write->pending);
                write->held = (unsigned)write->pending;
            }
            thread_leave();
        }
        errno = saved;
    }
    write->start_ns = start_of(most);
}

/* The file's first bytes, as far as they are known: from the buffer, then from the call. */
static void head_of(struct thread *self, struct description *description, const struct stdio_write *write,
                    const void *buffer, uint64_t bytes)
{
    uint64_t more = !buffer ? 0 : bytes < settings.head_bytes ? bytes : settings.head_bytes;
    memcpy(self->scratch, write->front, write->held);
    if (more && description->device && !foreign_read(buffer, self->scratch + write->held, more))
        more = 0; /* it took them without a look at them */
    else if (more && !description->device)
        memcpy(self->scratch + write->held, buffer, more);
    files_head_out(self, description, self->scratch, write->held + more);
}

void stdio_write_end(const struct stdio_write *write, FILE *stream, uint64_t given, const void *buffer, bool failed,
                     enum trace_io_op op, enum hook hook)
{
    int saved = errno;
    uint64_t after = stdio_pending(stream);
    uint64_t kernel = given + write->pending >= after ? given + write->pending - after : 0;
    if (kernel == 0 && stdio_count_write(stream, given))
        return;
    struct thread *self = thread_enter();
    if (self) {
        struct description *description = files_of(self, stream->_fileno);
        if (description) {
            uint64_t unseen = unseen_writes(description, write->pending);
            description->stream = stream;
            if (kernel || failed || op == trace_io_op_FLUSH)
                put(self, description, op, hook, given ? buffer : NULL, given + unseen, kernel, failed ? saved : 0,
                    write->start_ns);
            else
                (void)stdio_count(description, given);
            if (kernel)
                description->buffered_after = (int64_t)after;
            if (kernel && !description->head_out && !description->written)
                head_of(self, description, write, buffer, given);
            description->written = description->written || kernel > 0;
        }
        thread_leave();
    }
    errno = saved;
}

/* ---- positions ---- */

struct stdio_position stdio_position_before(const FILE *stream)
{
    /* The file's first bytes may leave the buffer by the move. */
    const struct description *description = stdio_pending(stream) ? files_peek(stream->_fileno) : NULL;
    if (description && !description->written && !description->head_out) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            stdio_look_at_front(self, stream);
            thread_leave();
        }
        errno = saved;
    }
    return (struct stdio_position){
        .pending = stdio_pending(stream),
        .available = stdio_available(stream),
        .end = stream->_IO_read_end,
        .offset = stream->_offset,
        .start_ns = thread_now_ns(),
    };
}

/* What inlined macros moved before it, and what the buffer holds after it: a move inside the buffer takes nothing. */
static void count_unseen(struct description *description, const struct stdio_position *before)
{
    uint64_t unseen =
        before->pending ? unseen_writes(description, before->pending) : unseen_reads(description, before->available);
    process_add_plain(&description->stdio_bytes, (int64_t)unseen);
}

static void begin_anew(struct description *description, const FILE *stream)
{
    int64_t pending = (int64_t)stdio_pending(stream), counted = (int64_t)description->stdio_bytes;
    description->buffered_after = pending ? pending - counted : (int64_t)stdio_available(stream) + counted;
}

/* glibc writes what is pending, and when the new position lies outside the buffer it reads the block around it. */
void stdio_moved(const struct stdio_position *before, FILE *stream, bool failed, enum hook hook)
{
    uint64_t pending = stdio_pending(stream);
    uint64_t written = before->pending > pending ? before->pending - pending : 0;
    bool filled = stream->_offset != before->offset || stream->_IO_read_end != before->end;
    uint64_t read = filled ? stdio_span(stream->_IO_read_base, stream->_IO_read_end) : 0;
    struct description *known = files_peek(stream->_fileno);
    if (known)
        count_unseen(known, before);
    if (!written && !filled && known && stdio_count_read(stream, 0)) {
        begin_anew(known, stream);
        return;
    }
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        struct description *description = files_of(self, stream->_fileno);
        if (description) {
            description->stream = stream;
            if (written) {
                put(self, description, trace_io_op_FLUSH, hook, NULL, 0, written, 0, 0);
                description->written = true;
            }
            put(self, description, trace_io_op_SEEK, hook, NULL, 0, read, failed ? saved : 0, before->start_ns);
            begin_anew(description, stream);
        }
        thread_leave();
    }
    errno = saved;
}
