/* SPDX-License-Identifier: MIT
 * Owns: where a job is in its work.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_IMAGES_JOB_WORK_H
#define ANALYZER_INFER_PARTS_IMAGES_JOB_WORK_H

#include "analyzer/infer/state/state.h"

/* A stage of the job was seen at ns: kept if it is the first time. */
void infer_job_enters(struct job *job, enum stage stage, uint64_t ns);
enum gap infer_job_phase(const struct job *job);
/* More of the job's work begins at start_ns: if it was in its tail, that turns out to lie before this work. */
void infer_job_goes_on(struct event *event, struct job *job, enum gap gap, uint64_t start_ns);
/* Same for what the job does outside codecs: it reads or writes. */
void infer_job_goes_on_io(struct event *event, struct job *job, bool reads, uint64_t start_ns);
void infer_job_add(uint32_t **list, size_t *count, size_t *capacity, uint32_t id);

#endif
