/* SPDX-License-Identifier: MIT
 * Owns: resources over time: CPU, memory, I/O of all processes that live.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_RESOURCES_H
#define ANALYZER_INFER_PARTS_RESOURCES_H

#include "analyzer/infer/state/state.h"

void infer_heap_record(struct event *event);
void infer_sample_record(struct event *event);
void infer_tree_sample(struct infer *infer, const struct trace_tree_sample *sample, uint64_t time_ns);
void infer_resources_process_cpu(struct event *event, uint64_t cpu_ns);
void infer_resources_process_began(struct infer *infer, struct process_state *process);
void infer_resources_process_gone(struct infer *infer, struct process_state *process, uint64_t time_ns);
/* The largest shared part of those alive, and the largest of them. */
uint64_t infer_resources_largest(struct infer *infer, uint32_t *largest_process);
struct memory_composition infer_resources_composition(const struct process_state *process);
/* What all processes together had at a moment, as it was measured from outside. */
void infer_resources_measured(struct infer *infer, uint64_t time_ns, uint64_t bytes);

#endif
