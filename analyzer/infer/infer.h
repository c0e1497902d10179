/* SPDX-License-Identifier: MIT
 * Owns: records to a run: the only place with guesses; each image names the rule that made it.
 * Must not know: files of the trace, statistics, formatting. */
#ifndef ANALYZER_INFER_H
#define ANALYZER_INFER_H

#include "analyzer/model.h"
#include "analyzer/reader/reader.h"

/* Reads all records and returns what happened; free with run_free(). Returns NULL when memory ends. */
struct run *infer_run(struct reader *reader, const char *trace_path);

#endif
