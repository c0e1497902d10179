/* SPDX-License-Identifier: MIT
 * Owns: images and blocks in memory.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_MEMORY_H
#define ANALYZER_INFER_PARTS_MEMORY_H

#include "analyzer/infer/state/state.h"

/* An image that a codec was given or gave back in memory. */
void infer_memory_head(struct event *event, const struct image_facts *facts);
/* The image that the job has left in memory, as a file of the run. */
uint32_t infer_memory_output(struct infer *infer, struct job *job);
/* What came from memory and stayed there becomes the job's input and output, where nothing else is known. */
void infer_memory_settle(struct infer *infer, struct job *job);
void infer_block_record(struct event *event);
void infer_allocator_record(struct event *event);

#endif
