/* SPDX-License-Identifier: MIT
 * Owns: what records say of open files.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_FILES_H
#define ANALYZER_INFER_PARTS_FILES_H

#include "analyzer/infer/state/state.h"

void infer_open_record(struct event *event);
void infer_close_record(struct event *event);
void infer_io_record(struct event *event);
void infer_map_record(struct event *event);
void infer_mapping_record(struct event *event);
void infer_head_record(struct event *event);
/* What is still open at the end of a process: its sums go to the jobs. */
void infer_files_finish(struct event *event);

#endif
