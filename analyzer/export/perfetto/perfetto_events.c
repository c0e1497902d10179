/* SPDX-License-Identifier: MIT
 * Owns: packets of the Perfetto export: tracks, events, numbered texts; their numbers in Perfetto's schema.
 * Must not know: what is written. */
#include "analyzer/export/perfetto/perfetto_events.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

enum { TRACE_PACKET = 1 };
enum packet_field {
    PACKET_CLOCK_SNAPSHOT = 6,
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE_ID = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_INTERNED_DATA = 12,
    PACKET_SEQUENCE_FLAGS = 13,
    PACKET_TIMESTAMP_CLOCK_ID = 58,
    PACKET_DEFAULTS = 59,
    PACKET_TRACK_DESCRIPTOR = 60
};
enum { SEQUENCE_CLEARED = 1, SEQUENCE_NEEDS_STATE = 2 };
enum { CLOCK_SNAPSHOT_CLOCKS = 1, CLOCK_SNAPSHOT_PRIMARY = 2, CLOCK_ID = 1, CLOCK_TIMESTAMP = 2 };
enum { BUILTIN_REALTIME = 1, BUILTIN_MONOTONIC = 3 };
enum descriptor_field {
    DESCRIPTOR_UUID = 1,
    DESCRIPTOR_NAME = 2,
    DESCRIPTOR_PROCESS = 3,
    DESCRIPTOR_THREAD = 4,
    DESCRIPTOR_PARENT = 5,
    DESCRIPTOR_COUNTER = 8
};
enum { PROCESS_PID = 1, PROCESS_CMDLINE = 2, PROCESS_NAME = 6, PROCESS_START = 7 };
enum { THREAD_PID = 1, THREAD_TID = 2, THREAD_NAME = 5 };
enum { COUNTER_UNIT = 3 };
enum event_field {
    EVENT_CATEGORY_IIDS = 3,
    EVENT_ANNOTATIONS = 4,
    EVENT_TYPE = 9,
    EVENT_NAME_IID = 10,
    EVENT_TRACK = 11,
    EVENT_NAME = 23,
    EVENT_COUNTER = 30,
    EVENT_DOUBLE_COUNTER = 44
};
enum { TYPE_SLICE_BEGIN = 1, TYPE_SLICE_END = 2, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };
enum {
    ANNOTATION_NAME_IID = 1,
    ANNOTATION_UINT = 3,
    ANNOTATION_DOUBLE = 5,
    ANNOTATION_STRING = 6,
    ANNOTATION_STRING_IID = 17
};
enum { INTERNED_CATEGORIES = 1, INTERNED_NAMES = 2, INTERNED_ARGUMENTS = 3, INTERNED_TEXTS = 29 };
enum { INTERNED_IID = 1, INTERNED_TEXT = 2 };

static const char *const categories[] = {
    [CATEGORY_PROCESS] = "process", [CATEGORY_IMAGE] = "image", [CATEGORY_STAGE] = "stage",
    [CATEGORY_CODEC] = "codec",     [CATEGORY_ROWS] = "rows",   [CATEGORY_IO] = "io",
    [CATEGORY_MEMORY] = "memory",   [CATEGORY_MARK] = "mark",
};
static const char *const arguments[] = {
    [ARGUMENT_FILE] = "file",
    [ARGUMENT_BYTES] = "bytes",
    [ARGUMENT_KERNEL_BYTES] = "kernel_bytes",
    [ARGUMENT_OFFSET] = "offset",
    [ARGUMENT_CALLS] = "calls",
    [ARGUMENT_ERROR] = "errno",
    [ARGUMENT_ROLE] = "role",
    [ARGUMENT_OUTCOME] = "outcome",
    [ARGUMENT_SESSION] = "session",
    [ARGUMENT_SOURCE_BYTES] = "source_bytes",
    [ARGUMENT_TARGET_BYTES] = "target_bytes",
    [ARGUMENT_IO_NS] = "io_ns",
    [ARGUMENT_BUSY_NS] = "busy_ns",
    [ARGUMENT_CPU_NS] = "cpu_ns",
    [ARGUMENT_IMAGE] = "image",
    [ARGUMENT_STATUS] = "status",
    [ARGUMENT_INPUT] = "input",
    [ARGUMENT_OUTPUT] = "output",
    [ARGUMENT_BYTES_IN] = "bytes_in",
    [ARGUMENT_BYTES_OUT] = "bytes_out",
    [ARGUMENT_SIZE_RATIO] = "size_ratio",
    [ARGUMENT_SETTING] = "setting",
    [ARGUMENT_QUALITY_RETAINED] = "quality_retained",
    [ARGUMENT_SOURCE] = "source",
    [ARGUMENT_PID] = "pid",
    [ARGUMENT_TID] = "tid",
    [ARGUMENT_DATA] = "data",
};

