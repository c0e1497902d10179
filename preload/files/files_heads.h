/* SPDX-License-Identifier: MIT
 * Owns: the records of what files begin with and when they were last changed. Guard set. Must not know: formats. */
#ifndef PRELOAD_FILES_HEADS_H
#define PRELOAD_FILES_HEADS_H

#include "preload/files/description.h"
#include "preload/state/thread_state.h"

/* A read or write at the front of a file: records its head when it looks like an image. */
void files_head_in(struct thread *self, struct description *description, int fd, const void *buffer, uint64_t bytes);
void files_head_out(struct thread *self, struct description *description, const void *buffer, uint64_t bytes);
/* Records the head if data looks like an image. buffer: where its first byte is in the program; before: bytes of the
 * same transfer in front of it, negative where it began in transfers before. */
void files_put_head(struct thread *self, struct description *description, const void *data, uint64_t bytes,
                    const void *buffer, int64_t before, enum trace_direction direction);
/* Records when the file was last changed, as fstat said. */
void files_put_state(struct thread *self, const struct description *description, uint64_t changed_ns, uint64_t bytes,
                     enum trace_direction direction, uint64_t now_ns);
/* The head of a file whose front still waits in its FILE's buffer. */
void files_head_pending(struct thread *self, struct description *description, const char *front, uint64_t pending);

#endif
