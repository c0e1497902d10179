/* SPDX-License-Identifier: MIT
 * Owns: codec calls as they happen: their frames and records.
 * Must not know: signatures of codecs, jump slots. */
#ifndef PRELOAD_CODEC_CALL_H
#define PRELOAD_CODEC_CALL_H

#include "preload/base/system.h"
#include "preload/state/thread_state.h"

struct codec_frame;

/* What one wrapper call keeps on its stack. */
struct codec_scope {
    struct thread *self; /* NULL: pass through */
    unsigned frame;      /* index of its frame */
    uint32_t session;
    uint64_t end_ns, cpu_ns;
    int saved_errno;
    bool reads_cpu;
};
struct codec_buffers {
    uint64_t source, source_bytes, target, target_bytes;
};

/* Before the real call. handle NULL: the call is a session of its own. role: the row's, or what this call turned out to
 * do; 0 = nothing that is recorded. */
void codec_enter(struct codec_scope *scope, unsigned row, unsigned instance, const void *handle, uintptr_t address,
                 unsigned role);
/* Still before the real call: enters our code (guard set) so that settings may be revealed; codec_begun leaves. */
bool codec_begins(struct codec_scope *scope);
void codec_begun(struct codec_scope *scope);
/* Between the two: says at once what the call is about to work on, so that what happens inside it has an owner. */
void codec_announce(uint32_t session, uintptr_t source);
/* After it: enters our code (guard set). When it returns true, codec_put writes the record, settings may be revealed,
 * and codec_end leaves. */
bool codec_return(struct codec_scope *scope);
void codec_put(struct codec_scope *scope, bool done, const struct codec_buffers *buffers);
void codec_end(struct codec_scope *scope);
/* A call that is only seen to begin: enters our code and gives its session in *session; codec_noted leaves. False: not
 * recorded. handle NULL: it belongs to the session of the call that it is made in. */
bool codec_note(struct codec_scope *scope, unsigned row, unsigned instance, const void *handle, uint32_t *session);
void codec_noted(struct codec_scope *scope);
/* The program ends inside its codec calls, if it is in any. Guard set. */
void codec_call_leave_all(struct thread *self);
/* Session of the innermost codec call of the thread, or 0. A frame below the caller's was left by longjmp: not after
 * the thread's last record. */
static inline uint32_t codec_call_session(struct thread *self)
{
    const struct codec_frame *top = self->frame_count ? &self->frames[self->frame_count - 1] : NULL;
    if (top && top->address > (uintptr_t)__builtin_frame_address(0))
        return top->session;
    if (unlikely(top && !self->frames_left_ns))
        self->frames_left_ns = self->packet.last_ns;
    return 0;
}

#endif
