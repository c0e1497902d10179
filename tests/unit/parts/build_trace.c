/* SPDX-License-Identifier: MIT
 * Owns: trace directories made of records given in C, and ways to damage them.
 * Must not know: who reads them. */
#include "tests/unit/parts/build_trace.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REALTIME_OFFSET_NS INT64_C(1700000000123456789)

struct build_process {
    char name[64];
    uint32_t pid;
    unsigned streams;
};

struct build_stream {
    unsigned process;
    unsigned number; /* in its process */
    unsigned sequence;
    char *bytes;
    size_t used, capacity;
    uint64_t first_ns, last_ns;
    uint64_t discarded, since_ns;
    uint32_t hook;
};

struct build_trace {
    char path[PATH_MAX / 2];
    char packet[PATH_MAX];
    struct build_process *processes;
    unsigned process_count;
    struct build_stream *streams;
    unsigned stream_count;
};

static void *grown(void *array, size_t count, size_t size)
{
    void *larger = realloc(array, count * size);
    if (!larger)
        err(1, "build_trace");
    return larger;
}

static void write_file(const char *path, const void *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, count) != (ssize_t)count || close(fd))
        err(1, "%s", path);
}

struct build_trace *build_trace_new(void)
{
    struct build_trace *trace = grown(NULL, 1, sizeof *trace);
    memset(trace, 0, sizeof *trace);
    const char *temp = getenv("TMPDIR");
    int bytes = snprintf(trace->path, sizeof trace->path, "%s/imgbench-test-XXXXXX", temp ? temp : "/tmp");
    if (bytes < 0 || (size_t)bytes >= sizeof trace->path || !mkdtemp(trace->path))
        err(1, "%s", trace->path);
    char page[TRACE_CONTROL_BYTES] = {0};
    struct trace_control control = {.magic = TRACE_CONTROL_MAGIC,
                                    .version = TRACE_VERSION,
                                    .state = TRACE_STATE_RECORDING,
                                    .realtime_offset_ns = REALTIME_OFFSET_NS};
    memcpy(page, &control, sizeof control);
    build_trace_file(trace, TRACE_CONTROL_NAME, page, sizeof page);
    return trace;
}

static void remove_tree(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char name[PATH_MAX];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name))
            remove_tree(name);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

void build_trace_free(struct build_trace *trace)
{
    remove_tree(trace->path);
    for (unsigned i = 0; i < trace->stream_count; i++)
        free(trace->streams[i].bytes);
    free(trace->streams);
    free(trace->processes);
    free(trace);
}

const char *build_trace_path(const struct build_trace *trace)
{
    return trace->path;
}

