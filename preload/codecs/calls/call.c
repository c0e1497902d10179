/* SPDX-License-Identifier: MIT
 * Owns: codec calls as they happen: their frames and records.
 * Must not know: signatures of codecs, jump slots.
 *
 * A frame whose stack address is not above the current one was left by longjmp: it is closed when the next call comes
 * by. Thread CPU is read where outermost calls begin and end, never per row; the row sums that wait are written before
 * each reading, so that between two readings the trace holds all there was. The two readings (0.6 us each) lie inside
 * the recorded duration: see packet_put_cpu. */
#include "preload/codecs/calls/call.h"

#include <errno.h>

#include "preload/record/packet_cpu.h"
#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/codecs/calls/frames.h"
#include "preload/codecs/calls/rows.h"
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/calls/targets.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"
#include "preload/samples/sample.h"

struct codec_target codec_targets[CODEC_ROW_COUNT][CODEC_INSTANCES];
bool _Atomic codec_own_calls[CODEC_FAMILIES];

static bool reads_cpu(unsigned role)
{
    return role != trace_role_SETUP && role != trace_role_DESTROY;
}

bool codec_is_worth_it(const struct thread *self, unsigned row)
{
    return codec_rows[row].family != trace_codec_ZLIB || (!self->frame_count && packet_on_disk());
}

void codec_place_frame(const struct thread *self, uint8_t *depth, bool *inside)
{
    const struct codec_frame *top = self->frame_count ? &self->frames[self->frame_count - 1] : NULL;
    *depth = top ? (uint8_t)(top->depth + (top->role != trace_role_PIPELINE)) : 0;
    *inside = top && (top->inside || top->role == trace_role_PIPELINE);
}

void codec_count_inner(struct thread *self, uint64_t duration_ns, uint64_t io_ns)
{
    self->inner_ns += duration_ns > io_ns ? duration_ns - io_ns : 0;
}

static void put_call(struct thread *self, const struct codec_frame *frame, uint64_t end_ns, enum trace_outcome outcome,
                     const struct codec_buffers *buffers)
{
    const struct codec_row *row = &codec_rows[frame->row];
    if (frame->role == trace_role_PIPELINE)
        codec_call_flush(self); /* what went on inside comes before it, and off its own time */
    struct trace_codec_call record = {
        .duration_ns = end_ns - frame->start_ns,
        .io_ns = self->io_ns - frame->io_ns_before,
        .inner_ns = frame->role == trace_role_PIPELINE ? self->inner_ns - frame->inner_ns_before : 0,
        .handle = (uintptr_t)frame->handle,
        .session = frame->session,
        .hook = row->hook,
        .depth = frame->depth,
        .role = frame->role,
        .codec = row->family,
        .outcome = (uint8_t)outcome,
        .inside = frame->inside,
    };
    if (frame->inside && !frame->depth && frame->role != trace_role_PIPELINE)
        codec_count_inner(self, record.duration_ns, record.io_ns);
    if (buffers) {
        record.source = buffers->source;
        record.source_bytes = buffers->source_bytes;
        record.target = buffers->target;
        record.target_bytes = buffers->target_bytes;
    }
    packet_put(self, TRACE_KIND_codec_call, end_ns, &record);
}

void codec_close_left(struct thread *self, uintptr_t address)
{
    if (likely(!self->frame_count || self->frames[self->frame_count - 1].address > address))
        return;
    uint64_t end_ns = codec_left_ns(self);
    self->frames_left_ns = 0;
    while (self->frame_count && self->frames[self->frame_count - 1].address <= address) {
        const struct codec_frame *frame = &self->frames[self->frame_count - 1];
        if (frame->start_ns)
            put_call(self, frame, end_ns > frame->start_ns ? end_ns : frame->start_ns, trace_outcome_UNWOUND, NULL);
        if (frame->role == trace_role_PIPELINE) /* its options are gone whether it saved or threw */
            codec_session_finish(codec_rows[frame->row].family, frame->handle, frame->session);
        self->frame_count--;
    }
    if (!self->frame_count && self->in_flight_hook >= HOOK_codec_base)
        packet_set_in_flight(self, 0, 0);
}

void codec_call_leave_all(struct thread *self)
{
    codec_close_left(self, UINTPTR_MAX);
    codec_call_flush(self);
}

