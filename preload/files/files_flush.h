/* SPDX-License-Identifier: MIT
 * Owns: what went of each FILE when all are flushed at once. Guard set. Must not know: who flushes. */
#ifndef PRELOAD_FILES_FLUSH_H
#define PRELOAD_FILES_FLUSH_H

#include "preload/base/hook.h"
#include "preload/state/thread_state.h"

/* Around a call that hands every FILE's buffer to the kernel: what went of each. */
void files_before_flush_all(struct thread *self);
void files_flushed_all(struct thread *self, uint64_t start_ns, enum hook hook);

#endif
