/* SPDX-License-Identifier: MIT
 * Owns: a trace as Perfetto reads it (its native protocol buffers): tracks, slices, counters.
 * Must not know: files of the trace, how figures come about.
 *
 * A stream: what is written is never read again, and memory grows with processes, streams and different names, not with
 * records. Times are CLOCK_MONOTONIC ns; the first packet says so, and how that clock stands to CLOCK_REALTIME. */
#ifndef ANALYZER_EXPORT_PERFETTO_H
#define ANALYZER_EXPORT_PERFETTO_H

#include <stdio.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/reader/reader.h"

struct perfetto; /* opaque */

/* Writes what the run tells: processes, workers with their images and stages, resources over time. metrics and out must
 * live until the end. Errors stay in the stream. */
struct perfetto *perfetto_begin(FILE *out, const struct metrics *metrics);
/* Each record of the same trace, in the order of the reader: calls of codecs, I/O, memory of each process. */
void perfetto_record(struct perfetto *perfetto, const struct trace_record *record, const struct reader_origin *origin);
/* Writes what waited, and frees. Returns how many calls were left out because they overlap too many others. */
uint64_t perfetto_end(struct perfetto *perfetto);

#endif
