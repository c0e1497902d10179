/* SPDX-License-Identifier: MIT
 * Owns: one stream: its packets one after the other, at most one of them in memory.
 * Must not know: other streams, what records mean. */
#ifndef ANALYZER_READER_STREAM_H
#define ANALYZER_READER_STREAM_H

#include "analyzer/reader/files.h"

/* Packets are written with at most 256 KiB; what lies beyond this length is not ours and is not read. */
#define READER_PACKET_MAX (1u << 20)

struct reader_stream {
    uint64_t time_ns; /* of the record that is next; never goes back */
    uint32_t process; /* index */
    uint32_t next;    /* index into the process's packets: the one to be read now */
    uint32_t end;     /* one past the stream's last */
    uint32_t pid;     /* of the newest packet header seen, as are the next two */
    uint32_t in_flight_hook;
    uint64_t in_flight_since_ns;
    uint64_t discarded; /* highest seen in a packet header: CTF counts upwards within a stream */
    char *bytes;        /* packet `next`, or NULL when it was not loaded yet */
    size_t content, at;
    bool clipped; /* the content ends early, and that was reported */
};

/* Finds the next record of a stream without loading its packet. False at the stream's end. */
bool reader_stream_advance(struct reader_stream *stream, const struct reader_files *files,
                           struct reader_report *report);
/* Decodes the record that advance found, loading its packet when needed. False when it is damaged: then that has been
 * reported, the rest of the packet dropped, and advance goes on behind it. */
bool reader_stream_read(struct reader_stream *stream, const struct reader_files *files, struct reader_report *report,
                        struct trace_record *record);

/* Passes over the rest of a stream that advance has found a record in: every packet is loaded and every record looked
 * at as reading does, and damage reported. Returns how many records there are. room: READER_PACKET_MAX bytes. */
uint64_t reader_stream_count(struct reader_stream *stream, const struct reader_files *files,
                             struct reader_report *report, char *room);

#endif
