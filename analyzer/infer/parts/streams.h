/* SPDX-License-Identifier: MIT
 * Owns: sockets and pipes: where one image ends and the next begins.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_STREAMS_H
#define ANALYZER_INFER_PARTS_STREAMS_H

#include "analyzer/infer/state/state.h"

/* The event's transfer, before it is added to any sum. */
void infer_stream_moved(struct event *event, struct description *description, bool reads);
/* The event is the head of the next image. */
void infer_stream_head(struct event *event, struct description *description);
/* The job has read all of this file for one request: who reads it again does so for another. */
bool infer_stream_done_with(const struct process_state *process, const struct job *job,
                            const struct description *description);
/* An image's job is known; its input may be a file. */
void infer_stream_began(const struct event *event, struct description *description, bool reads);
/* False when nothing was asked on this stream. Else the job that an image written now answers, or NULL. */
bool infer_stream_answers(const struct event *event, const struct description *description, struct job **job,
                          enum link_rule *rule);
/* The image just begun: in a pipe the one that its other end has shown, if it has. */
uint32_t infer_stream_file(struct infer *infer, const struct description *description, const struct image_facts *facts,
                           bool reads);
/* The images in progress are as long as what was moved so far. */
void infer_stream_sizes(struct infer *infer, struct description *description);
/* The description's output counts as complete. */
void infer_stream_output_done(struct description *description);
void infer_streams_release(struct infer *infer);

#endif
