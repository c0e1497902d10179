/* SPDX-License-Identifier: MIT
 * Owns: the records that say what a codec call revealed. Must not know: any one codec, frames, packets' files. */
#include "preload/codecs/settings/reveal.h"

#include <string.h>

#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/calls/targets.h"
#include "preload/files/description.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/files/files.h"
#include "preload/base/foreign.h"
#include "preload/files/heads.h"
#include "preload/record/packet.h"
#include "preload/base/settings.h"
#include "preload/hooks_io/stdio_call.h"

void reveal(uint32_t session, enum trace_setting key, double value)
{
    struct trace_codec_setting record = {.value = value, .session = session, .key = (uint8_t)key};
    struct thread *self = thread_local_state.self;
    if (self->frame_count)
        record.codec = codec_rows[self->frames[self->frame_count - 1].row].family;
    packet_put(self, TRACE_KIND_codec_setting, thread_now_ns(), &record);
}

void reveal_stream(uint32_t session, FILE *stream, unsigned direction)
{
    struct thread *self = thread_local_state.self;
    FILE copy; /* some libraries only hand it on to functions of the program: it may be anything */
    int fd = foreign_stream(stream, -1, &copy) ? stdio_fd(&copy) : -1;
    struct description *description = fd >= 0 ? files_of(self, fd) : NULL;
    if (!description)
        return;
    description->stream = stream;
    reveal_descriptor(session, fd, direction);
}

void reveal_descriptor(uint32_t session, int fd, unsigned direction)
{
    struct thread *self = thread_local_state.self;
    struct description *description = fd >= 0 ? files_of(self, fd) : NULL;
    if (!description)
        return;
    struct trace_session_link record = {
        .session = session, .file = description->number, .direction = (uint8_t)direction};
    packet_put(self, TRACE_KIND_session_link, thread_now_ns(), &record);
}

void reveal_source_session(uint32_t session, unsigned family, const void *handle)
{
    struct trace_session_link record = {.session = session, .source_session = codec_session(family, handle)};
    packet_put(thread_local_state.self, TRACE_KIND_session_link, thread_now_ns(), &record);
}

void reveal_path(uint32_t session, const char *path, unsigned direction)
{
    struct thread *self = thread_local_state.self;
    struct trace_session_link record = {.session = session, .direction = (uint8_t)direction};
    record.path = (struct trace_text){self->paths[0], foreign_text(path, self->paths[0], sizeof self->paths[0])};
    if (record.path.bytes)
        packet_put(self, TRACE_KIND_session_link, thread_now_ns(), &record);
}

void reveal_unknown_layout(const char *library, unsigned version)
{
    struct trace_notice notice = {
        .what = trace_note_UNKNOWN_LAYOUT, .number = version, .text = {library, strlen(library)}};
    packet_put(thread_local_state.self, TRACE_KIND_notice, thread_now_ns(), &notice);
}

void reveal_memory(uint32_t session, uintptr_t data, uint64_t bytes, unsigned direction)
{
    struct thread *self = thread_local_state.self;
    uint64_t kept = settings.head_bytes ? settings.head_bytes : HEADS_SIGNATURE_BYTES;
    kept = kept < sizeof self->scratch ? kept : sizeof self->scratch;
    kept = kept < bytes ? kept : bytes;
    if (!kept || !foreign_read((const void *)data, self->scratch, kept) || !heads_look_like_image(self->scratch, kept))
        return;
    struct trace_head record = {
        .buffer = data, .session = session, .direction = (uint8_t)direction, .data = {self->scratch, kept}};
    packet_put(self, TRACE_KIND_head, thread_now_ns(), &record);
}

bool early_read(const void *from, void *to, size_t bytes)
{
    if (!thread_may_record() || !thread_enter())
        return false;
    bool done = foreign_read(from, to, bytes);
    thread_leave();
    return done;
}

size_t early_text(const char *from, char *out, size_t capacity)
{
    *out = '\0';
    if (!thread_may_record() || !thread_enter())
        return 0;
    size_t bytes = foreign_text(from, out, capacity);
    thread_leave();
    return bytes;
}
