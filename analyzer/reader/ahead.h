/* SPDX-License-Identifier: MIT
 * Owns: records of a reader in batches that a thread of its own decodes ahead of who uses them.
 * Must not know: files, packets, what records mean. */
#ifndef ANALYZER_READER_AHEAD_H
#define ANALYZER_READER_AHEAD_H

#include "analyzer/reader/reader.h"

/* Records in the reader's order. They and their texts belong to the batch; who has it may change the records. */
struct reader_batch {
    struct trace_record *records;
    struct reader_origin *origins; /* by record */
    size_t count;                  /* at least one */
    double done_ratio;             /* see reader_done_ratio() */
};

struct reader_ahead; /* opaque */

/* Takes the reader over until the end: nobody else may call it in between, and its damage function may be called on
 * another thread, never on two at once. NULL: out of memory. */
struct reader_ahead *reader_ahead_begin(struct reader *reader);
/* The next batch, valid until the next call; NULL when there are no more records. */
struct reader_batch *reader_ahead_next(struct reader_ahead *ahead);
/* At any time; NULL is allowed. */
void reader_ahead_end(struct reader_ahead *ahead);

#endif
