/* SPDX-License-Identifier: MIT
 * Owns: records to packets, and packets to the files of a trace that is written.
 * Must not know: what records mean, why they are written. */
#include "analyzer/writer/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "analyzer/base/memory.h"
#include "analyzer/writer/directory.h"

#define PACKET_BYTES  (256u << 10) /* as the library's largest */
#define WAITING_BYTES (64u << 20)  /* of all open packets together; then all are written */
#define PAGE_BYTES    4096u
#define HEADER_BYTES  sizeof(struct trace_packet_header)

struct writer {
    char *path;
    struct trace_control own;
    struct trace_control *shared; /* of a trace that was there, or NULL */
    struct writer_process **processes;
    size_t processes_count, processes_capacity;
    size_t waiting_bytes;
    int error; /* negative errno, or 0 */
    char *error_at;
};

struct writer_process {
    struct writer *writer;
    char name[48];
    uint32_t pid;
    uint64_t start_ns;
    struct writer_stream **streams;
    size_t streams_count, streams_capacity;
};

struct writer_stream {
    struct writer_process *process;
    uint32_t number, sequence;
    struct trace_packet_header header;
    char *bytes; /* of the open packet, or NULL */
    size_t used, capacity;
    bool stated; /* its header has something to say even without records */
};

static void fail(struct writer *writer, int error, const char *below)
{
    if (writer->error)
        return;
    writer->error = error;
    if (asprintf(&writer->error_at, "%s%s%s", writer->path, *below ? "/" : "", below) < 0)
        writer->error_at = NULL;
}

static struct writer *new_writer(const char *path)
{
    struct writer *writer = memory_zeroed(1, sizeof *writer);
    writer->path = memory_text(path, strlen(path));
    for (size_t n = strlen(path); n > 1 && writer->path[n - 1] == '/'; n--)
        writer->path[n - 1] = '\0';
    return writer;
}

static struct writer *refuse(struct writer *writer, char *error, size_t capacity, const char *what)
{
    snprintf(error, capacity, "%s: %s", writer->path, what);
    free(writer->path);
    free(writer);
    return NULL;
}

struct writer *writer_create(const char *path, const struct trace_control *control, char *error, size_t capacity)
{
    struct writer *writer = new_writer(path);
    int result = writer_directory_make(writer->path);
    if (result == -ENOTEMPTY)
        return refuse(writer, error, capacity, "there is something in it; name a directory that is empty or new");
    if (result == -ENOTDIR)
        return refuse(writer, error, capacity, "not a directory; name one that is empty or new");
    writer->own = *control;
    result = result ? result : writer_directory_begin(writer->path, control);
    return result ? refuse(writer, error, capacity, strerror(-result)) : writer;
}

struct writer *writer_open(const char *path, char *error, size_t capacity)
{
    struct writer *writer = new_writer(path);
    int result = writer_directory_map(writer->path, &writer->shared);
    if (result == -EPROTO || result == -ENOENT || result == -ENOTDIR)
        return refuse(writer, error, capacity, "not a trace; give the trace directory that a traced run made");
    if (result == -EPROTONOSUPPORT)
        return refuse(writer, error, capacity, "a trace of another version of imgbench; use that one's");
    if (result)
        return refuse(writer, error, capacity, strerror(-result));
    writer->own = *writer->shared;
    return writer;
}

const struct trace_control *writer_control(const struct writer *writer)
{
    return writer->shared ? writer->shared : &writer->own;
}

/* Whole pages: what a file takes on the disk. */
static bool reserve(const struct writer *writer, size_t bytes)
{
    if (!writer->shared)
        return true;
    uint64_t pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    _Atomic uint64_t *used = (_Atomic uint64_t *)&writer->shared->bytes_used;
    if (atomic_fetch_add(used, pages) + pages <= writer->shared->quota_bytes)
        return true;
    atomic_fetch_sub(used, pages);
    return false;
}

struct writer_process *writer_process_open(struct writer *writer, uint32_t pid, uint64_t start_ns)
{
    if (writer->error)
        return NULL;
    struct writer_process *process = memory_zeroed(1, sizeof *process);
    process->writer = writer;
    process->pid = pid;
    process->start_ns = start_ns;
    snprintf(process->name, sizeof process->name, "%" PRIu32 "-%" PRIu64, pid, start_ns);
    int error = writer_directory_process(writer->path, process->name, writer->own.realtime_offset_ns);
    if (error) {
        fail(writer, error, process->name);
        free(process);
        return NULL;
    }
    *MEMORY_APPEND(writer, processes) = process;
    return process;
}

