/* SPDX-License-Identifier: MIT
 * Owns: a trace directory as one sequence of records in time order: a tournament of the streams.
 * Must not know: what records mean together; bytes of packets; names of files. */
#include "analyzer/reader/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/reader/files.h"
#include "analyzer/reader/stream.h"

/* Time of a stream's next record since base_ns, and below it the stream: equal times go by process, then stream. One
 * word, so that a game is one comparison. What does not fit counts as far; when the first one is far, base_ns moves. */
#define NO_RECORD UINT64_MAX /* behind all others, the far ones as well: a stream that has ended */

struct reader {
    struct reader_files files;
    struct reader_report report;
    struct reader_stream *streams; /* by process, then number */
    uint32_t stream_count;
    uint64_t *losers;  /* [0] the earliest of all; [n] the later one of those that met at node n of the tournament */
    uint64_t *winners; /* of each node, leaves from [leaves] on; while all games are played */
    uint64_t base_ns, far;
    uint32_t leaves; /* a power of two, at least as many as there are streams */
    unsigned stream_bits;
    bool delivered; /* the first one's record was handed out; its texts live until the next call */
};

static uint64_t key_of(const struct reader *reader, uint32_t stream)
{
    uint64_t since_ns = reader->streams[stream].time_ns - reader->base_ns;
    return (since_ns < reader->far ? since_ns : reader->far) << reader->stream_bits | stream;
}

static uint32_t first_stream_of(const struct reader *reader)
{
    return (uint32_t)reader->losers[0] & (reader->leaves - 1);
}

static bool has_first(const struct reader *reader)
{
    return reader->losers[0] != NO_RECORD;
}

/* The winner has a new key and plays again, from its leaf to the root: which nodes those are depends on no comparison,
 * so that the processor need not wait for one to begin with the next, and who wins needs no branch. */
static void play_again(struct reader *reader, uint32_t stream, uint64_t winner)
{
    uint64_t *losers = reader->losers;
    for (uint32_t node = (reader->leaves + stream) / 2; node; node /= 2) {
        uint64_t other = losers[node];
        bool lost = other < winner;
        losers[node] = lost ? winner : other;
        winner = lost ? other : winner;
    }
    losers[0] = winner;
}

/* All games, from the time of the earliest record on. */
static void play_all(struct reader *reader)
{
    const struct reader_stream *streams = reader->streams;
    uint64_t *winners = reader->winners;
    reader->base_ns = UINT64_MAX;
    for (uint32_t i = 0; i < reader->stream_count; i++)
        if (streams[i].next < streams[i].end && streams[i].time_ns < reader->base_ns)
            reader->base_ns = streams[i].time_ns;
    for (uint32_t i = 0; i < reader->leaves; i++) {
        bool more = i < reader->stream_count && streams[i].next < streams[i].end;
        winners[reader->leaves + i] = more ? key_of(reader, i) : NO_RECORD;
    }
    for (uint32_t node = reader->leaves; --node;) {
        uint64_t left = winners[2 * node], right = winners[2 * node + 1];
        winners[node] = left < right ? left : right;
        reader->losers[node] = left < right ? right : left;
    }
    reader->losers[0] = winners[1];
}

/* Moves the earliest stream on and puts it where it belongs now. */
static void advance_first(struct reader *reader)
{
    uint32_t first = first_stream_of(reader);
    bool more = reader_stream_advance(&reader->streams[first], &reader->files, &reader->report);
    play_again(reader, first, more ? key_of(reader, first) : NO_RECORD);
    if (reader->losers[0] >> reader->stream_bits == reader->far)
        play_all(reader);
}

static uint32_t count_streams(const struct reader_files *files)
{
    uint32_t count = 0;
    for (size_t p = 0; p < files->process_count; p++)
        for (size_t i = 0; i < files->processes[p].packet_count; i++)
            count += !i || files->processes[p].packets[i].stream != files->processes[p].packets[i - 1].stream;
    return count;
}

static bool make_streams(struct reader *reader)
{
    const struct reader_files *files = &reader->files;
    uint32_t count = count_streams(files);
    reader->streams = calloc(count, sizeof *reader->streams);
    for (reader->leaves = 1; reader->leaves < count; reader->leaves *= 2)
        reader->stream_bits++;
    reader->far = (NO_RECORD >> reader->stream_bits) - 1;
    reader->losers = calloc(reader->leaves, sizeof *reader->losers);
    reader->winners = calloc((size_t)reader->leaves * 2, sizeof *reader->winners);
    if (!reader->streams || !reader->losers || !reader->winners)
        return false;
    for (size_t p = 0; p < files->process_count; p++) {
        const struct reader_process *process = &files->processes[p];
        for (size_t i = 0; i < process->packet_count; i++) {
            if (!i || process->packets[i].stream != process->packets[i - 1].stream)
                reader->streams[reader->stream_count++] =
                    (struct reader_stream){.process = (uint32_t)p, .next = (uint32_t)i};
            reader->streams[reader->stream_count - 1].end = (uint32_t)i + 1;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        reader_stream_advance(&reader->streams[i], files, &reader->report);
    play_all(reader);
    return true;
}

struct reader *reader_open(const char *path, reader_damage *damage, void *context, char *error, size_t capacity)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        snprintf(error, capacity, "%s: not enough memory to read the trace", path);
        return NULL;
    }
    reader->report = (struct reader_report){.damage = damage, .context = context};
    if (!reader_files_list(&reader->files, path, &reader->report, error, capacity)) {
        reader->report.of_process = calloc(reader->files.process_count + 1, sizeof *reader->report.of_process);
        reader->report.process_count = reader->report.of_process ? reader->files.process_count : 0;
        if (reader->report.of_process && make_streams(reader))
            return reader;
        snprintf(error, capacity, "%s: not enough memory to read the trace", path);
    }
    reader_close(reader);
    return NULL;
}

