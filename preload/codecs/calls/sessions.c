/* SPDX-License-Identifier: MIT
 * Owns: codec sessions: which number a library's handle has at the moment, and what later calls must know of it. A
 * handle is an address: the library may use it again for the next image. Must not know: frames, records. */
#include "preload/codecs/calls/sessions.h"

#include <string.h>

#include "preload/state/lock.h"

#define SESSIONS 512 /* known at once */
static struct session {
    const void *handle;
    uint32_t number;
    uint8_t family;
    bool finished;
    uint64_t notes[CODEC_NOTES]; /* they stay when the handle's next image begins */
} sessions[SESSIONS];
static struct thread_lock sessions_lock;
static _Atomic uint32_t session_numbers;

uint32_t codec_session_new(void)
{
    return atomic_fetch_add(&session_numbers, 1) + 1;
}

/* False when its holder does not come back (cancelled in the middle of our code). Nothing here leads anywhere: the
 * table may be used as it is left, and the next one does, so that not each call of the program waits in vain. */
static bool lock_sessions(void)
{
    bool taken = thread_lock_take(&sessions_lock);
    if (!taken)
        atomic_store(&sessions_lock.holder, 0);
    return taken;
}

#define NEIGHBOURHOOD 16 /* places that a handle may have */
static struct session *neighbour(const void *handle, unsigned i)
{
    uintptr_t hash = ((uintptr_t)handle >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40;
    return &sessions[(hash + i) % SESSIONS];
}

/* Entry of a handle, or NULL. */
static struct session *find(unsigned family, const void *handle)
{
    for (unsigned i = 0; handle && i < NEIGHBOURHOOD; i++) {
        struct session *s = neighbour(handle, i);
        if (s->handle == handle && s->family == family)
            return s;
    }
    return NULL;
}

/* A place for a new one: free, else finished, else the oldest. Not every library is seen to release its handles. */
static struct session *place_for(const void *handle)
{
    struct session *place = neighbour(handle, 0);
    for (unsigned i = 0; place->handle && i < NEIGHBOURHOOD; i++) {
        struct session *s = neighbour(handle, i);
        if (!s->handle || s->finished > place->finished ||
            (s->finished == place->finished && s->number < place->number))
            place = s;
    }
    return place;
}

uint32_t codec_session(unsigned family, const void *handle)
{
    if (!handle || !lock_sessions())
        return codec_session_new();
    struct session *s = find(family, handle);
    if (!s) {
        s = place_for(handle);
        *s = (struct session){.handle = handle, .family = (uint8_t)family, .finished = true};
    }
    if (s->finished)
        s->number = codec_session_new();
    s->finished = false;
    uint32_t number = s->number;
    thread_lock_give(&sessions_lock);
    return number;
}

uint32_t codec_session_known(unsigned family, const void *handle)
{
    if (!lock_sessions())
        return 0;
    const struct session *s = find(family, handle);
    uint32_t number = s ? s->number : 0;
    thread_lock_give(&sessions_lock);
    return number;
}

void codec_session_finish(unsigned family, const void *handle, uint32_t number)
{
    if (!lock_sessions())
        return;
    struct session *s = find(family, handle);
    if (s && s->number == number)
        s->finished = true;
    thread_lock_give(&sessions_lock);
}

void codec_session_forget(unsigned family, const void *handle, uint32_t number)
{
    if (!lock_sessions())
        return;
    struct session *s = find(family, handle);
    if (s && s->number == number)
        s->handle = NULL;
    thread_lock_give(&sessions_lock);
}

void codec_session_close(uint32_t number)
{
    if (!lock_sessions())
        return;
    for (unsigned i = 0; i < SESSIONS; i++)
        if (sessions[i].handle && sessions[i].number == number)
            sessions[i].handle = NULL;
    thread_lock_give(&sessions_lock);
}

void codec_session_also(unsigned family, const void *handle, const void *of)
{
    codec_session_name(family, handle, codec_session(family, of));
}

void codec_session_name(unsigned family, const void *handle, uint32_t number)
{
    if (!handle || !lock_sessions())
        return;
    struct session *s = find(family, handle);
    s = s ? s : place_for(handle);
    *s = (struct session){.handle = handle, .family = (uint8_t)family, .number = number};
    thread_lock_give(&sessions_lock);
}

void codec_handle_note(unsigned family, const void *handle, unsigned place, uint64_t value)
{
    (void)codec_session(family, handle); /* makes the entry where there is none */
    if (!lock_sessions())
        return;
    struct session *s = find(family, handle);
    if (s)
        s->notes[place] = value;
    thread_lock_give(&sessions_lock);
}

uint64_t codec_handle_noted(unsigned family, const void *handle, unsigned place)
{
    if (!lock_sessions())
        return 0;
    const struct session *s = find(family, handle);
    uint64_t value = s ? s->notes[place] : 0;
    thread_lock_give(&sessions_lock);
    return value;
}

void codec_sessions_begin_anew(void)
{
    if (!lock_sessions())
        return;
    memset(sessions, 0, sizeof sessions); /* handles were released, and used again, where nobody looked */
    thread_lock_give(&sessions_lock);
}

void codec_sessions_reset_after_fork(void)
{
    atomic_store(&sessions_lock.holder, 0);
}
