/* SPDX-License-Identifier: MIT
 * Owns: what is known of an open file description, and of each direction of a stream. Must not know: descriptors. */
#ifndef PRELOAD_DESCRIPTION_H
#define PRELOAD_DESCRIPTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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

/* An open file description. */
struct description {
    struct description *next_free;
    _Atomic int descriptors;
    uint32_t number;          /* from 1; what records call it */
    _Atomic int64_t position; /* of the kernel, or -1 = unknown */
    FILE *stream;
    uint64_t stdio_calls, stdio_bytes; /* buffered calls not yet in a record */
    uint64_t flush_pending;            /* bytes that wait while all FILEs are flushed */
    int64_t buffered_after; /* bytes in the FILE's buffer after the last call that reached the kernel, or -1 */
    bool regular;
    bool device;            /* neither a file nor a pipe or socket */
    bool head_in, head_out; /* looked at */
    bool image;             /* a head was recorded */
    bool written;
    uint8_t stream_direction; /* that bytes last went, see streams.c */
    struct stream_way ways[2];
};

#endif
