/* SPDX-License-Identifier: MIT
 * Owns: what processes say of themselves and of their children.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_PROCESS_H
#define ANALYZER_INFER_PARTS_PROCESS_H

#include "analyzer/infer/state/state.h"

void infer_process_record(struct event *event);
void infer_note(struct infer *infer, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *infer_hook_name(const struct process_state *process, unsigned hook);
unsigned infer_hook_role(const struct process_state *process, unsigned hook);
/* Puts the process under its pid, in front of earlier ones. */
void infer_process_has_pid(struct infer *infer, struct process_state *process, uint32_t pid);
void infer_child_record(struct event *event);
/* The event is a module of this name. */
void infer_unhooked_module(struct event *event, const char *name);

#endif
