/* SPDX-License-Identifier: MIT
 * Owns: bytes to records. Trusts nothing: every length is checked before it is used.
 * Must not know: files, what records mean. */
#include "trace.h"

#include <string.h>

/* Length of the record at the front, once it is known to be whole. */
static inline int measure(const char *in, size_t bytes, size_t *used)
{
    uint64_t header;
    if (bytes < TRACE_HEADER_BYTES)
        return TRACE_ERROR_SHORT;
    memcpy(&header, in, TRACE_HEADER_BYTES);
    struct trace_shape shape = {0};
    if ((header & 0xff) < TRACE_KIND_LIMIT)
        shape = trace_shapes[header & 0xff];
    if (!shape.known)
        return TRACE_ERROR_KIND;
    size_t length = TRACE_HEADER_BYTES + shape.fixed_bytes;
    if (bytes < length)
        return TRACE_ERROR_SHORT;
    for (unsigned i = 0; i < shape.texts; i++) {
        uint32_t lengths[2];
        if (bytes - length < sizeof lengths)
            return TRACE_ERROR_SHORT;
        memcpy(lengths, in + length, sizeof lengths);
        length += sizeof lengths;
        if (lengths[0] > TRACE_TEXT_MAX || lengths[1] != ((lengths[0] + 7u) & ~7u))
            return TRACE_ERROR_FIELD;
        if (bytes - length < lengths[1])
            return TRACE_ERROR_SHORT;
        length += lengths[1];
    }
    *used = length;
    return TRACE_OK;
}

int trace_decode(const void *in, size_t bytes, struct trace_record *record, size_t *used)
{
    const char *at = in;
    uint64_t header;
    int error = measure(at, bytes, used);
    if (error)
        return error;
    memcpy(&header, at, TRACE_HEADER_BYTES);
    at += TRACE_HEADER_BYTES;
    struct trace_shape shape = trace_shapes[header & 0xff];
    record->kind = (enum trace_kind)(header & 0xff);
    record->time_ns = header >> 8;
    for (unsigned i = 0; i < shape.fixed_bytes; i += 8) /* one move each: a call of memcpy costs more */
        memcpy((char *)&record->process + i, at + i, 8);
    at += shape.fixed_bytes;
    struct trace_text *text = (void *)((char *)&record->process + shape.fixed_bytes);
    for (unsigned i = 0; i < shape.texts; i++) {
        uint32_t lengths[2];
        memcpy(lengths, at, sizeof lengths);
        text[i].data = at + sizeof lengths;
        text[i].bytes = lengths[0];
        at += sizeof lengths + lengths[1];
    }
    return TRACE_OK;
}

int trace_count(const void *in, size_t bytes, uint64_t *records, size_t *used)
{
    size_t at = 0, length;
    uint64_t count = 0;
    int error = TRACE_OK;
    for (; bytes - at >= TRACE_HEADER_BYTES; at += length, count++)
        if ((error = measure((const char *)in + at, bytes - at, &length)))
            break;
    *records += count;
    *used = at;
    return error;
}

int trace_check_packet(const void *in, size_t file_bytes, size_t *content_bytes)
{
    struct trace_packet_header header;
    *content_bytes = 0;
    if (file_bytes < sizeof header)
        return TRACE_ERROR_SHORT;
    memcpy(&header, in, sizeof header);
    if (header.magic != TRACE_MAGIC || header.stream_id != 0)
        return TRACE_ERROR_MAGIC;
    uint64_t content = header.content_size / 8;
    if (content < sizeof header || header.content_size % 64 != 0 || header.content_size > header.packet_size)
        return TRACE_ERROR_SIZE;
    if (content > file_bytes) {
        *content_bytes = file_bytes & ~(size_t)7;
        return TRACE_ERROR_SIZE;
    }
    *content_bytes = (size_t)content;
    return TRACE_OK;
}
