/* SPDX-License-Identifier: MIT
 * Owns: what calls and row calls have in common: the frames of those in progress. Internal to preload/codecs/calls/.
 * Guard set. Must not know: signatures of codecs, jump slots. */
#ifndef PRELOAD_CODECS_FRAMES_H
#define PRELOAD_CODECS_FRAMES_H

#include "preload/state/thread_state.h"

/* zlib's calls inside another codec's are that one's business; and a program that only packs data is no concern of
 * ours: they count once the process has shown an image. */
bool codec_is_worth_it(const struct thread *self, unsigned row);
/* What a frame that is pushed now lies in. */
void codec_place_frame(const struct thread *self, uint8_t *depth, bool *inside);
/* A call directly inside a PIPELINE call. */
void codec_count_inner(struct thread *self, uint64_t duration_ns, uint64_t io_ns);
/* When the thread's frames ended, which turn out to have been left: in left.c. */
uint64_t codec_left_ns(struct thread *self);
/* Closes the frames that lie at or below address: their calls were left. */
void codec_close_left(struct thread *self, uintptr_t address);

#endif
