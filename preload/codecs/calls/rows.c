/* SPDX-License-Identifier: MIT
 * Owns: calls per row or strip: their sums per session, and the records of these.
 * Must not know: signatures of codecs, jump slots. */
#include "preload/codecs/calls/rows.h"

#include <errno.h>

#include "preload/base/system.h"
#include "preload/codecs/calls/frames.h"
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/calls/targets.h"
#include "preload/facts/facts.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"

/* Where reading the cycles is reading the clock, one row of so many is timed. Codecs do the work of 8, 16 or 32 rows in
 * one of their calls: no power of two, or it would always or never be that call. */
enum { SAMPLED_EACH = 7 };

static inline uint64_t ticks(void)
{
    return process.cycles_are_time ? arch_cycles() : thread_now_ns();
}

/* The thread's sum for this row and handle, made when there is none. */
static struct row_sum *sum_of(struct thread *self, unsigned row, unsigned instance, const void *handle)
{
    for (unsigned i = 0; i < self->row_count; i++)
        if (self->rows[i].handle == handle && self->rows[i].row == row)
            return &self->rows[i];
    const struct codec_row *info = &codec_rows[row];
    process.cycles_are_time = facts_cycles_are_time();
    packet_need_disk(self);
    define_hook(self, info->hook, info->family, info->role, codec_targets[row][instance].library);
    if (self->row_count == THREAD_ROWS)
        codec_call_flush(self);
    struct row_sum *sum = &self->rows[self->row_count++];
    *sum = (struct row_sum){
        .handle = handle,
        .row = (uint16_t)row,
        .session = codec_session(info->family, handle),
        .first_ns = thread_now_ns(),
        .first_cycles = ticks(),
    };
    codec_place_frame(self, &sum->depth, &sum->inside);
    return sum;
}

/* The sum of the row call before this one, if this one counts in it, too, and nothing else is to be done. */
static inline struct row_sum *same_again(struct thread *self, unsigned row, const void *handle)
{
    struct row_sum *sum = &self->rows[self->row_latest];
    bool same = self->row_latest < self->row_count && sum->handle == handle && sum->row == row;
    return likely(same) ? sum : NULL;
}

/* The same for any call, and what else its beginning brings. NULL: it is not recorded. */
static __attribute__((noinline)) struct row_sum *begin(struct thread *self, unsigned row, unsigned instance,
                                                       const void *handle, uintptr_t address)
{
    int saved = errno;
    struct row_sum *sum = NULL;
    codec_close_left(self, address);
    if (self->frame_count < THREAD_FRAMES && codec_is_worth_it(self, row)) {
        sum = sum_of(self, row, instance, handle);
        self->row_latest = (unsigned)(sum - self->rows);
        if (!self->frame_count && self->in_flight_hook != codec_rows[row].hook)
            packet_set_in_flight(self, codec_rows[row].hook, sum->first_ns);
    }
    errno = saved;
    return sum;
}

void codec_row_enter(struct codec_row_scope *scope, unsigned row, unsigned instance, const void *handle,
                     uintptr_t address)
{
    scope->self = NULL;
    if (!thread_may_record())
        return;
    struct thread *self = thread_enter();
    if (!self)
        return;
    struct row_sum *sum =
        self->frame_count || self->in_flight_hook != codec_rows[row].hook ? NULL : same_again(self, row, handle);
    if (sum || (sum = begin(self, row, instance, handle, address))) {
        scope->self = self;
        scope->row = (uint16_t)row;
        scope->handle = handle;
        scope->frame = self->frame_count;
        scope->io_ns = self->io_ns;
        scope->timed = process.cycles_are_time || sum->calls % SAMPLED_EACH == 0;
        struct codec_frame *frame = &self->frames[self->frame_count++];
        frame->address = address;
        frame->handle = handle;
        frame->session = sum->session;
        frame->row = (uint16_t)row;
        frame->role = codec_rows[row].role;
        frame->depth = sum->depth;
        frame->inside = sum->inside;
        frame->start_ns = 0; /* marks a row: it has no record of its own */
        if (scope->frame == 0)
            self->frames_cpu_ns = TRACE_UNKNOWN;
        scope->cycles = scope->timed ? ticks() : 0;
    }
    thread_leave();
}

