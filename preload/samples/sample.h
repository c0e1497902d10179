/* SPDX-License-Identifier: MIT
 * Owns: resource samples between calls; there is no thread of ours in the program. Must not know: codecs, files. */
#ifndef PRELOAD_SAMPLE_H
#define PRELOAD_SAMPLE_H

#include "preload/samples/transfers.h"

struct thread;

/* Whether an allocator that our hooks do not stand in front of may be asked now, which takes its locks. */
enum sample_place { SAMPLE_ANYWHERE, SAMPLE_BETWEEN_CALLS };
/* Takes a sample when the last is IMGBENCH_SAMPLE_MS old. Guard set. */
void sample_maybe(struct thread *self, enum sample_place place);
/* Takes one now, with what the whole machine does. Returns the counts that it found. */
struct transfers sample_now(struct thread *self, enum sample_place place);

#endif
