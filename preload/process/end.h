/* SPDX-License-Identifier: MIT
 * Owns: the end of this process image, and of a stretch of it that was recorded. Guard set. Must not know: codecs'
 * rows, files of the trace. */
#ifndef PRELOAD_END_H
#define PRELOAD_END_H

#include "preload/samples/transfers.h"
#include "preload/state/thread_state.h"

/* End of this image: last records, packets finished. Later records open new packets. exit_code -1 = unknown. */
void process_finish(struct thread *self, enum trace_ending how, int exit_code);
/* The recording stops: the last records of this stretch, in which so much was transferred. Nobody else is inside our
 * code, guard set. */
void process_finish_stretch(struct thread *self, const struct transfers *transfers);
/* What waits in memory goes to disk, if there is a trace. Guard set. */
void process_save(struct thread *self);

#endif
