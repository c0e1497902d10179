/* SPDX-License-Identifier: MIT
 * Owns: one stream: its packets one after the other, at most one of them in memory.
 * Must not know: other streams, what records mean.
 *
 * Packets are read, not mapped: a live trace is truncated under us, and a mapping would then end in SIGBUS. */
#include "analyzer/reader/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES sizeof(struct trace_packet_header)
#define AHEAD_BYTES  192 /* about three records */

static struct reader_packet packet_of(const struct reader_stream *stream, const struct reader_files *files)
{
    return files->processes[stream->process].packets[stream->next];
}

#define REPORT(stream, files, report, offset, ...)                                                                     \
    do {                                                                                                               \
        char path_[READER_PATH_MAX];                                                                                   \
        reader_files_path(files, (stream)->process, packet_of(stream, files), path_);                                  \
        reader_report_damage(report, (stream)->process, path_, offset, __VA_ARGS__);                                   \
    } while (0)

static void drop_packet(struct reader_stream *stream)
{
    free(stream->bytes);
    stream->bytes = NULL;
    stream->next++;
}

/* Reads up to count bytes from the start of a file; returns how many there were, or -1. */
static ssize_t read_start(int fd, char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = pread(fd, bytes + done, count - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static uint64_t record_time(const struct reader_stream *stream, const char *bytes)
{
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    return header >> 8 > stream->time_ns ? header >> 8 : stream->time_ns;
}

static void note_header(struct reader_stream *stream, const char *bytes)
{
    struct trace_packet_header header;
    memcpy(&header, bytes, sizeof header);
    stream->pid = header.pid;
    stream->in_flight_hook = header.in_flight_hook;
    stream->in_flight_since_ns = header.in_flight_since_ns;
    if (header.events_discarded > stream->discarded)
        stream->discarded = header.events_discarded;
}

/* Checks a packet header. Returns the bytes of content that can be read, or 0 after having reported why not. */
static size_t check_header(const struct reader_stream *stream, const struct reader_files *files,
                           struct reader_report *report, const char *bytes, uint64_t file_bytes, int *error)
{
    size_t content;
    if (!file_bytes) {
        REPORT(stream, files, report, 0, "the file is empty; its packet was lost");
        return 0;
    }
    *error = trace_check_packet(bytes, file_bytes, &content);
    if (*error == TRACE_ERROR_SHORT)
        REPORT(stream, files, report, file_bytes, "the file ends inside the packet header");
    else if (*error == TRACE_ERROR_MAGIC)
        REPORT(stream, files, report, 0, "not a trace packet; it is skipped");
    else if (*error && !content)
        REPORT(stream, files, report, offsetof(struct trace_packet_header, content_size),
               "the packet header contradicts itself; the packet is skipped");
    return content;
}

static void report_end(const struct reader_stream *stream, const struct reader_files *files,
                       struct reader_report *report, const char *bytes, size_t content)
{
    struct trace_packet_header header;
    memcpy(&header, bytes, sizeof header);
    REPORT(stream, files, report, content, "the file ends here, but its packet has %" PRIu64 " bytes",
           header.content_size / 8);
}

/* Looks at the start of packet `next`: is there a record, and when? */
static bool peek(struct reader_stream *stream, const struct reader_files *files, struct reader_report *report)
{
    char bytes[HEADER_BYTES + TRACE_HEADER_BYTES] = {0};
    uint64_t file_bytes;
    int error = TRACE_OK;
    int fd = reader_files_open(files, stream->process, packet_of(stream, files), report, &file_bytes);
    if (fd < 0)
        return false;
    ssize_t got = read_start(fd, bytes, sizeof bytes);
    int read_error = errno;
    close(fd);
    if (got < 0) {
        REPORT(stream, files, report, 0, "this packet cannot be read: %s", strerror(read_error));
        return false;
    }
    if ((size_t)got < sizeof bytes)
        file_bytes = (uint64_t)got;
    size_t content = check_header(stream, files, report, bytes, file_bytes, &error);
    if (!content)
        return false;
    note_header(stream, bytes);
    if (content < sizeof bytes) {
        if (error)
            report_end(stream, files, report, bytes, content);
        return false;
    }
    stream->time_ns = record_time(stream, bytes + HEADER_BYTES);
    return true;
}

/* Reads packet `next`, into room (READER_PACKET_MAX bytes) or, without one, memory of its own. It may differ from what
 * peek saw: a live trace grows, and loses its zero tail at exit. */
static bool load(struct reader_stream *stream, const struct reader_files *files, struct reader_report *report,
                 char *room)
{
    uint64_t file_bytes;
    int error = TRACE_OK;
    int fd = reader_files_open(files, stream->process, packet_of(stream, files), report, &file_bytes);
    if (fd < 0)
        return false;
    size_t wanted = file_bytes < READER_PACKET_MAX ? (size_t)file_bytes : READER_PACKET_MAX;
    char *bytes = room ? room : malloc(wanted ? wanted : 1);
    ssize_t got = bytes ? read_start(fd, bytes, wanted) : -1;
    if (got < 0)
        REPORT(stream, files, report, 0, "this packet cannot be read: %s", bytes ? strerror(errno) : "out of memory");
    close(fd);
    size_t content = got < 0 ? 0 : check_header(stream, files, report, bytes, (uint64_t)got, &error);
    if (!content) {
        if (!room)
            free(bytes);
        return false;
    }
    note_header(stream, bytes);
    if (error && file_bytes > READER_PACKET_MAX)
        REPORT(stream, files, report, content,
               "the packet is longer than any that imgbench writes; the rest is skipped");
    else if (error)
        report_end(stream, files, report, bytes, content);
    /* Packets are mostly zero tail while they are being written: keep the content only. */
    char *smaller = room ? NULL : realloc(bytes, content);
    if (smaller)
        bytes = smaller;
    stream->bytes = bytes;
    stream->content = content;
    stream->clipped = error != TRACE_OK;
    stream->at = HEADER_BYTES;
    return true;
}

/* A stream's packets are numbered from 0 without gaps: a gap is a file that somebody took away. */
static void check_sequence(const struct reader_stream *stream, const struct reader_files *files,
                           struct reader_report *report)
{
    struct reader_packet packet = packet_of(stream, files), before;
    uint64_t expected = 0;
    if (stream->next) {
        before = files->processes[stream->process].packets[stream->next - 1];
        if (before.stream == packet.stream)
            expected = (uint64_t)before.sequence + 1;
    }
    if (packet.sequence > expected)
        REPORT(stream, files, report, 0, "packets before this one are missing: %" PRIu64, packet.sequence - expected);
}

/* In the packet that is loaded; takes the time of that record. */
static bool has_record(struct reader_stream *stream)
{
    if (stream->content - stream->at < TRACE_HEADER_BYTES)
        return false;
    stream->time_ns = record_time(stream, stream->bytes + stream->at);
    return true;
}

bool reader_stream_advance(struct reader_stream *stream, const struct reader_files *files, struct reader_report *report)
{
    bool begun = stream->bytes != NULL; /* then its next packet is wanted soon: it is loaded at once */
    if (begun) {
        if (has_record(stream))
            return true;
        drop_packet(stream);
    }
    for (; stream->next < stream->end; stream->next++) {
        check_sequence(stream, files, report);
        if (!begun && peek(stream, files, report))
            return true;
        if (begun && load(stream, files, report, NULL)) {
            if (has_record(stream))
                return true;
            free(stream->bytes);
            stream->bytes = NULL;
        }
    }
    return false;
}

/* The record at `at` cannot be read. */
static void report_record(const struct reader_stream *stream, const struct reader_files *files,
                          struct reader_report *report, int error)
{
    unsigned kind = (unsigned char)stream->bytes[stream->at];
    if (error == TRACE_ERROR_SHORT && stream->clipped)
        return; /* of that the end of the file is the reason, and was reported */
    if (error == TRACE_ERROR_KIND)
        REPORT(stream, files, report, stream->at, "%s %u; the rest of the packet is skipped", trace_error_text(error),
               kind);
    else
        REPORT(stream, files, report, stream->at, "record of kind %u: %s; the rest of the packet is skipped", kind,
               trace_error_text(error));
}

bool reader_stream_read(struct reader_stream *stream, const struct reader_files *files, struct reader_report *report,
                        struct trace_record *record)
{
    size_t used;
    if (!stream->bytes && (!load(stream, files, report, NULL) || stream->content - stream->at < TRACE_HEADER_BYTES)) {
        drop_packet(stream); /* it may hold less than when its first record was looked at */
        return false;
    }
    /* Other streams' records come before this one's next: by then they are here. */
    if (stream->content - stream->at > AHEAD_BYTES)
        __builtin_prefetch(stream->bytes + stream->at + AHEAD_BYTES);
    int error = trace_decode(stream->bytes + stream->at, stream->content - stream->at, record, &used);
    if (error) {
        report_record(stream, files, report, error);
        drop_packet(stream);
        return false;
    }
    stream->at += used;
    record->time_ns = stream->time_ns;
    return true;
}

uint64_t reader_stream_count(struct reader_stream *stream, const struct reader_files *files,
                             struct reader_report *report, char *room)
{
    uint64_t records = 0;
    for (bool first = true; stream->next < stream->end; stream->next++, first = false) {
        size_t used;
        if (!first) /* the first one was when it was found */
            check_sequence(stream, files, report);
        if (!load(stream, files, report, room))
            continue;
        int error = trace_count(stream->bytes + stream->at, stream->content - stream->at, &records, &used);
        stream->at += used;
        if (error)
            report_record(stream, files, report, error);
    }
    stream->bytes = NULL; /* it is the caller's */
    return records;
}
