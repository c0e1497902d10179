/* SPDX-License-Identifier: MIT
 * Owns: a trace directory that is written: a new one, or more processes for one that is there.
 * Must not know: what records mean, why they are written.
 *
 * What the library writes while a program runs is preload/record/directory.c and packet.c; this is for commands. Files
 * appear complete or not at all, and other readers of CTF accept what is there at every moment. The first error stays:
 * all calls behind it do nothing, and writer_close() tells. */
#ifndef ANALYZER_WRITER_H
#define ANALYZER_WRITER_H

#include <stdbool.h>

#include "trace/trace.h"

struct writer;         /* opaque, as are */
struct writer_process; /* a process's directory, and */
struct writer_stream;  /* the records of one thread at a time; both are the writer's */

/* Makes a directory, or takes an empty one, with a control page of these values. NULL with one line in error (capacity
 * bytes) when that cannot be, or the directory holds anything. */
struct writer *writer_create(const char *path, const struct trace_control *control, char *error, size_t capacity);
/* Opens a trace that is there, to add processes to it; they count in its quota. NULL with one line in error when it is
 * none, or one of another version. */
struct writer *writer_open(const char *path, char *error, size_t capacity);
/* Of the trace: as it was given, or as it is now. */
const struct trace_control *writer_control(const struct writer *writer);

/* A new directory "<pid>-<start ns>"; one that is there already is an error. NULL after an error. */
struct writer_process *writer_process_open(struct writer *writer, uint32_t pid, uint64_t start_ns);
/* A new stream, whose number no other one of the process has. NULL after an error, or for a NULL process. */
struct writer_stream *writer_stream_open(struct writer_process *process, uint32_t number);
/* Appends record->kind's struct with record->time_ns, which does not go back within a stream. Texts are copied. False
 * after an error, or for a NULL stream. */
bool writer_put(struct writer_stream *stream, const struct trace_record *record);
/* What the packets written from now on say: the outermost call in flight and since when (0: none), and how many records
 * of the stream were lost so far. A stream without records then has an empty packet that says so. */
void writer_stream_state(struct writer_stream *stream, uint32_t in_flight_hook, uint64_t since_ns, uint64_t discarded);

/* Writes what is left and frees all. False with one line in error when anything could not be written; what could is
 * there then. */
bool writer_close(struct writer *writer, char *error, size_t capacity);

#endif
