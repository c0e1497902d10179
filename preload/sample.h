/* SPDX-License-Identifier: MIT
 * Owns: resource samples between calls; there is no thread of ours in the program. Must not know: codecs, files. */
#ifndef PRELOAD_SAMPLE_H
#define PRELOAD_SAMPLE_H

#include "preload/thread.h"

/* Takes a sample when the last is IMGBENCH_SAMPLE_MS old. Guard set. */
void sample_maybe(struct thread *self);
/* Takes one now. */
void sample_now(struct thread *self);

#endif
