/* SPDX-License-Identifier: MIT
 * Owns: a record as a line of JSON, driven by the tables of records.def.
 * Must not know: what records mean. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "analyzer/export/ndjson.h"
#include "analyzer/model/field_value.h"
#include "analyzer/render/format_text.h"

/* By hand: a record has a dozen numbers, there are millions of them, and printf would take most of the time. */
static void put_decimal(FILE *out, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + value % 10);
    while (value /= 10);
    fwrite_unlocked(digits + first, 1, sizeof digits - first, out);
}

static void put_signed(FILE *out, int64_t value)
{
    if (value < 0)
        putc_unlocked('-', out);
    put_decimal(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static void put_real(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "%.15g", value);
    else
        fputs_unlocked("null", out);
}

static void put_key(FILE *out, bool first, const char *name, const char *suffix)
{
    fputs_unlocked(first ? "\"" : ",\"", out);
    fputs_unlocked(name, out);
    fputs_unlocked(suffix, out);
    fputs_unlocked("\":", out);
}

static void put_escape(FILE *out, unsigned char byte)
{
    const char *short_form = strchr("\"\"\\\\\nn\rr\tt", byte);
    if (byte && short_form) {
        putc_unlocked('\\', out);
        putc_unlocked(byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte == '\t' ? 't' : byte, out);
    } else {
        fprintf(out, "\\u%04x", byte);
    }
}

/* Bytes of the UTF-8 character at `at`, of which `left` bytes are there: 0 = there is none. */
static size_t utf8_bytes(const char *at, uint64_t left)
{
    char next[5] = "";
    uint32_t code_point;
    memcpy(next, at, left < 4 ? left : 4);
    return format_utf8_bytes(next, &code_point);
}

/* Returns false when it is not UTF-8. */
static bool put_text(FILE *out, struct trace_text text)
{
    bool valid = true;
    putc_unlocked('"', out);
    for (uint64_t i = 0; i < text.bytes;) {
        unsigned char byte = (unsigned char)text.data[i];
        size_t bytes = byte < 0x80 ? 1 : utf8_bytes(text.data + i, text.bytes - i);
        if (!bytes) {
            fputs_unlocked("\xef\xbf\xbd", out);
            valid = false;
            bytes = 1;
        } else if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f) {
            put_escape(out, byte);
        } else {
            fwrite_unlocked(text.data + i, 1, bytes, out);
        }
        i += bytes;
    }
    putc_unlocked('"', out);
    return valid;
}

static void put_hexadecimal(FILE *out, struct trace_text text)
{
    static const char digits[] = "0123456789abcdef";
    putc_unlocked('"', out);
    for (uint64_t i = 0; i < text.bytes; i++) {
        putc_unlocked(digits[(unsigned char)text.data[i] >> 4], out);
        putc_unlocked(digits[(unsigned char)text.data[i] & 15], out);
    }
    putc_unlocked('"', out);
}

static void put_base64(FILE *out, struct trace_text text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    putc_unlocked('"', out);
    for (uint64_t i = 0; i < text.bytes; i += 3) {
        uint32_t bits = 0;
        for (unsigned k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < text.bytes ? (unsigned char)text.data[i + k] : 0u);
        for (unsigned k = 0; k < 4; k++)
            putc_unlocked(i + k > text.bytes ? '=' : digits[bits >> (18 - 6 * k) & 63], out);
    }
    putc_unlocked('"', out);
}

static void put_enum(FILE *out, const struct trace_enum_info *enumeration, uint8_t value)
{
    const char *name = trace_value_name(enumeration, value);
    if (!name && !value) {
        fputs_unlocked("null", out);
        return;
    }
    putc_unlocked('"', out);
    if (name)
        fputs_unlocked(name, out);
    else
        put_decimal(out, value); /* a text, too: a column has one type */
    putc_unlocked('"', out);
}

static void put_field(FILE *out, const struct trace_field_info *field, const void *record)
{
    union field_value value = field_value(field, record);
    switch (field->type) {
    case TRACE_TYPE_u8: put_decimal(out, value.u8); break;
    case TRACE_TYPE_u16: put_decimal(out, value.u16); break;
    case TRACE_TYPE_u32: put_decimal(out, value.u32); break;
    case TRACE_TYPE_u64:
        if (value.u64 == TRACE_UNKNOWN)
            fputs_unlocked("null", out);
        else
            put_decimal(out, value.u64);
        break;
    case TRACE_TYPE_i32: put_signed(out, value.i32); break;
    case TRACE_TYPE_i64: put_signed(out, value.i64); break;
    case TRACE_TYPE_f64: put_real(out, value.f64); break;
    case TRACE_TYPE_enum: put_enum(out, field->enumeration, value.u8); break;
    case TRACE_TYPE_bytes: put_hexadecimal(out, value.text); break;
    case TRACE_TYPE_text:
        if (put_text(out, value.text))
            break;
        put_key(out, false, field->name, "_b64");
        put_base64(out, value.text);
        break;
    }
}

void ndjson_record(FILE *out, const struct trace_record *record, const struct reader_origin *origin)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    fputs_unlocked("{\"time_ns\":", out);
    put_decimal(out, record->time_ns);
    put_key(out, false, "pid", "");
    put_decimal(out, origin->pid);
    put_key(out, false, "stream", "");
    put_decimal(out, origin->stream);
    fputs_unlocked(",\"kind\":\"", out);
    fputs_unlocked(info->name, out);
    fputs_unlocked("\",\"", out);
    fputs_unlocked(info->name, out);
    fputs_unlocked("\":{", out);
    for (const struct trace_field_info *field = info->fields; field->name; field++) {
        if (!strncmp(field->name, "reserved", sizeof "reserved" - 1))
            continue;
        put_key(out, field == info->fields, field->name, "");
        put_field(out, field, &record->process);
    }
    fputs_unlocked("}}\n", out);
}
