/* SPDX-License-Identifier: MIT
 * Owns: a trace directory as one sequence of records in time order.
 * Must not know: what records mean together; images, stages. Memory grows with streams, never with records. */
#ifndef ANALYZER_READER_H
#define ANALYZER_READER_H

#include <stdbool.h>

#include "analyzer/reader/damage.h"
#include "trace/trace.h"

struct reader; /* opaque */

/* Opens a trace directory, or one process directory of it. Returns NULL with one clear line in error (capacity bytes)
 * when nothing can be read: no such directory, not a trace, empty, another version. `damage` may be NULL. */
struct reader *reader_open(const char *path, reader_damage *damage, void *context, char *error, size_t capacity);

/* Where a record comes from. A stream belongs to one thread at a time. */
struct reader_origin {
    uint32_t process; /* index of the process directory, from 0 */
    uint32_t stream;  /* index over the whole trace, from 0 */
    uint32_t pid;
};

/* The next record of all streams in time order (ties: by process, then stream). Its texts stay valid until the next
 * call. Returns false at the end. */
bool reader_next(struct reader *reader, struct trace_record *record, struct reader_origin *origin);

/* Instead of reading on: passes over all records, stream by stream, so that each is looked at and damage reported.
 * Returns how many there were; in *streams, how many streams had one. UINT64_MAX: not enough memory. */
uint64_t reader_count(struct reader *reader, uint32_t *streams);

/* The trace's directory, also when only one process of it was opened. */
const char *reader_root(const struct reader *reader);
uint32_t reader_process_count(const struct reader *reader);
/* Directory name of a process, "<pid>-<start ns>". */
const char *reader_process_name(const struct reader *reader, uint32_t process);
/* The outermost call in flight that the last packet of a stream of this process names: hook number, or 0; and since
 * when. Meaningful after the last record of a process that did not end. */
uint32_t reader_in_flight(const struct reader *reader, uint32_t process, uint64_t *since_ns);
/* Records that packets of this process say were discarded. */
uint64_t reader_discarded(const struct reader *reader, uint32_t process);
/* The control page as it was when the trace was opened; zeros when it is missing. */
const struct trace_control *reader_control(const struct reader *reader);
/* How much of the trace has been read, by packets: 0 to 1. */
double reader_done_ratio(const struct reader *reader);
/* Number of damages reported so far. */
uint64_t reader_damages(const struct reader *reader);
/* Of them those in files of this process. */
uint64_t reader_process_damages(const struct reader *reader, uint32_t process);
/* Damages of the first few files, one each, as a line that names the file below the trace; NULL = no more. The
 * reader's. */
const char *reader_named_damage(const struct reader *reader, unsigned index);

void reader_close(struct reader *reader);

#endif
