/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entry of the reader and everything behind it. Input: the raw bytes of one packet file; when the
 * first byte is even, they get a packet header that is right, so that the records are reached.
 * Must not know: records. */
#include <string.h>

#include "tests/fuzz/report.h"
#include "trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char packet[1 << 17];
    size_t start = sizeof(struct trace_packet_header), used;
    if (!bytes || bytes > sizeof packet - start)
        return 0;
    fuzz_directory(1);
    if (data[0] % 2) {
        used = bytes - 1;
        memcpy(packet, data + 1, used);
    } else {
        used = start + ((bytes - 1) & ~(size_t)7);
        struct trace_packet_header header = {.magic = TRACE_MAGIC,
                                             .stream_instance_id = 1,
                                             .content_size = used * 8,
                                             .packet_size = used * 8,
                                             .pid = 100};
        memcpy(packet, &header, sizeof header);
        memcpy(packet + start, data + 1, used - start);
    }
    fuzz_packet(0, 0, packet, used);
    fuzz_report();
    return 0;
}
