/* SPDX-License-Identifier: MIT
 * Owns: what records tell Perfetto: threads, their calls of codecs and I/O, memory of each process.
 * Must not know: files of the trace. */
#ifndef ANALYZER_EXPORT_PERFETTO_PERFETTO_CALLS_H
#define ANALYZER_EXPORT_PERFETTO_PERFETTO_CALLS_H

#include "analyzer/export/perfetto/perfetto_events.h"
#include "analyzer/reader/reader.h"

/* The next record, in the order of the reader. */
void perfetto_calls_record(struct perfetto *perfetto, const struct trace_record *record,
                           const struct reader_origin *origin);
/* Writes what waited, and frees what calls needed. */
void perfetto_calls_finish(struct perfetto *perfetto);

#endif
