/* SPDX-License-Identifier: MIT
 * Owns: file descriptions: what is read and written by one goes to its job.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_DESCRIPTIONS_H
#define ANALYZER_INFER_PARTS_DESCRIPTIONS_H

#include "analyzer/infer/state/state.h"

struct description *infer_description(struct process_state *process, uint32_t number);
/* The job's output is what the description writes. */
void infer_add_output(struct event *event, struct job *job, struct description *description,
                      const struct image_facts *facts, enum link_rule rule);
/* The sums of what the description read or wrote go to its job. */
void infer_fold_read(struct infer *infer, const struct description *description);
void infer_fold_write(struct infer *infer, const struct description *description);
/* Which image a read file, pipe or socket is. */
void infer_head_in(struct event *event, struct description *description, const struct image_facts *facts);

#endif