static __attribute__((noinline)) struct row_sum *found_again(struct thread *self, const struct codec_row_scope *scope)
{
    int saved = errno;
    struct row_sum *sum = sum_of(self, scope->row, 0, scope->handle);
    errno = saved;
    return sum;
}

void codec_row_leave(struct codec_row_scope *scope, uint64_t buffer)
{
    if (!scope->self)
        return;
    struct thread *self = thread_enter_again();
    uint64_t now = self && scope->timed ? ticks() : 0;
    if (self && self == scope->self && scope->frame < self->frame_count) {
        self->frame_count = scope->frame;
        self->frames_left_ns = 0;
        /* Found again, not remembered: I/O inside the call may have written the sums. */
        struct row_sum *sum = same_again(self, scope->row, scope->handle);
        if (unlikely(!sum))
            sum = found_again(self, scope);
        sum->calls++;
        uint64_t io_ns = self->io_ns - scope->io_ns;
        if (scope->timed) {
            sum->timed++;
            /* I/O in it is known of every call: it is no part of what is extrapolated. */
            sum->cycles += now - scope->cycles - (process.cycles_are_time ? 0 : io_ns);
            sum->last_cycles = now;
            if (scope->cycles < sum->first_cycles)
                sum->first_cycles = scope->cycles;
        }
        sum->io_ns += io_ns;
        if (!sum->buffer)
            sum->buffer = buffer;
    }
    if (self)
        thread_leave();
    scope->self = NULL;
}

/* value * part / whole. Not in floating point: a division there raises flags, or a signal where the program asked for
 * one. */
static uint64_t share(uint64_t value, uint64_t part, uint64_t whole)
{
    return whole ? (uint64_t)((__extension__(unsigned __int128) value) * part / whole) : value;
}

/* Calls of one thread follow each other: what was extrapolated cannot be longer than the time they lie in. */
static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void codec_call_flush(struct thread *self)
{
    if (likely(!self->row_count))
        return;
    enum { SHORT_NS = 20000 };
    uint64_t now_ns = thread_now_ns(), now = ticks(), span_ns = 1, span_cycles = 1;
    if (process.cycles_are_time) {
        /* Scaled over the sum's own span; a very short one, in which the clocks' steps matter, by the thread's
         * bearings, or where it has none yet it is stretched. */
        while (now_ns - self->rows[0].first_ns < SHORT_NS && !self->clock.span) {
            now_ns = thread_now_ns();
            now = ticks();
        }
        bool is_short = now_ns - self->rows[0].first_ns < SHORT_NS;
        span_ns = is_short ? self->clock.scale : now_ns - self->rows[0].first_ns;
        span_cycles = is_short ? UINT64_C(1) << 32 : now - self->rows[0].first_cycles;
    }
    unsigned count = self->row_count;
    self->row_count = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct row_sum *sum = &self->rows[i];
        const struct codec_row *row = &codec_rows[sum->row];
        uint64_t duration = share(sum->cycles, span_ns, span_cycles);
        if (!process.cycles_are_time) {
            duration = sum->timed ? share(duration, sum->calls, sum->timed) : duration;
            duration = least(duration + sum->io_ns, now_ns - sum->first_ns);
        }
        struct trace_rows record = {
            .duration_ns = duration,
            .io_ns = sum->io_ns,
            .first_ns = sum->first_ns,
            .last_ns = sum->first_ns + share(sum->last_cycles - sum->first_cycles, span_ns, span_cycles),
            .buffer = sum->buffer,
            .calls = sum->calls,
            .session = sum->session,
            .hook = row->hook,
            .depth = sum->depth,
            .role = row->role,
            .codec = row->family,
            .inside = sum->inside,
        };
        if (sum->inside && !sum->depth)
            codec_count_inner(self, record.duration_ns, record.io_ns);
        self->row_calls += sum->calls;
        if (sum->calls)
            packet_put(self, TRACE_KIND_rows, now_ns, &record);
    }
}
