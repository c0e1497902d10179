/* SPDX-License-Identifier: MIT
 * Owns: the timeline of a thread: which job its time goes to.
 * Must not know: figures, formatting. Internal to analyzer/infer/. */
#ifndef ANALYZER_INFER_PARTS_TIME_H
#define ANALYZER_INFER_PARTS_TIME_H

#include "analyzer/infer/state/state.h"

/* A call outside codec calls that belongs to the job; io_cpu_ns: CPU that it is charged. Returns how much of it other
 * calls of the job cover: busy time is the union of them all. */
uint64_t infer_time_call(struct event *event, struct job *job, uint64_t start_ns, uint64_t end_ns, uint64_t io_cpu_ns);
/* An outermost codec call with io_ns of I/O inside. Returns as infer_time_call() does. */
uint64_t infer_time_codec(struct event *event, struct job *job, uint64_t io_ns);
/* Row calls since first_ns that lasted ns in all, io_ns of them I/O, until now. */
void infer_time_rows(struct event *event, struct job *job, uint64_t first_ns, uint64_t ns, uint64_t io_ns,
                     enum gap gap);
void infer_time_gap(struct timeline *thread, struct job *job, enum gap gap, uint64_t ns);
/* Up to ns of what has been counted for one kind of gap since the last reading turn out to be of another kind. */
void infer_time_regap(struct timeline *thread, struct job *job, enum gap from, enum gap to, uint64_t ns);
/* If the thread's last event was the job's, the time since then, up to start_ns, is a gap of this kind. */
void infer_time_lead(struct timeline *thread, struct job *job, enum gap gap, uint64_t start_ns);
/* A call of ns that began at start_ns on this thread turns out to be the job's. Returns how much of it no gap has
 * counted by now: that is the caller's to count. */
uint64_t infer_time_earlier_call(struct timeline *thread, const struct job *job, uint64_t start_ns, uint64_t ns);
void infer_time_reading(struct event *event, uint64_t cpu_ns);
/* CPU of the time from from_ns to the last reading, as far as nobody has it yet, goes to a gap of the job. */
void infer_time_claim(struct timeline *thread, struct job *job, enum gap gap, uint64_t from_ns);

#endif
