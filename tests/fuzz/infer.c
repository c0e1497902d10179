/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of inference and everything behind it. Input: a list of records in a small language of its
 * own, so that mutation yields other stories and not other damage: per record its kind, stream, time step and fields.
 * Must not know: what inference concludes. */
#include <string.h>

#include "tests/fuzz/report.h"
#include "trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { PROCESSES = 3, STREAMS = 2, PACKET = 1 << 18, RECORDS_MAX = 2000 };

struct input {
    const uint8_t *data;
    size_t left;
};

static uint8_t next(struct input *input)
{
    if (!input->left)
        return 0;
    input->left--;
    return *input->data++;
}

/* Small numbers meet each other; the others are the ends of the ranges, or anything. */
static uint64_t number(struct input *input)
{
    uint8_t byte = next(input);
    if (byte < 0xe0)
        return byte < 0x80 ? byte & 7 : (uint64_t)1 << (byte & 0x3f);
    switch (byte & 7) {
    case 0: return UINT64_MAX;
    case 1: return INT64_MAX;
    case 2: return (uint64_t)INT64_MIN;
    case 3: return UINT32_MAX;
    case 4: return UINT16_MAX;
    case 5: return (uint64_t)0100644;
    case 6: return (uint64_t)0140777; /* a socket */
    default: {
        uint64_t value = 0;
        for (unsigned i = 0; i < 8; i++)
            value = value << 8 | next(input);
        return value;
    }
    }
}

static struct trace_text text(struct input *input)
{
#define TEXT(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
    static const struct trace_text known[] = {
        TEXT(""),
        TEXT("/a.png"),
        TEXT("b"),
        TEXT("../c\0d"),
        TEXT("\xff\xfe%s\n\x1b[2J"),
        TEXT("libjemalloc.so.2"),
        TEXT("\xff\xd8\xff\xc0\x00\x11\x08\x00\x08\x00\x08\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"),
        TEXT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0\0\0\0\0"),
        TEXT("GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff;"),
        TEXT("P6\n8 8\n255\n"),
    };
    enum { KNOWN = sizeof known / sizeof *known };
    uint8_t byte = next(input);
    if (byte < 0xf0)
        return known[byte % KNOWN];
    size_t length = byte == 0xff ? 128 : next(input);
    if (length > input->left)
        length = input->left;
    struct trace_text own = {(const char *)input->data, length};
    input->data += length;
    input->left -= length;
    return own;
}

static void fill(struct input *input, const struct trace_kind_info *info, char *record)
{
    static const unsigned sizes[] = {
        [TRACE_TYPE_u8] = 1,  [TRACE_TYPE_u16] = 2, [TRACE_TYPE_u32] = 4, [TRACE_TYPE_u64] = 8,
        [TRACE_TYPE_i32] = 4, [TRACE_TYPE_i64] = 8, [TRACE_TYPE_f64] = 8};
    for (const struct trace_field_info *field = info->fields; field->name; field++) {
        char *at = record + field->offset;
        if (field->type == TRACE_TYPE_text || field->type == TRACE_TYPE_bytes) {
            struct trace_text value = text(input);
            memcpy(at, &value, sizeof value);
        } else if (field->type == TRACE_TYPE_enum) {
            *at = (char)(next(input) % 24);
        } else {
            uint64_t value = number(input);
            memcpy(at, &value, sizes[field->type]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char packets[PROCESSES * STREAMS][PACKET];
    size_t used[PROCESSES * STREAMS];
    struct input input = {data, bytes};
    uint64_t time_ns = 1000000000;
    fuzz_directory(PROCESSES);
    for (unsigned i = 0; i < PROCESSES * STREAMS; i++)
        used[i] = sizeof(struct trace_packet_header);
    for (unsigned n = 0; input.left && n < RECORDS_MAX; n++) {
        union { /* fields first, as in struct trace_record */
            struct trace_record record;
            uint64_t aligned;
        } space;
        memset(&space, 0, sizeof space);
        uint8_t kind = next(&input) % TRACE_KIND_LIMIT, where = next(&input);
        const struct trace_kind_info *info = trace_kind_info(kind);
        if (!info)
            continue;
        time_ns += (uint64_t)(where >> 3) * (where & 0x80 ? 100000000 : 10000);
        fill(&input, info, (char *)&space.record.process);
        unsigned stream = where % (PROCESSES * STREAMS);
        size_t length = trace_encoded_bytes(kind, &space.record.process);
        if (used[stream] + length > PACKET)
            continue;
        trace_encode(kind, time_ns, &space.record.process, packets[stream] + used[stream], length);
        used[stream] += length;
    }
    for (unsigned i = 0; i < PROCESSES * STREAMS; i++) {
        struct trace_packet_header header = {.magic = TRACE_MAGIC,
                                             .stream_instance_id = i + 1,
                                             .content_size = used[i] * 8,
                                             .packet_size = used[i] * 8,
                                             .in_flight_hook = bytes % 9,
                                             .pid = 100 + i / STREAMS};
        memcpy(packets[i], &header, sizeof header);
        fuzz_packet(i / STREAMS, i % STREAMS, 0, packets[i], used[i]);
    }
    fuzz_report(bytes % 16 == 0);
    return 0;
}
