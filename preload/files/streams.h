/* SPDX-License-Identifier: MIT
 * Owns: which bytes of sockets, pipes and terminals are the beginning of an image.
 * Must not know: descriptors, codecs, who moved the bytes. */
#ifndef PRELOAD_STREAMS_H
#define PRELOAD_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "trace/trace.h"

struct thread;
struct description;

/* After each successful call that moved bytes (> 0) on a description that is not a regular file, its `io` record
 * written. Of parts, only those are read that hold the bytes. Records a `head` for the image that begins in them: where
 * the direction has just turned, or at the stream's very beginning, at the start of a part; or behind the head of an
 * HTTP message or of a part of its multipart body. Guard set. */
void streams_moved(struct thread *self, struct description *description, enum trace_direction direction,
                   const struct iovec *parts, int count, uint64_t bytes);

#endif
