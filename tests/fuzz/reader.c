/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of the reader and everything behind it. Input: a byte that says how the others are put into
 * files, and the raw bytes of a packet file; or, in front of them, of the trace's control page, and behind them, of a
 * second packet.
 * Must not know: records. */
#include <string.h>

#include "tests/fuzz/report.h"
#include "trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum how {
    HOW_RAW = 1,      /* the packet as it is; else it gets a header that is right, so that the records are reached */
    HOW_CONTROL = 2,  /* a control page stands in front */
    HOW_SOUND = 4,    /* of this version */
    HOW_TWO = 8,      /* the second half is the next packet of the same stream */
    HOW_STREAMS = 16, /* or of another one */
    HOW_ONLY = 64,    /* to be read, and nothing made of it */
};

static void write_packet(unsigned stream, unsigned sequence, const uint8_t *data, size_t bytes, bool raw)
{
    static char packet[1 << 17];
    size_t start = sizeof(struct trace_packet_header), used = raw ? bytes : start + (bytes & ~(size_t)7);
    memcpy(packet + (raw ? 0 : start), data, raw ? bytes : used - start);
    struct trace_packet_header header = {.magic = TRACE_MAGIC,
                                         .stream_instance_id = stream + 1,
                                         .content_size = used * 8,
                                         .packet_size = used * 8,
                                         .packet_seq_num = sequence,
                                         .pid = 100};
    if (!raw)
        memcpy(packet, &header, sizeof header);
    fuzz_packet(0, stream, sequence, packet, used);
}

static size_t write_control(const uint8_t *data, size_t bytes, bool sound)
{
    union {
        struct trace_control control;
        uint8_t bytes[TRACE_CONTROL_BYTES];
    } page = {.bytes = {0}};
    size_t used = bytes < 96 ? bytes : 96; /* most of it is times of states: two of them will do */
    memcpy(page.bytes, data, used);
    if (sound) {
        page.control.magic = TRACE_CONTROL_MAGIC;
        page.control.version = TRACE_VERSION;
    }
    fuzz_file("control", page.bytes, sizeof page.bytes);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (!bytes || bytes > 1 << 16)
        return 0;
    fuzz_directory(1);
    unsigned how = *data++;
    bytes--;
    fuzz_file("control", NULL, 0);
    fuzz_packet(0, 0, 1, NULL, 0);
    fuzz_packet(0, 1, 0, NULL, 0);
    if (how & HOW_CONTROL) {
        size_t used = write_control(data, bytes, how & HOW_SOUND);
        data += used;
        bytes -= used;
    }
    size_t first = how & HOW_TWO ? bytes / 2 & ~(size_t)7 : bytes;
    write_packet(0, 0, data, first, how & HOW_RAW);
    if (how & HOW_TWO)
        write_packet(how & HOW_STREAMS ? 1 : 0, how & HOW_STREAMS ? 0 : 1, data + first, bytes - first, how & HOW_RAW);
    if (how & HOW_ONLY)
        fuzz_read();
    else
        fuzz_report(bytes % 16 == 0);
    return 0;
}
