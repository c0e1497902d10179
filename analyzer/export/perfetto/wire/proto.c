/* SPDX-License-Identifier: MIT
 * Owns: bytes of protocol buffers: fields of the wire format, messages in messages.
 * Must not know: what is encoded. */
#include "analyzer/export/perfetto/wire/proto.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/render/format_text.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };
#define VARINT_MAX 10

static void reserve(struct proto *proto, size_t bytes)
{
    if (proto->capacity - proto->count >= bytes)
        return;
    proto->capacity = (proto->count + bytes) * 2;
    proto->bytes = memory_checked(realloc(proto->bytes, proto->capacity));
}

static size_t varint(unsigned char *to, uint64_t value)
{
    size_t count = 0;
    for (; value >= 0x80; value >>= 7)
        to[count++] = (unsigned char)(value | 0x80);
    to[count++] = (unsigned char)value;
    return count;
}

static void put_varint(struct proto *proto, uint64_t value)
{
    reserve(proto, VARINT_MAX);
    proto->count += varint(proto->bytes + proto->count, value);
}

static void put_tag(struct proto *proto, unsigned field, enum wire wire)
{
    put_varint(proto, (uint64_t)field << 3 | wire);
}

void proto_release(struct proto *proto)
{
    free(proto->bytes);
    *proto = (struct proto){NULL, 0, 0};
}

void proto_integer(struct proto *proto, unsigned field, uint64_t value)
{
    put_tag(proto, field, WIRE_VARINT);
    put_varint(proto, value);
}

void proto_double(struct proto *proto, unsigned field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tag(proto, field, WIRE_FIXED64);
    reserve(proto, sizeof bits);
    for (unsigned i = 0; i < sizeof bits; i++)
        proto->bytes[proto->count++] = (unsigned char)(bits >> 8 * i);
}

void proto_text(struct proto *proto, unsigned field, const char *text, size_t bytes)
{
    size_t begun = proto_begin(proto, field);
    reserve(proto, bytes * 3); /* U+FFFD has three bytes */
    for (size_t i = 0, taken; i < bytes; i += taken) {
        char next[5] = "";
        uint32_t code_point;
        const char *from = text + i;
        size_t length = 1;
        if ((unsigned char)*from >= 0x80) {
            memcpy(next, from, bytes - i < 4 ? bytes - i : 4);
            length = format_utf8_bytes(next, &code_point);
        }
        taken = length ? length : 1;
        memcpy(proto->bytes + proto->count, length ? from : "\xef\xbf\xbd", length ? length : 3);
        proto->count += length ? length : 3;
    }
    proto_end(proto, begun);
}

/* One byte is left for the length: nearly all messages are shorter than 128 bytes. */
size_t proto_begin(struct proto *proto, unsigned field)
{
    put_tag(proto, field, WIRE_BYTES);
    reserve(proto, 1);
    return ++proto->count;
}

void proto_end(struct proto *proto, size_t begun)
{
    unsigned char length[VARINT_MAX];
    size_t bytes = proto->count - begun, count = varint(length, bytes);
    reserve(proto, count);
    if (count > 1)
        memmove(proto->bytes + begun + count - 1, proto->bytes + begun, bytes);
    memcpy(proto->bytes + begun - 1, length, count);
    proto->count += count - 1;
}