void codec_enter(struct codec_scope *scope, unsigned row, unsigned instance, const void *handle, uintptr_t address,
                 unsigned role)
{
    scope->self = NULL;
    if (!role || !thread_may_record())
        return;
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    codec_close_left(self, address);
    const struct codec_frame *top = self->frame_count ? &self->frames[self->frame_count - 1] : NULL;
    /* A slot that led to a stub that led to a slot: the call is already being recorded. */
    bool twice = top && handle && top->row == row && top->handle == handle;
    if (!twice && self->frame_count < THREAD_FRAMES && codec_is_worth_it(self, row)) {
        const struct codec_row *info = &codec_rows[row];
        if (reads_cpu(role)) /* who only prepares may do so to print its version */
            packet_need_disk(self);
        define_hook(self, info->hook, info->family, info->role, codec_targets[row][instance].library);
        bool outermost = self->frame_count == 0;
        uint32_t session = !handle                      ? codec_session_new()
                           : role == trace_role_DESTROY ? codec_session_known(info->family, handle)
                                                        : codec_session(info->family, handle);
        uint64_t start_ns = 0;
        scope->reads_cpu = outermost && reads_cpu(role);
        if (scope->reads_cpu) {
            codec_call_flush(self);
            start_ns = packet_put_cpu(self);
        }
        if (outermost)
            self->frames_cpu_ns = scope->reads_cpu ? self->cpu_ns : TRACE_UNKNOWN;
        scope->self = self;
        scope->frame = self->frame_count;
        scope->session = session;
        struct codec_frame frame = {
            .address = address,
            .handle = handle,
            .io_ns_before = self->io_ns,
            .inner_ns_before = self->inner_ns,
            .session = session,
            .row = (uint16_t)row,
            .instance = (uint8_t)instance,
            .role = (uint8_t)role,
            .outermost = outermost,
            .start_ns = start_ns ? start_ns : thread_now_ns(),
        };
        codec_place_frame(self, &frame.depth, &frame.inside);
        self->frames[self->frame_count++] = frame;
        if (outermost)
            packet_set_in_flight(self, info->hook, frame.start_ns);
    }
    thread_leave();
    errno = saved;
}

bool codec_begins(struct codec_scope *scope)
{
    if (!scope->self)
        return false;
    scope->saved_errno = errno;
    struct thread *self = thread_enter();
    if (self && self != scope->self)
        thread_leave();
    return self && self == scope->self;
}

void codec_begun(struct codec_scope *scope)
{
    thread_leave();
    errno = scope->saved_errno;
}

void codec_announce(uint32_t session, uintptr_t source)
{
    struct thread *self = thread_local_state.self;
    if (!self->frame_count)
        return;
    const struct codec_frame *frame = &self->frames[self->frame_count - 1];
    const struct codec_row *row = &codec_rows[frame->row];
    struct trace_codec_call record = {
        .handle = (uintptr_t)frame->handle,
        .source = source,
        .source_bytes = source != 0,
        .session = session,
        .hook = row->hook,
        .depth = frame->depth,
        .role = trace_role_SETUP,
        .codec = row->family,
        .outcome = trace_outcome_DONE,
        .inside = frame->inside,
    };
    packet_put(self, TRACE_KIND_codec_call, thread_now_ns(), &record);
}

bool codec_note(struct codec_scope *scope, unsigned row, unsigned instance, const void *handle, uint32_t *session)
{
    scope->self = NULL;
    if (!thread_may_record())
        return false;
    scope->saved_errno = errno;
    struct thread *self = thread_enter();
    if (!self)
        return false;
    const struct codec_row *info = &codec_rows[row];
    if (reads_cpu(info->role))
        packet_need_disk(self);
    define_hook(self, info->hook, info->family, info->role, codec_targets[row][instance].library);
    *session = handle ? codec_session(info->family, handle) : codec_call_session(self);
    scope->self = self;
    return true;
}

void codec_noted(struct codec_scope *scope)
{
    thread_leave();
    errno = scope->saved_errno;
}

bool codec_return(struct codec_scope *scope)
{
    if (!scope->self)
        return false;
    scope->saved_errno = errno;
    struct thread *self = thread_enter_again(); /* first: the call may have forbidden all system calls */
    if (self) {
        scope->cpu_ns = scope->reads_cpu ? thread_cpu_ns(self) : TRACE_UNKNOWN;
        scope->end_ns = thread_now_ns();
    }
    if (self && self == scope->self && scope->frame < self->frame_count)
        return true;
    if (self) /* the frame is gone already; otherwise the guard belongs to code of ours that a signal interrupted */
        thread_leave();
    scope->self = NULL;
    return false;
}

void codec_put(struct codec_scope *scope, bool done, const struct codec_buffers *buffers)
{
    struct thread *self = scope->self;
    while (self->frame_count > scope->frame + 1) /* inner calls that were left by longjmp */
        self->frame_count--;
    put_call(self, &self->frames[scope->frame], scope->end_ns, done ? trace_outcome_DONE : trace_outcome_FAILED,
             buffers);
    packet_put_cpu_at(self, scope->cpu_ns, scope->end_ns);
}

void codec_end(struct codec_scope *scope)
{
    struct thread *self = scope->self;
    const struct codec_frame frame = self->frames[scope->frame];
    self->frame_count = scope->frame;
    self->frames_left_ns = 0;
    if (frame.role == trace_role_DESTROY && frame.handle)
        codec_session_forget(codec_rows[frame.row].family, frame.handle, frame.session);
    if (frame.outermost) {
        packet_set_in_flight(self, 0, 0);
        if (scope->reads_cpu)
            sample_maybe(self, SAMPLE_BETWEEN_CALLS);
    }
    scope->self = NULL;
    thread_leave();
    errno = scope->saved_errno;
}
