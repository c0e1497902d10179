/* SPDX-License-Identifier: MIT
 * Owns: paths: which file of the run one is, now and before.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_PATHS_H
#define ANALYZER_INFER_PARTS_PATHS_H

#include "analyzer/infer/state/state.h"

char *infer_absolute(const struct event *event, const struct trace_text *path, int directory_fd);
void infer_path_record(struct event *event);
/* A new process looks its paths up where its parent, or what it replaces, did. */
void infer_path_process_began(struct event *event);
/* Where the file is now. Valid until it is renamed. */
const char *infer_path_now(const struct infer *infer, uint32_t file);
/* The image file that has this identity and content now, or NO_ID. */
uint32_t infer_known_file(const struct infer *infer, const struct description *description);
uint32_t infer_new_file(struct infer *infer, const struct description *description, const struct image_facts *facts);
uint32_t infer_new_memory(struct infer *infer, const struct image_facts *facts, uint64_t bytes);

#endif