uint64_t perfetto_process_track(uint32_t process)
{
    return (uint64_t)(process + 1) << 32;
}

uint64_t perfetto_thread_track(uint32_t process, uint32_t tid)
{
    /* tid 0 is a thread that nobody named: its number is none that a kernel gives */
    return perfetto_process_track(process) | (tid ? tid : UINT32_MAX);
}

uint64_t perfetto_new_track(struct perfetto *perfetto)
{
    return ++perfetto->last_track;
}

static void begin_packet(struct perfetto *perfetto, unsigned flags)
{
    perfetto->packet.count = 0;
    proto_integer(&perfetto->packet, PACKET_SEQUENCE_ID, 1);
    proto_integer(&perfetto->packet, PACKET_SEQUENCE_FLAGS, flags);
}

static void state_packet(struct perfetto *perfetto)
{
    begin_packet(perfetto, SEQUENCE_NEEDS_STATE);
}

static void write_packet(struct perfetto *perfetto)
{
    size_t left = perfetto->packet.count;
    putc_unlocked(TRACE_PACKET << 3 | 2, perfetto->out);
    for (; left >= 0x80; left >>= 7)
        putc_unlocked((int)(left & 0x7f) | 0x80, perfetto->out);
    putc_unlocked((int)left, perfetto->out);
    fwrite_unlocked(perfetto->packet.bytes, 1, perfetto->packet.count, perfetto->out);
}

static void put_interned(struct proto *packet, unsigned list, uint64_t number, const char *text, size_t bytes)
{
    size_t entry = proto_begin(packet, list);
    proto_integer(packet, INTERNED_IID, number);
    proto_text(packet, INTERNED_TEXT, text, bytes);
    proto_end(packet, entry);
}

static uint32_t number_of(struct perfetto *perfetto, struct intern *table, unsigned list, const char *text,
                          size_t bytes)
{
    bool fresh;
    uint32_t number = intern(table, text, bytes, &fresh);
    if (!fresh)
        return number;
    state_packet(perfetto);
    size_t data = proto_begin(&perfetto->packet, PACKET_INTERNED_DATA);
    put_interned(&perfetto->packet, list, number, text, bytes);
    proto_end(&perfetto->packet, data);
    write_packet(perfetto);
    return number;
}

uint32_t perfetto_name(struct perfetto *perfetto, const char *text, size_t bytes)
{
    return number_of(perfetto, &perfetto->names, INTERNED_NAMES, text, bytes);
}

uint32_t perfetto_text(struct perfetto *perfetto, const char *text, size_t bytes)
{
    return number_of(perfetto, &perfetto->texts, INTERNED_TEXTS, text, bytes);
}

static void put_clock(struct proto *packet, unsigned id, uint64_t time_ns)
{
    size_t clock = proto_begin(packet, CLOCK_SNAPSHOT_CLOCKS);
    proto_integer(packet, CLOCK_ID, id);
    proto_integer(packet, CLOCK_TIMESTAMP, time_ns);
    proto_end(packet, clock);
}