struct writer_stream *writer_stream_open(struct writer_process *process, uint32_t number)
{
    if (!process)
        return NULL;
    struct writer_stream *stream = memory_zeroed(1, sizeof *stream);
    stream->process = process;
    stream->number = number;
    /* Other readers merge streams of one instance: it is the process's start, as the library's is, and the number. */
    stream->header = (struct trace_packet_header){.magic = TRACE_MAGIC,
                                                  .stream_instance_id = (uint64_t)(process->pid & 0x3fffff) << 42 |
                                                                        (process->start_ns / 1000 & 0x3fff) << 28 |
                                                                        (number & 0xfffffff),
                                                  .pid = process->pid};
    *MEMORY_APPEND(process, streams) = stream;
    return stream;
}

static void cut(struct writer_stream *stream)
{
    struct writer *writer = stream->process->writer;
    char name[32], below[96], directory[WRITER_PATH_MAX];
    if (!stream->bytes)
        return;
    struct trace_packet_header *header = &stream->header;
    header->content_size = header->packet_size = stream->used * 8;
    header->packet_seq_num = stream->sequence;
    memcpy(stream->bytes, header, HEADER_BYTES);
    snprintf(name, sizeof name, "%" PRIu32 ".%" PRIu32, stream->number, stream->sequence++);
    snprintf(below, sizeof below, "%s/%s", stream->process->name, name);
    int length = snprintf(directory, sizeof directory, "%s/%s", writer->path, stream->process->name);
    int error = length < 0 || (size_t)length >= sizeof directory ? -ENAMETOOLONG
                : !reserve(writer, stream->used)                 ? -EDQUOT
                : writer->error                                  ? writer->error
                                : writer_directory_file(directory, name, stream->bytes, stream->used);
    if (error)
        fail(writer, error, below);
    writer->waiting_bytes -= stream->capacity;
    free(stream->bytes);
    stream->bytes = NULL;
    stream->used = stream->capacity = 0;
    stream->stated = false;
}

static void cut_all(const struct writer *writer)
{
    for (size_t p = 0; p < writer->processes_count; p++)
        for (size_t s = 0; s < writer->processes[p]->streams_count; s++)
            cut(writer->processes[p]->streams[s]);
}

/* Room for so many more bytes in the open packet, or in a new one. */
static char *room(struct writer_stream *stream, size_t bytes, uint64_t time_ns)
{
    struct writer *writer = stream->process->writer;
    if (stream->bytes && stream->used + bytes > PACKET_BYTES)
        cut(stream);
    if (!stream->bytes) {
        if (writer->waiting_bytes > WAITING_BYTES)
            cut_all(writer);
        stream->used = HEADER_BYTES;
        stream->header.timestamp_begin = time_ns;
    }
    if (stream->used + bytes > stream->capacity) {
        size_t capacity = stream->capacity ? stream->capacity * 2 : 4096;
        while (capacity < stream->used + bytes)
            capacity *= 2;
        stream->bytes = memory_checked(realloc(stream->bytes, capacity));
        writer->waiting_bytes += capacity - stream->capacity;
        stream->capacity = capacity;
    }
    return stream->bytes + stream->used;
}

bool writer_put(struct writer_stream *stream, const struct trace_record *record)
{
    if (!stream || stream->process->writer->error)
        return false;
    size_t bytes = trace_encoded_bytes(record->kind, &record->process);
    char *at = room(stream, bytes, record->time_ns);
    trace_encode(record->kind, record->time_ns, &record->process, at, bytes);
    stream->header.timestamp_end = record->time_ns;
    stream->used += bytes;
    return true;
}

void writer_stream_state(struct writer_stream *stream, uint32_t in_flight_hook, uint64_t since_ns, uint64_t discarded)
{
    if (!stream)
        return;
    stream->header.in_flight_hook = in_flight_hook;
    stream->header.in_flight_since_ns = in_flight_hook ? since_ns : 0;
    stream->header.events_discarded = discarded;
    stream->stated = in_flight_hook || discarded;
}

bool writer_close(struct writer *writer, char *error, size_t capacity)
{
    for (size_t p = 0; p < writer->processes_count; p++) {
        struct writer_process *process = writer->processes[p];
        for (size_t s = 0; s < process->streams_count; s++) {
            if (process->streams[s]->stated)
                room(process->streams[s], 0, process->streams[s]->header.timestamp_end);
            cut(process->streams[s]);
            free(process->streams[s]);
        }
        free(process->streams);
        free(process);
    }
    bool good = !writer->error;
    if (writer->error == -EDQUOT && writer->shared)
        snprintf(error, capacity, "%s: cannot be written: the %" PRIu64 " bytes of IMGBENCH_QUOTA are used up",
                 writer->error_at ? writer->error_at : writer->path, writer->shared->quota_bytes);
    else if (!good)
        snprintf(error, capacity, "%s: cannot be written: %s", writer->error_at ? writer->error_at : writer->path,
                 strerror(-writer->error));
    if (writer->shared)
        munmap(writer->shared, TRACE_CONTROL_BYTES);
    free(writer->processes);
    free(writer->error_at);
    free(writer->path);
    free(writer);
    return good;
}
