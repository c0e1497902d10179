/* SPDX-License-Identifier: MIT
 * Owns: the records of images' first bytes, from files as they are read and written. Must not know: codecs, libc
 * signatures, where images begin in streams. */
#include "preload/files/files_heads.h"
#include "preload/files/boundary.h"
#include "preload/base/system.h"
#include "preload/codecs/calls/rows.h"
#include "preload/files/description.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/base/foreign.h"
#include "preload/files/heads.h"
#include "preload/memory/heap.h"
#include "preload/record/packet.h"
#include "preload/samples/sample.h"
#include "preload/base/settings.h"

void files_put_head(struct thread *self, struct description *description, const void *data, uint64_t bytes,
                    const void *buffer, int64_t before, enum trace_direction direction)
{
    if (!heads_look_like_image(data, bytes))
        return;
    /* Without heads the signature still goes along: it tells the format and nothing about who took the picture. */
    uint64_t kept = settings.head_bytes ? settings.head_bytes : HEADS_SIGNATURE_BYTES;
    if (!codec_call_session(self))
        codec_call_flush(self);
    struct trace_head record = {
        .buffer = (uintptr_t)buffer,
        .file = description->number,
        .session = codec_call_session(self),
        .before = before > INT32_MAX ? INT32_MAX : (int32_t)before,
        .direction = (uint8_t)direction,
        .data = {data, bytes < kept ? bytes : kept},
    };
    packet_put(self, TRACE_KIND_head, thread_now_ns(), &record);
    /* A boundary of an image's time and memory: what led up to it is the image's, what going to disk takes is not. */
    files_boundary(self);
    packet_need_disk(self);
    if (!description->image)
        sample_maybe(self, SAMPLE_ANYWHERE);
    heap_put(self);
    description->image = true;
}

void files_put_state(struct thread *self, const struct description *description, uint64_t changed_ns, uint64_t bytes,
                     enum trace_direction direction, uint64_t now_ns)
{
    struct trace_file_state record = {
        .changed_ns = changed_ns,
        .bytes = bytes,
        .file = description->number,
        .direction = (uint8_t)direction,
    };
    packet_put(self, TRACE_KIND_file_state, now_ns, &record);
}

void files_head_in(struct thread *self, struct description *description, int fd, const void *buffer, uint64_t bytes)
{
    if (description->head_in)
        return;
    description->head_in = true;
    struct stat status;
    /* Files of /proc and /sys say that they are empty; reading some of them has effects. */
    if (description->regular && system_stat_fd(fd, &status) == 0 && status.st_size > 0) {
        /* However small the program's own steps are: the file's first bytes, without moving its position. */
        char *head = self->scratch;
        long n = system_pread(fd, head, settings.head_bytes ? settings.head_bytes : HEADS_SIGNATURE_BYTES, 0);
        if (n > 0) {
            atomic_fetch_add(&process.own_rchar, (uint64_t)n);
            files_put_head(self, description, head, (uint64_t)n, buffer, 0, trace_direction_IN);
            if (description->image)
                files_put_state(self, description, system_changed_ns(&status), (uint64_t)status.st_size,
                                trace_direction_IN, thread_now_ns());
        }
    } else if (buffer) {
        files_put_head(self, description, buffer, bytes, buffer, 0, trace_direction_IN);
    }
}

void files_head_out(struct thread *self, struct description *description, const void *buffer, uint64_t bytes)
{
    if (description->head_out || !bytes || !buffer)
        return;
    description->head_out = true;
    const void *data = buffer;
    if (description->device) { /* it may have taken them without a look, from an address where nothing is: /dev/null */
        uint64_t kept = settings.head_bytes ? settings.head_bytes : HEADS_SIGNATURE_BYTES;
        bytes = bytes < kept ? bytes : kept;
        data = self->scratch;
        if (!foreign_read(buffer, self->scratch, bytes))
            return;
    }
    files_put_head(self, description, data, bytes, buffer, 0, trace_direction_OUT);
}

/* The head of a file that still waits in a FILE's buffer. */
void files_head_pending(struct thread *self, struct description *description, const char *front, uint64_t pending)
{
    uint64_t bytes = pending < settings.head_bytes ? pending : settings.head_bytes;
    if (pending && !description->head_out && foreign_read(front, self->scratch, bytes))
        files_head_out(self, description, self->scratch, bytes);
}