/* Everything that later packets take for granted. */
void perfetto_write_head(struct perfetto *perfetto)
{
    const struct run *run = perfetto->metrics->run;
    struct proto *packet = &perfetto->packet;
    begin_packet(perfetto, SEQUENCE_CLEARED | SEQUENCE_NEEDS_STATE);
    size_t defaults = proto_begin(packet, PACKET_DEFAULTS);
    proto_integer(packet, PACKET_TIMESTAMP_CLOCK_ID, BUILTIN_MONOTONIC);
    proto_end(packet, defaults);
    size_t snapshot = proto_begin(packet, PACKET_CLOCK_SNAPSHOT);
    put_clock(packet, BUILTIN_MONOTONIC, run->start_ns);
    put_clock(packet, BUILTIN_REALTIME, run->start_ns + (uint64_t)run->realtime_offset_ns);
    /* What CLOCK_BOOTTIME said is not recorded: with this, nothing is converted to it. */
    proto_integer(packet, CLOCK_SNAPSHOT_PRIMARY, BUILTIN_MONOTONIC);
    proto_end(packet, snapshot);
    size_t data = proto_begin(packet, PACKET_INTERNED_DATA);
    for (size_t i = 1; i < sizeof categories / sizeof *categories; i++)
        put_interned(packet, INTERNED_CATEGORIES, i, categories[i], strlen(categories[i]));
    for (size_t i = 1; i < sizeof arguments / sizeof *arguments; i++)
        put_interned(packet, INTERNED_ARGUMENTS, i, arguments[i], strlen(arguments[i]));
    proto_end(packet, data);
    write_packet(perfetto);
}

static size_t begin_descriptor(struct perfetto *perfetto, uint64_t track, uint64_t parent)
{
    state_packet(perfetto);
    size_t descriptor = proto_begin(&perfetto->packet, PACKET_TRACK_DESCRIPTOR);
    proto_integer(&perfetto->packet, DESCRIPTOR_UUID, track);
    if (parent)
        proto_integer(&perfetto->packet, DESCRIPTOR_PARENT, parent);
    return descriptor;
}

static void end_descriptor(struct perfetto *perfetto, size_t descriptor)
{
    proto_end(&perfetto->packet, descriptor);
    write_packet(perfetto);
}

void perfetto_describe_track(struct perfetto *perfetto, uint64_t track, uint64_t parent, const char *name)
{
    size_t descriptor = begin_descriptor(perfetto, track, parent);
    proto_text(&perfetto->packet, DESCRIPTOR_NAME, name, strlen(name));
    end_descriptor(perfetto, descriptor);
}

void perfetto_describe_counter(struct perfetto *perfetto, uint64_t track, uint64_t parent, const char *name,
                               enum perfetto_unit unit)
{
    size_t descriptor = begin_descriptor(perfetto, track, parent);
    proto_text(&perfetto->packet, DESCRIPTOR_NAME, name, strlen(name));
    size_t counter = proto_begin(&perfetto->packet, DESCRIPTOR_COUNTER);
    proto_integer(&perfetto->packet, COUNTER_UNIT, unit);
    proto_end(&perfetto->packet, counter);
    end_descriptor(perfetto, descriptor);
}

void perfetto_describe_process(struct perfetto *perfetto, uint32_t index)
{
    const struct process *process = &perfetto->metrics->run->processes[index];
    struct proto *packet = &perfetto->packet;
    size_t descriptor = begin_descriptor(perfetto, perfetto_process_track(index), 0);
    size_t message = proto_begin(packet, DESCRIPTOR_PROCESS);
    proto_integer(packet, PROCESS_PID, process->pid);
    for (size_t i = 0; i < process->argc; i++)
        proto_text(packet, PROCESS_CMDLINE, process->argv[i], strlen(process->argv[i]));
    const char *name = process->exe && strrchr(process->exe, '/') ? strrchr(process->exe, '/') + 1 : process->exe;
    if (name && *name)
        proto_text(packet, PROCESS_NAME, name, strlen(name));
    proto_integer(packet, PROCESS_START, process->start_ns);
    proto_end(packet, message);
    end_descriptor(perfetto, descriptor);
}

void perfetto_describe_thread(struct perfetto *perfetto, uint32_t process, uint32_t tid, struct trace_text name)
{
    struct proto *packet = &perfetto->packet;
    if (!tid) { /* the idle thread's number in Perfetto, and in the kernel */
        perfetto_describe_track(perfetto, perfetto_thread_track(process, tid), perfetto_process_track(process),
                                "thread whose start is not recorded");
        return;
    }
    size_t descriptor =
        begin_descriptor(perfetto, perfetto_thread_track(process, tid), perfetto_process_track(process));
    size_t message = proto_begin(packet, DESCRIPTOR_THREAD);
    proto_integer(packet, THREAD_PID, perfetto->metrics->run->processes[process].pid);
    proto_integer(packet, THREAD_TID, tid);
    if (name.bytes)
        proto_text(packet, THREAD_NAME, name.data, name.bytes);
    proto_end(packet, message);
    end_descriptor(perfetto, descriptor);
}

