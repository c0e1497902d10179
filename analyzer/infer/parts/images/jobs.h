/* SPDX-License-Identifier: MIT
 * Owns: jobs, the images in the making: beginning, joining and ending them.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_IMAGES_JOBS_H
#define ANALYZER_INFER_PARTS_IMAGES_JOBS_H

#include "analyzer/infer/state/state.h"

struct job *infer_job_new(struct event *event, uint64_t start_ns);
void infer_job_free(struct job *job);
/* The same inputs make another output, or are loaded for one. */
struct job *infer_job_again(struct event *event, struct job *first);
/* What `part` did was done for `job`. */
void infer_job_merge(struct process_state *process, struct job *part, struct job *job);
/* The job that this one has become part of, or it. */
struct job *infer_job_now(struct job *job);
/* Place in run->images of the image whose reading this job's pixels come from, NO_ID where it read for itself: what was
 * read again is in its own stages. */
uint32_t infer_job_read_with(const struct run *run, const struct job *job);
void infer_job_touch(struct event *event, struct job *job);
/* Nothing more will come to it but cleanup. */
void infer_job_settle(struct process_state *process, struct job *job);

#endif
