/* SPDX-License-Identifier: MIT
 * Owns: outputs: which image they are, and what their files say.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_OUTPUTS_H
#define ANALYZER_INFER_PARTS_OUTPUTS_H

#include "analyzer/infer/state/state.h"

/* Which image a written file, pipe or socket is. */
void infer_head_out(struct event *event, struct description *description, const struct image_facts *facts);
/* Different, as a rule, for fronts of images that are not the same. */
uint64_t infer_head_end(const struct trace_text *head);
/* An output whose head came while its codec call was running. What is not known by now is whose work its thread did. */
void infer_output_waits_no_more(struct event *event, struct description *description);
void infer_output_settle(struct event *event, struct session *session);
/* The job's output at this place was only on the way to another, or to itself. */
void infer_output_intermediate(struct run *run, struct job *job, size_t place);
/* To be called before infer_close_record(): it may be the end of the description. */
void infer_facts_record(struct event *event);
/* The description's output has just become an image: what was recorded of the file before is of it. */
void infer_facts_of_output(struct infer *infer, const struct description *description);
/* What images' files say that are still as the run left them. */
void infer_facts_finish(struct infer *infer);

#endif
