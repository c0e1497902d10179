/* SPDX-License-Identifier: MIT
 * Owns: jobs to images: which are one, their order, their lanes.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_IMAGES_IMAGES_H
#define ANALYZER_INFER_PARTS_IMAGES_IMAGES_H

#include "analyzer/infer/state/state.h"

/* The job's output has just been begun: those written for it before may have been trials. */
void infer_joins_trial(struct event *event, struct job *job);
/* Only passes its input's bytes on: it is no image. */
bool infer_is_copy(const struct infer *infer, const struct job *job);
/* Before images are made of jobs: which of them are one. */
void infer_joins_finish(struct infer *infer);
/* Sorts the images by their start and finds their chains. */
void infer_images_in_order(struct run *run);
void infer_images_finish(struct infer *infer);
void infer_workers_finish(struct infer *infer);

#endif
