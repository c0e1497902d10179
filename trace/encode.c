/* SPDX-License-Identifier: MIT
 * Owns: records to bytes. A record is an 8-byte header, its fixed fields as they stand in the struct, then each text
 * field as u32 length, u32 length padded to 8, and the padded bytes.
 * Must not know: files, memory allocation, who calls. Runs inside the traced program, in signal handlers too. */
#include "trace.h"

#include <string.h>

static uint32_t text_bytes(const struct trace_text *text)
{
    return text->bytes > TRACE_TEXT_MAX ? TRACE_TEXT_MAX : (uint32_t)text->bytes;
}

static uint32_t padded(uint32_t bytes)
{
    return (bytes + 7u) & ~7u;
}

size_t trace_encoded_bytes(enum trace_kind kind, const void *record)
{
    struct trace_shape shape = trace_shapes[kind];
    size_t bytes = TRACE_HEADER_BYTES + shape.fixed_bytes;
    if (shape.texts) {
        const struct trace_text *text = (const void *)((const char *)record + shape.fixed_bytes);
        for (unsigned i = 0; i < shape.texts; i++)
            bytes += 8 + padded(text_bytes(&text[i]));
    }
    return bytes;
}

size_t trace_encode(enum trace_kind kind, uint64_t time_ns, const void *record, void *out, size_t capacity)
{
    struct trace_shape shape = trace_shapes[kind];
    size_t bytes = trace_encoded_bytes(kind, record);
    if (bytes > capacity)
        return 0;
    char *at = out;
    uint64_t header = (uint64_t)kind | (time_ns & TRACE_TIME_MAX) << 8;
    memcpy(at, &header, TRACE_HEADER_BYTES);
    at += TRACE_HEADER_BYTES;
    for (unsigned i = 0; i < shape.fixed_bytes; i += 8) /* shorter than a call of memcpy */
        memcpy(at + i, (const char *)record + i, 8);
    at += shape.fixed_bytes;
    const struct trace_text *text = (const void *)((const char *)record + shape.fixed_bytes);
    for (unsigned i = 0; i < shape.texts; i++) {
        uint32_t lengths[2] = {text_bytes(&text[i]), padded(text_bytes(&text[i]))};
        memcpy(at, lengths, sizeof lengths);
        at += sizeof lengths;
        if (lengths[0])
            memcpy(at, text[i].data, lengths[0]);
        memset(at + lengths[0], 0, lengths[1] - lengths[0]);
        at += lengths[1];
    }
    return bytes;
}
