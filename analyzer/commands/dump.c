/* SPDX-License-Identifier: MIT
 * Owns: `imgbench dump`: every record as one line of text, driven by the tables of records.def.
 * Must not know: what records mean together. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "analyzer/model/field_value.h"
#include "analyzer/load/find_trace.h"
#include "analyzer/base/message.h"
#include "analyzer/reader/reader.h"
#include "analyzer/base/usage.h"
#include "analyzer/base/damages.h"

#define BYTES_SHOWN 32

/* A record has a dozen numbers, and printf takes most of the time of a dump. */
static void print_decimal(uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + value % 10);
    while (value /= 10);
    fwrite_unlocked(digits + first, 1, sizeof digits - first, stdout);
}

static void print_signed(int64_t value)
{
    if (value < 0)
        putchar_unlocked('-');
    print_decimal(value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static void print_u64(uint64_t value)
{
    if (value == TRACE_UNKNOWN)
        fputs_unlocked("unknown", stdout);
    else
        print_decimal(value);
}

static void print_bytes(struct trace_text text, bool ascii)
{
    for (uint64_t i = 0; i < text.bytes && i < BYTES_SHOWN; i++)
        printf("%02x", (unsigned char)text.data[i]);
    if (text.bytes > BYTES_SHOWN)
        fputs(ascii ? "..." : "\xe2\x80\xa6", stdout);
}

static void print_enum(const struct trace_enum_info *enumeration, unsigned value)
{
    const char *name = trace_value_name(enumeration, value);
    if (name)
        fputs_unlocked(name, stdout);
    else
        print_decimal(value);
}

static void print_text(struct trace_text text, bool ascii)
{
    putchar('"');
    message_escaped(stdout, text.data, text.bytes, ascii);
    putchar('"');
}

static void print_value(const struct trace_field_info *field, const char *record, bool ascii)
{
    union field_value value = field_value(field, record);
    switch (field->type) {
    case TRACE_TYPE_u8: print_decimal(value.u8); break;
    case TRACE_TYPE_u16: print_decimal(value.u16); break;
    case TRACE_TYPE_u32: print_decimal(value.u32); break;
    case TRACE_TYPE_u64: print_u64(value.u64); break;
    case TRACE_TYPE_i32: print_signed(value.i32); break;
    case TRACE_TYPE_i64: print_signed(value.i64); break;
    case TRACE_TYPE_f64: printf("%.15g", value.f64); break;
    case TRACE_TYPE_enum: print_enum(field->enumeration, value.u8); break;
    case TRACE_TYPE_text: print_text(value.text, ascii); break;
    case TRACE_TYPE_bytes: print_bytes(value.text, ascii); break;
    }
}

/* Returns false when standard output takes no more. */
static bool print_record(const struct trace_record *record, const struct reader_origin *origin, uint64_t first_ns,
                         bool ascii)
{
    const struct trace_kind_info *info = trace_kind_info(record->kind);
    uint64_t since_ns = record->time_ns - first_ns;
    printf("%" PRIu64 ".%09" PRIu64 " %" PRIu32 "/%" PRIu32 " %s", since_ns / 1000000000u, since_ns % 1000000000u,
           origin->pid, origin->stream, info->name);
    for (const struct trace_field_info *field = info->fields; field->name; field++) {
        if (!strncmp(field->name, "reserved", sizeof "reserved" - 1))
            continue;
        putchar_unlocked(' ');
        fputs_unlocked(field->name, stdout);
        putchar_unlocked('=');
        print_value(field, (const char *)&record->process, ascii);
    }
    putchar('\n');
    return !ferror(stdout);
}

/* Returns true when there was a record. */
static bool dump_records(struct reader *reader, bool *written)
{
    struct trace_record record;
    struct reader_origin origin;
    bool ascii = message_locale_is_ascii(), any = false;
    uint64_t first_ns = 0;
    while (*written && reader_next(reader, &record, &origin)) {
        if (!any)
            first_ns = record.time_ns;
        any = true;
        *written = print_record(&record, &origin, first_ns, ascii);
    }
    return any;
}

static int dump(const char *path)
{
    char error[4500];
    struct damages damages = {0};
    struct reader *reader = reader_open(path, damages_add, &damages, error, sizeof error);
    if (!reader) {
        damages_drop(&damages);
        message_error("%s", error);
        return CMD_FAILURE;
    }
    bool written = true, any = dump_records(reader, &written);
    reader_close(reader);
    if (any)
        damages_print(&damages);
    else
        damages_nothing_read(&damages, path);
    return any && written ? CMD_OK : CMD_FAILURE;
}

static int run_dump(int argc, char **argv)
{
    static const struct argp_child children[] = {{&find_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {NULL,
                                     find_trace_parse,
                                     "[TRACE]",
                                     "Print every record of a trace, one per line, in time order.\v"
                                     "A line is: seconds since the first record, process id/stream, kind of record, "
                                     "and its fields as name=value. docs/format.md says what each field means. "
                                     "Without TRACE: the newest one.",
                                     children,
                                     NULL,
                                     NULL};
    const char *trace = NULL;
    if (usage_parse(&argp, argc, argv, &trace))
        return CMD_USAGE;
    char *found = find_trace(trace, true);
    if (!found)
        return CMD_FAILURE;
    if (!trace)
        message_error("reading %s", found);
    int result = dump(found);
    free(found);
    return result;
}

const struct command cmd_dump = {"dump", "print every record, one per line", "[TRACE]", run_dump};
