/* SPDX-License-Identifier: MIT
 * Owns: records to a run: the only place with guesses; each image names the rule that made it.
 * Must not know: files of the trace, statistics, formatting. */
#ifndef ANALYZER_INFER_H
#define ANALYZER_INFER_H

#include "analyzer/model/model.h"
#include "analyzer/pack/outside.h"
#include "analyzer/reader/reader.h"

/* Told now and then how much of the trace has been read: 0 to 1. */
typedef void infer_progress(void *context, double done_ratio);

/* Reads all records and returns what happened; free with run_free(). Nobody else may use the reader meanwhile: a thread
 * of its own reads ahead. progress may be NULL. */
struct run *infer_run(struct reader *reader, const char *trace_path, infer_progress *progress, void *context);

/* The same, with what is taken from outside of the trace kept for the caller: see pack/outside.h. */
struct outside *infer_outside(const struct reader *reader, enum outside_collect collect);
struct run *infer_run_with(struct reader *reader, struct outside *outside, const char *trace_path,
                           infer_progress *progress, void *context);

#endif
