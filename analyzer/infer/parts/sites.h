/* SPDX-License-Identifier: MIT
 * Owns: the places in the code that large blocks come from.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_SITES_H
#define ANALYZER_INFER_PARTS_SITES_H

#include "analyzer/infer/state/state.h"

void infer_site_record(struct event *event);
/* The event's block came: returns the number of its site. */
uint32_t infer_site_came(struct event *event, uint64_t bytes, struct job *job);
void infer_site_went(struct process_state *process, uint32_t site, uint64_t bytes);
/* The process's jobs are about to be freed. */
void infer_sites_forget_jobs(struct process_state *process);
void infer_sites_finish(struct infer *infer);
void infer_sites_release(struct process_sites *sites);

#endif