unsigned build_trace_process(struct build_trace *trace, uint32_t pid, uint64_t start_ns)
{
    trace->processes = grown(trace->processes, trace->process_count + 1u, sizeof *trace->processes);
    struct build_process *process = &trace->processes[trace->process_count];
    *process = (struct build_process){.pid = pid};
    snprintf(process->name, sizeof process->name, "%" PRIu32 "-%" PRIu64, pid, start_ns);
    char path[PATH_MAX], first[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", trace->path, process->name);
    if (mkdir(path, 0700))
        err(1, "%s", path);
    snprintf(path, sizeof path, "%s/%s/%s", trace->path, process->name, TRACE_METADATA_NAME);
    snprintf(first, sizeof first, "%s/%s/%s", trace->path, trace->processes[0].name, TRACE_METADATA_NAME);
    if (trace->process_count) {
        if (link(first, path))
            err(1, "%s", path);
    } else {
        static char text[65536];
        write_file(path, text, trace_metadata(REALTIME_OFFSET_NS, text, sizeof text));
    }
    return trace->process_count++;
}

unsigned build_trace_stream(struct build_trace *trace, unsigned process)
{
    trace->streams = grown(trace->streams, trace->stream_count + 1u, sizeof *trace->streams);
    trace->streams[trace->stream_count] =
        (struct build_stream){.process = process, .number = trace->processes[process].streams++};
    return trace->stream_count++;
}

static char *room(struct build_stream *stream, size_t bytes)
{
    if (!stream->used)
        stream->used = sizeof(struct trace_packet_header);
    if (stream->used + bytes > stream->capacity) {
        stream->capacity = (stream->used + bytes) * 2;
        stream->bytes = grown(stream->bytes, stream->capacity, 1);
    }
    return stream->bytes + stream->used;
}

void build_trace_add(struct build_trace *trace, unsigned number, uint64_t time_ns, enum trace_kind kind,
                     const void *record)
{
    struct build_stream *stream = &trace->streams[number];
    size_t bytes = trace_encoded_bytes(kind, record);
    char *at = room(stream, bytes);
    if (stream->used == sizeof(struct trace_packet_header))
        stream->first_ns = time_ns;
    stream->last_ns = time_ns;
    if (trace_encode(kind, time_ns, record, at, bytes) != bytes)
        errx(1, "build_trace: a record has two lengths");
    stream->used += bytes;
}

/* Where a record of the open packet begins. */
static size_t start_of(const struct build_stream *stream, unsigned record, unsigned *count)
{
    size_t at = sizeof(struct trace_packet_header), used;
    struct trace_record ignored;
    for (*count = 0; *count < record && at < stream->used; ++*count, at += used)
        if (trace_decode(stream->bytes + at, stream->used - at, &ignored, &used))
            break;
    return at;
}

unsigned build_trace_records(const struct build_trace *trace, unsigned stream)
{
    unsigned count;
    start_of(&trace->streams[stream], UINT_MAX, &count);
    return count;
}

void build_trace_keep(struct build_trace *trace, unsigned stream, unsigned records)
{
    unsigned count;
    trace->streams[stream].used = start_of(&trace->streams[stream], records, &count);
}

void build_trace_in_flight(struct build_trace *trace, unsigned stream, uint32_t hook, uint64_t since_ns)
{
    trace->streams[stream].hook = hook;
    trace->streams[stream].since_ns = since_ns;
}

void build_trace_discarded(struct build_trace *trace, unsigned stream, uint64_t records)
{
    trace->streams[stream].discarded = records;
}

void build_trace_cut(struct build_trace *trace, unsigned number)
{
    struct build_stream *stream = &trace->streams[number];
    room(stream, 0);
    struct trace_packet_header header = {.magic = TRACE_MAGIC,
                                         .stream_instance_id = number + 1u,
                                         .timestamp_begin = stream->first_ns,
                                         .timestamp_end = stream->last_ns,
                                         .content_size = stream->used * 8u,
                                         .packet_size = stream->used * 8u,
                                         .packet_seq_num = stream->sequence,
                                         .events_discarded = stream->discarded,
                                         .in_flight_since_ns = stream->since_ns,
                                         .in_flight_hook = stream->hook,
                                         .pid = trace->processes[stream->process].pid};
    memcpy(stream->bytes, &header, sizeof header);
    write_file(build_trace_packet(trace, number, stream->sequence), stream->bytes, stream->used);
    stream->used = 0;
    stream->sequence++;
}

void build_trace_finish(struct build_trace *trace)
{
    for (unsigned i = 0; i < trace->stream_count; i++)
        if (trace->streams[i].used)
            build_trace_cut(trace, i);
}

const char *build_trace_packet(struct build_trace *trace, unsigned number, unsigned sequence)
{
    const struct build_stream *stream = &trace->streams[number];
    snprintf(trace->packet, sizeof trace->packet, "%s/%s/%u.%u", trace->path, trace->processes[stream->process].name,
             stream->number, sequence);
    return trace->packet;
}

void build_trace_poke(const char *path, uint64_t offset, const void *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, bytes, count, (off_t)offset) != (ssize_t)count || close(fd))
        err(1, "%s", path);
}

void build_trace_file(struct build_trace *trace, const char *name, const void *bytes, size_t count)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", trace->path, name);
    write_file(path, bytes, count);
}

/* A value that differs from field to field and is a legal one where the field is an enumeration. */
static void fill_field(const struct trace_field_info *field, unsigned index, char *record)
{
    static const char text[] = "sample text /tmp/caf\xc3\xa9.png";
    static const unsigned bytes_of[] = {[TRACE_TYPE_u8] = 1,  [TRACE_TYPE_u16] = 2, [TRACE_TYPE_u32] = 4,
                                        [TRACE_TYPE_u64] = 8, [TRACE_TYPE_i32] = 4, [TRACE_TYPE_i64] = 8};
    char *at = record + field->offset;
    if (field->type == TRACE_TYPE_enum) {
        *at = (char)field->enumeration->values[0].value;
    } else if (field->type == TRACE_TYPE_f64) {
        double value = index + 0.5;
        memcpy(at, &value, sizeof value);
    } else if (field->type == TRACE_TYPE_text || field->type == TRACE_TYPE_bytes) {
        struct trace_text value = {text, (index * 5u) % sizeof text};
        memcpy(at, &value, sizeof value);
    } else {
        memset(at, (int)(index + 1), bytes_of[field->type]);
    }
}

void build_trace_sample(enum trace_kind kind, struct trace_record *record)
{
    const struct trace_kind_info *info = trace_kind_info(kind);
    memset(record, 0, sizeof *record);
    record->kind = kind;
    for (unsigned i = 0; info->fields[i].name; i++)
        fill_field(&info->fields[i], i, (char *)&record->process);
}
