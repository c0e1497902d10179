/* SPDX-License-Identifier: MIT
 * Owns: which bytes of sockets, pipes and terminals are the beginning of an image.
 * Must not know: descriptors, codecs, who moved the bytes. */
#ifndef PRELOAD_STREAMS_H
#define PRELOAD_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "trace/trace.h"

struct thread;
struct description;

#define STREAMS_WINDOW 32 /* bytes that a decision takes */

/* One direction of a stream. All zero = nothing has moved yet. */
struct stream_way {
    uint8_t state;
    uint8_t held; /* bytes seen of what is too short to decide on */
    bool used;
    bool first; /* these are the very first bytes of the stream */
    bool http, multipart;
    bool line; /* the line of a message head that is being read is not empty */
    uint16_t looked;
    unsigned char bytes[STREAMS_WINDOW - 1];
};

/* After each successful call that moved bytes (> 0) on a description that is not a regular file, its `io` record
 * written. Of parts, only those are read that hold the bytes. Records a `head` for the image that begins in them: where
 * the direction has just turned, or at the stream's very beginning, at the start of a part; or behind the head of an
 * HTTP message or of a part of its multipart body. Guard set. */
void streams_moved(struct thread *self, struct description *description, enum trace_direction direction,
                   const struct iovec *parts, int count, uint64_t bytes);

#endif
