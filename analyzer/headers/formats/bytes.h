/* SPDX-License-Identifier: MIT
 * Owns: how the header parsers look at bytes. Every access is checked here or at its caller; what lies behind the bytes
 * at hand reads as "not there". Must not know: any format. */
#ifndef ANALYZER_HEADERS_FORMATS_BYTES_H
#define ANALYZER_HEADERS_FORMATS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Where bytes come from that are brought only when somebody asks for them. Returns false when they cannot be had. */
struct header_source {
    bool (*fetch)(struct header_source *source, const uint8_t *data, size_t need);
};

struct header_bytes {
    const uint8_t *data;
    size_t count;
    struct header_source *source; /* NULL: all bytes are there */
};

/* Nothing at data may be read without this. */
static inline bool header_has(struct header_bytes in, size_t offset, size_t need)
{
    return offset <= in.count && need <= in.count - offset &&
           (!in.source || !need || in.source->fetch(in.source, in.data + offset, need));
}

/* At most `need` bytes from `offset`; fewer, or none, when the bytes end before. */
static inline struct header_bytes header_slice(struct header_bytes in, size_t offset, uint64_t need)
{
    if (offset >= in.count)
        return (struct header_bytes){in.data, 0, NULL};
    size_t rest = in.count - offset;
    return (struct header_bytes){in.data + offset, need < rest ? (size_t)need : rest, in.source};
}

static inline bool header_text_at(struct header_bytes in, size_t offset, const char *text, size_t text_bytes)
{
    return header_has(in, offset, text_bytes) && memcmp(in.data + offset, text, text_bytes) == 0;
}
/* For string literals; a NUL inside the literal counts. */
#define HEADER_TEXT_AT(in, offset, literal) header_text_at(in, offset, literal, sizeof(literal) - 1)

/* Unsigned number of 1..8 bytes; 0 when not all of them are there. */
static inline uint64_t header_be(struct header_bytes in, size_t offset, unsigned bytes)
{
    uint64_t value = 0;
    if (header_has(in, offset, bytes))
        for (unsigned i = 0; i < bytes; i++)
            value = value << 8 | in.data[offset + i];
    return value;
}

static inline uint64_t header_le(struct header_bytes in, size_t offset, unsigned bytes)
{
    uint64_t value = 0;
    if (header_has(in, offset, bytes))
        for (unsigned i = bytes; i > 0; i--)
            value = value << 8 | in.data[offset + i - 1];
    return value;
}

#endif
