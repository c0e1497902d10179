/* SPDX-License-Identifier: MIT
 * Owns: which job a piece of work belongs to, by thread and by addresses.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_IMAGES_BUFFERS_H
#define ANALYZER_INFER_PARTS_IMAGES_BUFFERS_H

#include "analyzer/infer/state/state.h"

/* The job that a new piece of work on this thread most likely belongs to, or NULL. */
struct job *infer_job_adjacent(const struct event *event);
/* The active job one of whose ranges of this use overlaps this one, or NULL. Memory is used again and again: the
 * range that was filled last counts. */
struct job *infer_job_of_buffer(const struct process_state *process, uint64_t address, uint64_t bytes,
                                enum buffer_use use);
/* NULL: the job has been done for long. */
struct ranges *infer_job_ranges(struct job *job, enum buffer_use use);
/* ranges may be NULL, here and below: nothing is kept, nothing is known. */
void infer_range_add(struct ranges *ranges, uint64_t address, uint64_t bytes, uint64_t ns);
/* Whether one of them overlaps this one. */
bool infer_range_known(const struct ranges *ranges, uint64_t address, uint64_t bytes);

#endif
