/* SPDX-License-Identifier: MIT
 * Owns: codec calls as they happen: frames, sessions, row sums, their records.
 * Must not know: signatures of codecs, jump slots. */
#ifndef PRELOAD_CODEC_CALL_H
#define PRELOAD_CODEC_CALL_H

#include "preload/record/thread.h"

#define CODEC_FAMILIES  16
#define CODEC_INSTANCES 4 /* copies of one library in a process that can be told apart */

/* A row of codecs.def. */
struct codec_row {
    uint8_t family; /* enum trace_codec */
    uint8_t role;   /* enum trace_role */
    uint16_t hook;  /* hook_name() knows its name */
};
/* Macros that codecs.def does not find expand to CODEC. */
enum {
#define CODEC(family, returns, name, parameters, arguments, role, handle, meaning, ...)      CODEC_ROW_##name,
#define CODEC_ROWS(family, returns, name, parameters, arguments, role, handle, meaning, ...) CODEC_ROW_##name,
#include "preload/codecs.def"
    CODEC_ROW_COUNT
};
extern const struct codec_row codec_rows[CODEC_ROW_COUNT];
/* The function that a slot is made to lead to. */
void *codec_wrapper(unsigned row, unsigned instance);
/* The real functions behind the wrapper instances; NULL = free. library: path of the object, for the report. */
struct codec_target {
    void *_Atomic real;
    uintptr_t _Atomic version_function; /* of the same object, see versions.c; 0 = none */
    const char *library;
};
extern struct codec_target codec_targets[CODEC_ROW_COUNT][CODEC_INSTANCES];
/* By family: a library of it is seen to call its own functions. */
extern bool _Atomic codec_own_calls[CODEC_FAMILIES];

/* ---- versions.c ---- */
#define CODEC_VERSION_MAJOR 1000000u /* 1.2.3 is 1002003 */
#define CODEC_VERSION_MINOR 1000u
/* Address of the function that tells the version of a family's library, in a loaded object, or NULL. */
void *codec_version_function(unsigned family, uintptr_t base, const void *dynamic);
/* Version of the library behind a wrapper instance whose function has just returned, or 0. Guard set. */
unsigned codec_version(unsigned row, unsigned instance);

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
/* The same around row calls, which are aggregated. */
struct codec_row_scope {
    struct thread *self;
    const void *handle;
    uint64_t cycles, io_ns;
    unsigned frame;
    uint16_t row;
    bool timed;
};
void codec_row_enter(struct codec_row_scope *scope, unsigned row, unsigned instance, const void *handle,
                     uintptr_t address);
void codec_row_leave(struct codec_row_scope *scope, uint64_t buffer);
/* A call that is only seen to begin: enters our code and gives its session in *session; codec_noted leaves. False: not
 * recorded. handle NULL: it belongs to the session of the call that it is made in. */
bool codec_note(struct codec_scope *scope, unsigned row, unsigned instance, const void *handle, uint32_t *session);
void codec_noted(struct codec_scope *scope);
/* ---- sessions.c; guard set ---- */
uint32_t codec_session_new(void);
/* Number of a session that is open, or of the one just finished; 0 when there is none. */
uint32_t codec_session_known(unsigned family, const void *handle);
/* Session of a handle in a family, made when it is new. */
uint32_t codec_session(unsigned family, const void *handle);
/* The session's image is complete: the handle's next use begins a new one. Where the handle is of another session by
 * now, since the library has released it and given it out again on another thread, nothing happens. */
void codec_session_finish(unsigned family, const void *handle, uint32_t number);
/* The handle is gone; the same holds. */
void codec_session_forget(unsigned family, const void *handle, uint32_t number);
/* All handles that stand for the session are gone. */
void codec_session_close(uint32_t number);
/* From now on the handle stands for the session of `of`, which is made when it is new. */
void codec_session_also(unsigned family, const void *handle, const void *of);
/* From now on the handle, which the call has just made, stands for the session of this number. */
void codec_session_name(unsigned family, const void *handle, uint32_t number);
/* What calls said of a handle and later ones need, by places of the family's own. It lasts until the handle is
 * released, over all its images; 0 = never noted. */
#define CODEC_NOTES 6
void codec_handle_note(unsigned family, const void *handle, unsigned place, uint64_t value);
uint64_t codec_handle_noted(unsigned family, const void *handle, unsigned place);

/* ---- left.c: when the thread's frames ended, which turn out to have been left. Guard set. ---- */
uint64_t codec_left_ns(struct thread *self);
/* ---- call.c ---- */
/* Writes the row sums that wait. Guard set. */
void codec_call_flush(struct thread *self);
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
void codec_sessions_reset_after_fork(void);
/* Where a stretch of the recording begins: no handle is known. */
void codec_sessions_begin_anew(void);

#endif
