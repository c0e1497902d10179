/* SPDX-License-Identifier: MIT
 * Owns: calls per row or strip, which are summed up per session. Must not know: signatures of codecs, jump slots. */
#ifndef PRELOAD_CODEC_ROW_CALLS_H
#define PRELOAD_CODEC_ROW_CALLS_H

#include "preload/state/thread_state.h"

/* What one wrapper call keeps on its stack. */
struct codec_row_scope {
    struct thread *self;
    const void *handle;
    uint64_t cycles, io_ns;
    unsigned frame;
    uint16_t row;
    bool timed;
};
/* Before and after the real call. errno is kept. */
void codec_row_enter(struct codec_row_scope *scope, unsigned row, unsigned instance, const void *handle,
                     uintptr_t address);
void codec_row_leave(struct codec_row_scope *scope, uint64_t buffer);
/* Writes the row sums that wait. Guard set. */
void codec_call_flush(struct thread *self);

#endif
