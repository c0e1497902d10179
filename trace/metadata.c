/* SPDX-License-Identifier: MIT
 * Owns: the CTF 1.8 metadata (TSDL) text, expanded from records.def.
 * Must not know: where it is stored. Runs inside the traced program: no allocation, no stdio.
 * Source of the grammar: Common Trace Format specification 1.8.3, appendix C. */
#include "trace.h"

#include <string.h>

static const char before_clock[] =
    "/* CTF 1.8 */\n"
    "typealias integer { size = 8; align = 8; signed = false; byte_order = le; } := u8;\n"
    "typealias integer { size = 16; align = 8; signed = false; byte_order = le; } := u16;\n"
    "typealias integer { size = 32; align = 8; signed = false; byte_order = le; } := u32;\n"
    "typealias integer { size = 64; align = 8; signed = false; byte_order = le; } := u64;\n"
    "typealias integer { size = 32; align = 8; signed = true; byte_order = le; } := i32;\n"
    "typealias integer { size = 64; align = 8; signed = true; byte_order = le; } := i64;\n"
    "typealias floating_point { exp_dig = 11; mant_dig = 53; align = 8; byte_order = le; } := f64;\n"
    "typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } := text8;\n"
    "trace {\n\tmajor = 1;\n\tminor = 8;\n\tbyte_order = le;\n"
    "\tpacket.header := struct { u32 magic; u32 stream_id; u64 stream_instance_id; };\n};\n"
    "clock {\n\tname = mono;\n\tdescription = \"CLOCK_MONOTONIC\";\n\tfreq = 1000000000;\n\toffset_s = ";

static const char clock_end[] =
    ";\n\tabsolute = TRUE;\n};\n"
    "typealias integer { size = 64; align = 8; signed = false; byte_order = le; map = clock.mono.value; } := time64;\n"
    "typealias integer { size = 56; align = 8; signed = false; byte_order = le; map = clock.mono.value; } := time56;\n";

/* One literal: an array of pieces would have to be relocated at each start of a program. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const char declarations[] =
#define TRACE_ENUM(name, meaning)                   "enum " #name "_values : u8 {"
#define TRACE_VALUE(name, constant, value, meaning) " " #constant " = " #value ","
#define TRACE_ENUM_END(name)                        " };\n"
#include "records.def"
    "stream {\n\tid = 0;\n"
    "\tevent.header := struct { u8 id; time56 timestamp; } align(64);\n"
    "\tpacket.context := struct { time64 timestamp_begin; time64 timestamp_end; u64 content_size; u64 packet_size;"
    " u64 packet_seq_num; u64 events_discarded; u64 in_flight_since_ns; u32 in_flight_hook; u32 pid; };\n};\n"
#define TRACE_RECORD(id, name, meaning)                                                                                \
    "event {\n\tid = " #id ";\n\tname = \"" #name "\";\n\tstream_id = 0;\n\tfields := struct {"
#define TRACE_FIELD(record, type, name, unit, meaning)       " " #type " _" #name ";"
#define TRACE_FIELD_ENUM(record, enumeration, name, meaning) " enum " #enumeration "_values _" #name ";"
#define TRACE_TEXT(record, name, meaning)                                                                              \
    " u32 _" #name "_bytes; u32 _" #name "_padded; text8 _" #name "[_" #name "_padded];"
#define TRACE_BYTES(record, name, meaning)                                                                             \
    " u32 _" #name "_bytes; u32 _" #name "_padded; u8 _" #name "[_" #name "_padded];"
#define TRACE_RECORD_END(record) " };\n};\n"
#include "records.def"
    "";
#pragma GCC diagnostic pop

/* Appends text; returns the new end, or NULL when it does not fit. */
static char *append(char *at, const char *end, const char *text, size_t bytes)
{
    if (!at || (size_t)(end - at) < bytes)
        return NULL;
    memcpy(at, text, bytes);
    return at + bytes;
}

static char *append_number(char *at, const char *end, uint64_t number)
{
    char digits[20];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + number % 10);
    while (number /= 10);
    return append(at, end, digits + n, sizeof digits - n);
}

size_t trace_metadata(int64_t realtime_offset_ns, char *out, size_t capacity)
{
    const char *end = out + capacity;
    uint64_t offset = realtime_offset_ns > 0 ? (uint64_t)realtime_offset_ns : 0;
    char *at = append(out, end, before_clock, sizeof before_clock - 1);
    at = append_number(at, end, offset / 1000000000u);
    at = append(at, end, ";\n\toffset = ", 12);
    at = append_number(at, end, offset % 1000000000u);
    at = append(at, end, clock_end, sizeof clock_end - 1);
    at = append(at, end, declarations, sizeof declarations - 1);
    return at ? (size_t)(at - out) : 0;
}