bool reader_next(struct reader *reader, struct trace_record *record, struct reader_origin *origin)
{
    if (reader->delivered) {
        reader->delivered = false;
        advance_first(reader);
    }
    while (has_first(reader)) {
        uint32_t first = first_stream_of(reader);
        struct reader_stream *stream = &reader->streams[first];
        if (reader_stream_read(stream, &reader->files, &reader->report, record)) {
            uint32_t pid = reader->files.processes[stream->process].pid;
            *origin = (struct reader_origin){stream->process, first, pid ? pid : stream->pid};
            reader->delivered = true;
            return true;
        }
        advance_first(reader);
    }
    return false;
}

uint64_t reader_count(struct reader *reader, uint32_t *streams)
{
    char *room = malloc(READER_PACKET_MAX);
    if (!room)
        return UINT64_MAX;
    uint64_t records = 0;
    *streams = 0;
    for (uint32_t i = 0; i < reader->stream_count; i++) {
        uint64_t of_stream = reader_stream_count(&reader->streams[i], &reader->files, &reader->report, room);
        records += of_stream;
        *streams += of_stream > 0;
    }
    free(room);
    return records;
}

const char *reader_root(const struct reader *reader)
{
    return reader->files.root;
}

uint32_t reader_process_count(const struct reader *reader)
{
    return (uint32_t)reader->files.process_count;
}

const char *reader_process_name(const struct reader *reader, uint32_t process)
{
    return reader->files.processes[process].name;
}

/* Index of a process's first stream: streams stand in the order of processes. */
static uint32_t first_stream(const struct reader *reader, uint32_t process)
{
    uint32_t low = 0, high = reader->stream_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (reader->streams[middle].process < process)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t reader_in_flight(const struct reader *reader, uint32_t process, uint64_t *since_ns)
{
    const struct reader_stream *end = reader->streams + reader->stream_count, *longest = NULL;
    const struct reader_stream *stream = reader->streams + first_stream(reader, process);
    for (; stream < end && stream->process == process; stream++)
        if (stream->in_flight_hook && (!longest || stream->in_flight_since_ns < longest->in_flight_since_ns))
            longest = stream;
    *since_ns = longest ? longest->in_flight_since_ns : 0;
    return longest ? longest->in_flight_hook : 0;
}

uint64_t reader_discarded(const struct reader *reader, uint32_t process)
{
    const struct reader_stream *end = reader->streams + reader->stream_count;
    const struct reader_stream *stream = reader->streams + first_stream(reader, process);
    uint64_t sum = 0;
    for (; stream < end && stream->process == process; stream++)
        if (__builtin_add_overflow(sum, stream->discarded, &sum))
            return UINT64_MAX;
    return sum;
}

const struct trace_control *reader_control(const struct reader *reader)
{
    return &reader->files.control;
}

double reader_done_ratio(const struct reader *reader)
{
    uint64_t left = 0, all = 0;
    for (uint32_t i = 0; i < reader->stream_count; i++)
        left += reader->streams[i].end - reader->streams[i].next;
    for (size_t p = 0; p < reader->files.process_count; p++)
        all += reader->files.processes[p].packet_count;
    return all ? (double)(all - left) / (double)all : 1;
}

uint64_t reader_damages(const struct reader *reader)
{
    return reader->report.count;
}

uint64_t reader_process_damages(const struct reader *reader, uint32_t process)
{
    return process < reader->report.process_count ? reader->report.of_process[process] : 0;
}

const char *reader_named_damage(const struct reader *reader, unsigned index)
{
    return index < READER_DAMAGES_NAMED ? reader->report.named[index] : NULL;
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    for (uint32_t i = 0; i < reader->stream_count; i++)
        free(reader->streams[i].bytes);
    free(reader->streams);
    free(reader->losers);
    free(reader->winners);
    free(reader->report.of_process);
    for (unsigned i = 0; i < READER_DAMAGES_NAMED; i++)
        free(reader->report.named[i]);
    reader_files_release(&reader->files);
    free(reader);
}
