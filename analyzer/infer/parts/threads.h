/* SPDX-License-Identifier: MIT
 * Owns: threads: which one is at work, when it began.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_THREADS_H
#define ANALYZER_INFER_PARTS_THREADS_H

#include "analyzer/infer/state/state.h"

void infer_thread_record(struct event *event);
/* The live thread with this tid; a new one if there is none, or if that one began at another time. */
struct timeline *infer_thread(struct process_state *process, struct process *model, uint32_t tid, uint64_t start_ns);
/* The process is known to have begun at another time: so has its main thread. */
void infer_thread_began(struct event *event, uint64_t start_ns);
void infer_threads_finish(struct event *event);
/* Did the process's records end while its thread was at this job? */
bool infer_is_cut_off(const struct infer *infer, const struct job *job);

#endif
