/* SPDX-License-Identifier: MIT
 * Owns: codec sessions: which number a library's handle has at the moment, and what later calls must know of it.
 * Must not know: frames, records. Guard set. */
#ifndef PRELOAD_CODEC_SESSIONS_H
#define PRELOAD_CODEC_SESSIONS_H

#include <stdint.h>

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

/* In a forked child. */
void codec_sessions_reset_after_fork(void);
/* Where a stretch of the recording begins: no handle is known. */
void codec_sessions_begin_anew(void);

#endif
