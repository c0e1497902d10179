/* SPDX-License-Identifier: MIT
 * Owns: looking for images where messages begin in a stream. Must not know: descriptors, codecs, who moved the bytes.
 *
 * A stream carries many messages and says nothing of where one ends. A message begins where the direction turns, at
 * the stream's beginning, and where a call's bytes start like an HTTP message. Everything else passes unseen. */
#include "preload/files/streams.h"

#include <string.h>

#include "preload/files/description.h"
#include "preload/files/files_heads.h"
#include "preload/state/thread_state.h"
#include "preload/files/heads.h"
#include "preload/base/settings.h"

#define LOOK_BYTES 8192 /* how far a message is looked at */

enum {
    STREAM_BEGIN, /* an image, an HTTP message, a chunk or a part of a multipart body may begin here */
    STREAM_HEAD,  /* in the lines of a message's or part's head, up to the empty one */
    STREAM_PARTS, /* not HTTP: what the program hands over in one piece may be an image behind a length or the like */
    STREAM_PASS
};

/* A place in what was held back and the parts behind it. */
struct cursor {
    const unsigned char *held;
    unsigned held_left;
    const struct iovec *parts;
    int count;
    uint64_t offset, left, done; /* offset: in parts[0]; left: bytes from here in the parts; done: in front of here */
};

/* The bytes in one piece at the cursor. */
static struct iovec here(struct cursor *cursor)
{
    if (cursor->held_left)
        return (struct iovec){(void *)(uintptr_t)cursor->held, cursor->held_left};
    while (cursor->left && cursor->count && cursor->offset >= cursor->parts->iov_len) {
        cursor->parts++;
        cursor->count--;
        cursor->offset = 0;
    }
    if (!cursor->left || !cursor->count)
        return (struct iovec){NULL, 0};
    uint64_t length = cursor->parts->iov_len - cursor->offset;
    return (struct iovec){(char *)cursor->parts->iov_base + cursor->offset,
                          length < cursor->left ? length : cursor->left};
}

/* Not past the piece. */
static void advance(struct cursor *cursor, uint64_t bytes)
{
    if (cursor->held_left) {
        cursor->held += bytes;
        cursor->held_left -= (unsigned)bytes;
        return;
    }
    cursor->offset += bytes;
    cursor->done += bytes;
    cursor->left -= bytes;
}

/* Copies what comes, across pieces, as far as there is any. */
static uint64_t peek(struct cursor cursor, void *to, uint64_t wanted)
{
    uint64_t have = 0;
    for (struct iovec piece; have < wanted && (piece = here(&cursor)).iov_len;) {
        uint64_t bytes = piece.iov_len < wanted - have ? piece.iov_len : wanted - have;
        memcpy((char *)to + have, piece.iov_base, bytes);
        advance(&cursor, bytes);
        have += bytes;
    }
    return have;
}

static bool starts_like_http(const unsigned char *b)
{
    if (memcmp(b, "HTTP/", 5) == 0)
        return true;
    unsigned letters = 0;
    while (letters < 6 && b[letters] >= 'A' && b[letters] <= 'Z')
        letters++;
    return letters >= 3 && b[letters] == ' ' && (b[letters + 1] == '/' || b[letters + 1] == 'h');
}

