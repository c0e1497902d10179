/* SPDX-License-Identifier: MIT
 * Owns: trace directories made of records given in C, and ways to damage them.
 * Must not know: who reads them. Failures of the file system end the test program with a line. */
#ifndef TESTS_BUILD_TRACE_H
#define TESTS_BUILD_TRACE_H

#include "trace/trace.h"

struct build_trace; /* opaque */

/* A trace directory under the temp directory, with a control page. Removed by build_trace_free(). */
struct build_trace *build_trace_new(void);
void build_trace_free(struct build_trace *trace);
const char *build_trace_path(const struct build_trace *trace);

/* Adds a process directory with its metadata; returns its number, from 0. */
unsigned build_trace_process(struct build_trace *trace, uint32_t pid, uint64_t start_ns);
/* Adds a stream to a process; returns its number, from 0 in the whole trace. */
unsigned build_trace_stream(struct build_trace *trace, unsigned process);
/* Appends a record (struct trace_<kind>) to the open packet of a stream. */
void build_trace_add(struct build_trace *trace, unsigned stream, uint64_t time_ns, enum trace_kind kind,
                     const void *record);
/* Records in the open packet of a stream; drops all but the first of them. */
unsigned build_trace_records(const struct build_trace *trace, unsigned stream);
void build_trace_keep(struct build_trace *trace, unsigned stream, unsigned records);
/* Sets what the open packet's header says of a call in flight and of lost records. */
void build_trace_in_flight(struct build_trace *trace, unsigned stream, uint32_t hook, uint64_t since_ns);
void build_trace_discarded(struct build_trace *trace, unsigned stream, uint64_t records);
/* Writes the open packet of a stream; the next record begins another. */
void build_trace_cut(struct build_trace *trace, unsigned stream);
/* Writes the open packets of all streams. */
void build_trace_finish(struct build_trace *trace);

/* Path of a packet file; valid until the next call. */
const char *build_trace_packet(struct build_trace *trace, unsigned stream, unsigned sequence);
/* Overwrites bytes of a file. */
void build_trace_poke(const char *path, uint64_t offset, const void *bytes, size_t count);
/* Makes a file of the trace, replacing one that is there. */
void build_trace_file(struct build_trace *trace, const char *name, const void *bytes, size_t count);

/* A record of a kind with a different value in every field, and texts that end on and off 8-byte boundaries. */
void build_trace_sample(enum trace_kind kind, struct trace_record *record);

#endif
