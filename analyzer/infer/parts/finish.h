/* SPDX-License-Identifier: MIT
 * Owns: what is concluded of a run as a whole, once its trace has been read.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_FINISH_H
#define ANALYZER_INFER_PARTS_FINISH_H

#include "analyzer/infer/state/state.h"

/* What is missing in the trace, once it has been read. */
void infer_missing(struct infer *infer);
/* Which processes must have been there without leaving a record. */
void infer_children_finish(struct infer *infer);
/* Stretches with live processes, split where none lived for a minute; and the run's end. */
void infer_periods(struct run *run);
/* Stretches that the user wished not to be recorded: they are no part of the activity periods. */
void infer_pauses(struct infer *infer);
void infer_resources_finish(struct infer *infer);
/* Where it was asked often enough, that is the memory of all processes together. */
void infer_tree_finish(struct infer *infer);
/* After the images are made. */
void infer_unhooked_finish(struct infer *infer);
/* At the end of all. */
void infer_outside_finish(struct infer *infer);

#endif