static size_t begin_event(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, unsigned type)
{
    state_packet(perfetto);
    proto_integer(&perfetto->packet, PACKET_TIMESTAMP, time_ns);
    size_t event = proto_begin(&perfetto->packet, PACKET_TRACK_EVENT);
    proto_integer(&perfetto->packet, EVENT_TYPE, type);
    proto_integer(&perfetto->packet, EVENT_TRACK, track);
    return event;
}

static size_t begin_named(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, unsigned type,
                          enum perfetto_category category, uint32_t name)
{
    size_t event = begin_event(perfetto, track, time_ns, type);
    proto_integer(&perfetto->packet, EVENT_CATEGORY_IIDS, category);
    if (name)
        proto_integer(&perfetto->packet, EVENT_NAME_IID, name);
    else
        proto_text(&perfetto->packet, EVENT_NAME, "(too many names)", 16);
    return event;
}

size_t perfetto_open_slice(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, enum perfetto_category category,
                           uint32_t name)
{
    return begin_named(perfetto, track, time_ns, TYPE_SLICE_BEGIN, category, name);
}

size_t perfetto_open_instant(struct perfetto *perfetto, uint64_t track, uint64_t time_ns,
                             enum perfetto_category category, uint32_t name)
{
    return begin_named(perfetto, track, time_ns, TYPE_INSTANT, category, name);
}

void perfetto_end_event(struct perfetto *perfetto, size_t event)
{
    proto_end(&perfetto->packet, event);
    write_packet(perfetto);
}

void perfetto_close_slice(struct perfetto *perfetto, uint64_t track, uint64_t time_ns)
{
    perfetto_end_event(perfetto, begin_event(perfetto, track, time_ns, TYPE_SLICE_END));
}

void perfetto_argument_number(struct perfetto *perfetto, enum perfetto_argument argument, uint64_t value)
{
    size_t annotation = proto_begin(&perfetto->packet, EVENT_ANNOTATIONS);
    proto_integer(&perfetto->packet, ANNOTATION_NAME_IID, argument);
    proto_integer(&perfetto->packet, ANNOTATION_UINT, value);
    proto_end(&perfetto->packet, annotation);
}

void perfetto_argument_real(struct perfetto *perfetto, enum perfetto_argument argument, double value)
{
    size_t annotation = proto_begin(&perfetto->packet, EVENT_ANNOTATIONS);
    proto_integer(&perfetto->packet, ANNOTATION_NAME_IID, argument);
    proto_double(&perfetto->packet, ANNOTATION_DOUBLE, value);
    proto_end(&perfetto->packet, annotation);
}

void perfetto_argument_text(struct perfetto *perfetto, enum perfetto_argument argument, uint32_t text)
{
    size_t annotation = proto_begin(&perfetto->packet, EVENT_ANNOTATIONS);
    proto_integer(&perfetto->packet, ANNOTATION_NAME_IID, argument);
    if (text)
        proto_integer(&perfetto->packet, ANNOTATION_STRING_IID, text);
    else
        proto_text(&perfetto->packet, ANNOTATION_STRING, "(too many texts)", 16);
    proto_end(&perfetto->packet, annotation);
}

void perfetto_count(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, uint64_t value)
{
    size_t event = begin_event(perfetto, track, time_ns, TYPE_COUNTER);
    proto_integer(&perfetto->packet, EVENT_COUNTER, value);
    perfetto_end_event(perfetto, event);
}

void perfetto_count_real(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, double value)
{
    size_t event = begin_event(perfetto, track, time_ns, TYPE_COUNTER);
    proto_double(&perfetto->packet, EVENT_DOUBLE_COUNTER, value);
    perfetto_end_event(perfetto, event);
}
