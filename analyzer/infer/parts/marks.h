/* SPDX-License-Identifier: MIT
 * Owns: marks and spans that programs named, and originals that were kept.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_MARKS_H
#define ANALYZER_INFER_PARTS_MARKS_H

#include "analyzer/infer/state/state.h"

void infer_mark_record(struct event *event);
void infer_original_record(struct event *event);
/* Begins that nothing ended. */
void infer_marks_finish(struct infer *infer);

#endif
