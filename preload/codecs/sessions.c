/* SPDX-License-Identifier: MIT
 * Owns: codec sessions: which number a library's handle has at the moment. A handle is an address: the library may use
 * it again for the next image. Must not know: frames, records. */
#include "preload/codecs/call.h"

#define SESSIONS 512 /* open at once; beyond, each call is a session of its own */
static struct session {
    const void *handle;
    uint32_t number;
    uint8_t family;
    bool finished;
} sessions[SESSIONS];
static struct thread_lock sessions_lock;
static _Atomic uint32_t session_numbers;

uint32_t codec_session_new(void)
{
    return atomic_fetch_add(&session_numbers, 1) + 1;
}

/* Entry of a handle, or the place for it, or NULL when the neighbourhood is full. A finished handle gives way: when it
 * comes again it is a new image anyway. Handles that nobody is seen to release would fill the table otherwise. */
static struct session *place_of(unsigned family, const void *handle)
{
    uintptr_t hash = ((uintptr_t)handle >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40;
    struct session *free_place = NULL, *finished = NULL;
    for (unsigned i = 0; i < 16; i++) {
        struct session *s = &sessions[(hash + i) % SESSIONS];
        if (s->handle == handle && s->family == family)
            return s;
        if (!s->handle && !free_place)
            free_place = s;
        if (s->finished && !finished)
            finished = s;
    }
    return free_place ? free_place : finished;
}

uint32_t codec_session(unsigned family, const void *handle)
{
    if (!thread_lock_take(&sessions_lock))
        return codec_session_new();
    struct session *s = place_of(family, handle);
    uint32_t number = 0;
    if (!s) {
        number = codec_session_new();
    } else {
        if (s->handle != handle || s->finished) {
            s->handle = handle;
            s->family = (uint8_t)family;
            s->finished = false;
            s->number = codec_session_new();
        }
        number = s->number;
    }
    thread_lock_give(&sessions_lock);
    return number;
}

uint32_t codec_session_known(unsigned family, const void *handle)
{
    if (!thread_lock_take(&sessions_lock))
        return 0;
    struct session *s = place_of(family, handle);
    uint32_t number = s && s->handle == handle ? s->number : 0;
    thread_lock_give(&sessions_lock);
    return number;
}

void codec_session_finish(unsigned family, const void *handle)
{
    if (!thread_lock_take(&sessions_lock))
        return;
    struct session *s = place_of(family, handle);
    if (s && s->handle == handle)
        s->finished = true;
    thread_lock_give(&sessions_lock);
}

void codec_session_forget(unsigned family, const void *handle)
{
    if (!thread_lock_take(&sessions_lock))
        return;
    struct session *s = place_of(family, handle);
    if (s && s->handle == handle)
        s->handle = NULL;
    thread_lock_give(&sessions_lock);
}

void codec_session_also(unsigned family, const void *handle, const void *of)
{
    uint32_t number = codec_session(family, of);
    if (!handle || !thread_lock_take(&sessions_lock))
        return;
    struct session *s = place_of(family, handle);
    if (s)
        *s = (struct session){.handle = handle, .family = (uint8_t)family, .number = number};
    thread_lock_give(&sessions_lock);
}

void codec_sessions_reset_after_fork(void)
{
    atomic_store(&sessions_lock.holder, 0);
}
