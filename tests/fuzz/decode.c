/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of the decoder of records. Input: a packet's bytes; where the first is odd, lengths of
 * texts are made to agree with each other, as chance rarely does. What is decoded is encoded again: the same must come
 * out. Must not know: files, what records mean. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(bool good)
{
    if (!good)
        abort();
}

static struct trace_text *texts_of(struct trace_record *record, struct trace_shape shape)
{
    return (void *)((char *)&record->process + shape.fixed_bytes);
}

/* Lengths that fit into what there is. */
static void agree(uint8_t *at, size_t bytes)
{
    struct trace_shape shape = trace_shapes[at[0] % TRACE_KIND_LIMIT];
    at[0] %= TRACE_KIND_LIMIT;
    size_t offset = TRACE_HEADER_BYTES + shape.fixed_bytes;
    for (unsigned i = 0; i < shape.texts && offset + 8 <= bytes; i++) {
        uint32_t lengths[2];
        memcpy(lengths, at + offset, sizeof lengths);
        lengths[0] &= lengths[0] & 1u << 31 ? 127 : 15;
        lengths[1] = (lengths[0] + 7) & ~7u;
        memcpy(at + offset, lengths, sizeof lengths);
        offset += 8 + lengths[1];
    }
}

static void same(struct trace_record *a, struct trace_record *b)
{
    struct trace_shape shape = trace_shapes[a->kind];
    check(a->kind == b->kind && a->time_ns == b->time_ns);
    check(!memcmp(&a->process, &b->process, shape.fixed_bytes));
    struct trace_text *x = texts_of(a, shape), *y = texts_of(b, shape);
    for (unsigned i = 0; i < shape.texts; i++)
        check(x[i].bytes == y[i].bytes && !memcmp(x[i].data, y[i].data, x[i].bytes));
}

/* Returns the bytes that the record takes, or 0 where it is none. */
static size_t round_trip(const uint8_t *at, size_t bytes)
{
    static char buffer[TRACE_RECORD_MAX];
    struct trace_record record, again;
    size_t used, used_again;
    if (trace_decode(at, bytes, &record, &used))
        return 0;
    check(used <= bytes && used % 8 == 0 && used <= TRACE_RECORD_MAX && trace_kind_info(record.kind));
    check(trace_encoded_bytes(record.kind, &record.process) == used);
    check(trace_encode(record.kind, record.time_ns, &record.process, buffer, used - 1) == 0);
    check(trace_encode(record.kind, record.time_ns, &record.process, buffer, used) == used);
    check(!memcmp(buffer, at, TRACE_HEADER_BYTES + trace_shapes[record.kind].fixed_bytes));
    check(trace_decode(buffer, used, &again, &used_again) == TRACE_OK && used_again == used);
    same(&record, &again);
    for (size_t cut = 0; cut < used; cut += cut < 16 ? 1 : used / 4 + 1) /* each part of it is too short */
        check(trace_decode(buffer, cut, &again, &used_again) == TRACE_ERROR_SHORT);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    size_t content, length = bytes ? bytes - 1 : 0;
    uint8_t *copy = malloc(length + 1); /* its end is the heap's */
    if (!copy || !bytes) {
        free(copy);
        return 0;
    }
    uint8_t *end = copy + length + 1, *at = copy + 1;
    memcpy(copy, data, bytes);
    int error = trace_check_packet(at, length, &content);
    check(content <= length && (error || content >= sizeof(struct trace_packet_header)) && trace_error_text(error));
    uint64_t records = 0, counted = 0;
    const uint8_t *begin = at;
    for (size_t used; at < end; at += used) {
        if (data[0] & 1)
            agree(at, (size_t)(end - at));
        used = round_trip(at, (size_t)(end - at));
        if (!used)
            break;
        records++;
    }
    size_t passed;
    (void)trace_count(begin, length, &counted, &passed);
    check(counted == records && begin + passed == at);
    free(copy);
    return 0;
}
