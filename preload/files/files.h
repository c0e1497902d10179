/* SPDX-License-Identifier: MIT
 * Owns: which open file description each descriptor refers to, and the records of opens, closes and transfers.
 * Must not know: codecs, signatures of libc. Guard set in all but files_peek. */
#ifndef PRELOAD_FILES_H
#define PRELOAD_FILES_H

#include <sys/stat.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/files/description.h"

struct thread;

/* The description behind fd; one that appeared unseen (inherited, or by a call that is not wrapped) is recorded now.
 * NULL when fd is not open or there is no memory. */
static inline struct description *files_of(struct thread *self, int fd);
/* The same without recording; NULL when unknown. Needs no guard. */
static inline struct description *files_peek(int fd);

#define FILES_CHUNK  1024
#define FILES_CHUNKS 1024 /* descriptors up to 2^20, the kernel's usual ceiling */
extern struct description *_Atomic *_Atomic files_chunks[FILES_CHUNKS];
struct description *files_find(struct thread *self, int fd);
static inline struct description *files_peek(int fd)
{
    if (unlikely((unsigned)fd >= FILES_CHUNK * FILES_CHUNKS))
        return NULL;
    struct description *_Atomic *chunk =
        atomic_load_explicit(&files_chunks[(unsigned)fd / FILES_CHUNK], memory_order_acquire);
    return likely(chunk != NULL) ? atomic_load_explicit(&chunk[(unsigned)fd % FILES_CHUNK], memory_order_acquire)
                                 : NULL;
}
static inline struct description *files_of(struct thread *self, int fd)
{
    struct description *description = files_peek(fd);
    return likely(description != NULL) ? description : files_find(self, fd);
}

/* A successful or failed open: path is read only when the kernel accepted it. */
struct files_opening {
    uint64_t start_ns;
    int fd; /* < 0: failed with error */
    int error;
    int directory;
    int flags;
    const char *path;
    enum hook hook;
    FILE *stream;
};
void files_opened(struct thread *self, const struct files_opening *opening);

/* Before the real close: takes the entry away, so that a reuse of the number by another thread is not confused. */
struct files_closing {
    uint64_t start_ns;
    struct description *description;
    uint64_t bytes, pending_bytes, changed_ns;
    bool last;
};
void files_before_close(struct thread *self, int fd, struct files_closing *closing);
void files_closed(struct thread *self, int fd, const struct files_closing *closing, int error, enum hook hook);
/* The same for all known descriptors from first to last, before the call that closes them. */
void files_closing_range(struct thread *self, unsigned first, unsigned last, enum hook hook);
/* to refers to what from does. */
void files_duplicated(struct thread *self, int from, int to, enum hook hook, uint64_t start_ns);

/* Buffered calls that a record takes along. */
static inline void files_take_stdio(struct thread *self, struct description *description, uint64_t calls,
                                    uint64_t bytes)
{
    process_take(&description->stdio_calls, calls);
    process_take(&description->stdio_bytes, bytes);
    self->stdio_calls += calls;
}

/* Records an I/O call. */
void files_io(struct thread *self, const struct trace_io *io, uint64_t end_ns, enum hook hook);

/* The known descriptor from *fd on, which becomes its number; NULL = there is none. */
struct description *files_next(int *fd);
/* Bytes that the description's FILE holds back for writing; they begin at *front. */
uint64_t files_pending(const struct description *description, int fd, const char **front);

void files_put_still_open(struct thread *self);
void files_reset_after_fork(void);

#endif