/* Length of the line that gives a chunk's size, or 0. */
static unsigned chunk_line(const unsigned char *b)
{
    unsigned digits = 0;
    while (digits < 16 && ((b[digits] >= '0' && b[digits] <= '9') || (b[digits] >= 'a' && b[digits] <= 'f') ||
                           (b[digits] >= 'A' && b[digits] <= 'F')))
        digits++;
    return digits && b[digits] == '\r' && b[digits + 1] == '\n' ? digits + 2 : 0;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A number or a comment, and white space before it. */
static bool starts_like_pnm(const unsigned char *b)
{
    unsigned at = 2;
    while (at < STREAMS_WINDOW - 1 && is_space(b[at]))
        at++;
    if (b[1] == '7')
        return b[2] == '\n' && b[at] >= 'A' && b[at] <= 'Z';
    return b[at] == '#' || (b[at] >= '1' && b[at] <= '9');
}

/* Signatures of two or three bytes turn up in any stream: more of the format must fit. window has all its bytes. */
static bool is_image(const unsigned char *b, const struct stream_way *way)
{
    if (!heads_look_like_image(b, STREAMS_WINDOW))
        return false;
    switch (b[0]) {
    case 0xff: /* JPEG: a marker that may come first, with a length; or the bare stream of JPEG XL, two bytes only */
        if (b[1] == 0x0a)
            return way->http || way->first;
        return (b[3] == 0xdb || b[3] == 0xdd || b[3] == 0xfe || (b[3] & 0xf0) == 0xc0 || (b[3] & 0xf0) == 0xe0) &&
               (b[4] || b[5] > 1);
    case 0x89: return memcmp(b + 12, "IHDR", 4) == 0 || memcmp(b + 12, "CgBI", 4) == 0;
    case 'R': return memcmp(b + 12, "VP8", 3) == 0;
    case 'G': return (b[6] || b[7]) && (b[8] || b[9]);
    case 'I': return (b[4] >= 8 || b[5] || b[6]) && b[7] < 0x80; /* where the first directory is */
    case 'M': return (b[7] >= 8 || b[6] || b[5]) && b[4] < 0x80;
    case 'B': return b[14] >= 12 && b[14] <= 124 && b[14] % 4 == 0 && !b[15] && !b[16] && !b[17];
    case 'P': return starts_like_pnm(b);
    default: return true; /* boxes: eight bytes and more */
    }
}

static void put(struct thread *self, struct description *description, struct cursor cursor,
                enum trace_direction direction)
{
    uint64_t wanted = settings.head_bytes ? settings.head_bytes : HEADS_SIGNATURE_BYTES;
    struct iovec data = here(&cursor);
    if (data.iov_len < wanted) {
        data.iov_len = peek(cursor, self->scratch, wanted < sizeof self->scratch ? wanted : sizeof self->scratch);
        data.iov_base = self->scratch;
    }
    int64_t before = (int64_t)cursor.done - (int64_t)cursor.held_left;
    cursor.held_left = 0;
    files_put_head(self, description, data.iov_base, data.iov_len, here(&cursor).iov_base, before, direction);
}

static void message(struct stream_way *way, bool first)
{
    *way = (struct stream_way){.used = true, .first = first};
}

/* What begins here? False when that was all, for now or for good. */
static bool begin(struct thread *self, struct description *description, struct stream_way *way, struct cursor *cursor,
                  enum trace_direction direction)
{
    unsigned char window[STREAMS_WINDOW];
    uint64_t bytes = peek(*cursor, window, sizeof window);
    if (bytes < sizeof window) {
        memcpy(way->bytes, window, bytes);
        way->held = (uint8_t)bytes;
        return false;
    }
    if (is_image(window, way)) {
        put(self, description, *cursor, direction);
        way->state = STREAM_PASS;
        return false;
    }
    way->first = false;
    unsigned line = way->http ? chunk_line(window) : 0;
    if (line && way->looked < LOOK_BYTES) {
        way->looked += line;
        for (uint64_t step; line; line -= (unsigned)step) {
            struct iovec piece = here(cursor);
            step = piece.iov_len < line ? piece.iov_len : line;
            advance(cursor, step);
        }
    } else if (starts_like_http(window) || (way->http && memcmp(window, "--", 2) == 0)) {
        way->state = STREAM_HEAD;
        way->multipart = window[0] == '-';
        way->http = true;
        way->line = false;
    } else if (way->http) {
        way->state = way->multipart ? STREAM_HEAD : STREAM_PASS; /* a later part may be one */
    } else {
        way->state = STREAM_PARTS;
        cursor->held_left = 0;
    }
    return true;
}

static void look_for_empty_line(struct stream_way *way, struct cursor *cursor)
{
    struct iovec piece = here(cursor);
    uint64_t at = 0;
    while (at < piece.iov_len && way->state == STREAM_HEAD) {
        unsigned char c = ((const unsigned char *)piece.iov_base)[at++];
        if (++way->looked > LOOK_BYTES)
            way->state = STREAM_PASS;
        else if (c == '\n' && !way->line)
            way->state = STREAM_BEGIN;
        else if (c != '\r')
            way->line = c != '\n';
    }
    advance(cursor, at);
}

/* False when nothing more is looked at. */
static bool look_at_part(struct thread *self, struct description *description, struct stream_way *way,
                         struct cursor *cursor, enum trace_direction direction)
{
    unsigned char window[STREAMS_WINDOW];
    struct iovec piece = here(cursor);
    if (cursor->offset == 0 && peek(*cursor, window, sizeof window) == sizeof window) {
        way->state = STREAM_PASS;
        if (is_image(window, way)) {
            put(self, description, *cursor, direction);
            return false;
        }
        if (starts_like_http(window)) {
            way->state = STREAM_BEGIN;
            return true;
        }
    }
    way->state = way->looked + piece.iov_len < LOOK_BYTES ? STREAM_PARTS : STREAM_PASS;
    way->looked += (uint16_t)piece.iov_len;
    advance(cursor, piece.iov_len);
    return true;
}

void streams_moved(struct thread *self, struct description *description, enum trace_direction direction,
                   const struct iovec *parts, int count, uint64_t bytes)
{
    bool out = direction == trace_direction_OUT;
    struct stream_way *way = &description->ways[out];
    if (description->stream_direction != direction) {
        description->stream_direction = (uint8_t)direction;
        bool *looked = out ? &description->head_out : &description->head_in;
        bool first = !way->used;
        message(way, first);
        if (first && *looked) /* by stdio */
            way->state = STREAM_PASS;
        *looked = true;
    } else if (bytes >= 8 && parts->iov_len >= 8 && *(const char *)parts->iov_base >= 'A' &&
               *(const char *)parts->iov_base <= 'Z' && starts_like_http(parts->iov_base)) {
        message(way, false);
    }
    if (way->state == STREAM_PASS)
        return;
    /* A copy: another thread that uses the same description meanwhile may spoil what is found, but nothing else. */
    struct stream_way own = *way;
    struct cursor cursor = {.held = own.bytes, .parts = parts, .count = count, .left = bytes};
    unsigned char held[STREAMS_WINDOW];
    cursor.held = held;
    cursor.held_left = own.held < sizeof own.bytes ? own.held : sizeof own.bytes;
    memcpy(held, own.bytes, cursor.held_left);
    own.held = 0;
    while (here(&cursor).iov_len && own.state != STREAM_PASS) {
        if (own.state == STREAM_HEAD)
            look_for_empty_line(&own, &cursor);
        else if (!(own.state == STREAM_BEGIN ? begin(self, description, &own, &cursor, direction)
                                             : look_at_part(self, description, &own, &cursor, direction)))
            break;
    }
    *way = own;
}
