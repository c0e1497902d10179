/* SPDX-License-Identifier: MIT
 * Owns: lines of JSON: one per image, or one per record.
 * Must not know: how figures come about, files of the trace. */
#ifndef ANALYZER_EXPORT_NDJSON_H
#define ANALYZER_EXPORT_NDJSON_H

#include <stdio.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/reader/reader.h"

/* A line per image: what images[] of the JSON report holds, and input_files[] and output_files[], which hold what its
 * files[] says of those. Returns 0, or -1 when the output failed. */
int ndjson_images(FILE *out, const struct metrics *metrics);

/* A line for a record: time_ns, pid, stream, kind, and, below the kind's name, every field. A figure that is not known
 * and an enumeration's 0 without a name are null; bytes are hexadecimal; a text that is not UTF-8 has U+FFFD for what
 * is wrong, and all of it in <field>_b64. Errors stay in the stream. */
void ndjson_record(FILE *out, const struct trace_record *record, const struct reader_origin *origin);

#endif
