/* SPDX-License-Identifier: MIT
 * Owns: which open file description each descriptor refers to, and the records of opens, closes and image heads.
 * Must not know: codecs, signatures of libc. Guard set in all but files_peek. */
#ifndef PRELOAD_FILES_H
#define PRELOAD_FILES_H

#include <sys/stat.h>

#include "preload/process/process.h"
#include "preload/files/streams.h"
#include "preload/record/thread.h"

/* An open file description. */
struct description {
    struct description *next_free;
    _Atomic int descriptors;
    uint32_t number;          /* from 1; what records call it */
    _Atomic int64_t position; /* of the kernel, or -1 = unknown */
    FILE *stream;
    uint64_t stdio_calls, stdio_bytes; /* buffered calls not yet in a record */
    uint64_t flush_pending;            /* bytes that wait while all FILEs are flushed */
    int64_t buffered_after; /* bytes in the FILE's buffer after the last call that reached the kernel, or -1 */
    bool regular;
    bool device;            /* neither a file nor a pipe or socket */
    bool head_in, head_out; /* looked at */
    bool image;             /* a head was recorded */
    bool written;
    uint8_t stream_direction; /* that bytes last went, see streams.c */
    struct stream_way ways[2];
};

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
/* Buffered calls that a record takes along. */
static inline void files_take_stdio(struct thread *self, struct description *description, uint64_t calls,
                                    uint64_t bytes)
{
    process_take(&description->stdio_calls, calls);
    process_take(&description->stdio_bytes, bytes);
    self->stdio_calls += calls;
}

static inline uint64_t files_changed_ns(const struct stat *status)
{
    return status->st_mtim.tv_sec < 0
               ? TRACE_UNKNOWN
               : (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
}
/* Records an I/O call. */
void files_io(struct thread *self, const struct trace_io *io, uint64_t end_ns, enum hook hook);

/* Transfers from this size on have the thread's CPU clock read before and after them: they last long enough to be
 * interrupted, and then their length says nothing about their CPU time. */
#define FILES_LARGE_BYTES 65536
/* CPU reading to be written behind the record of the transfer; TRACE_UNKNOWN inside a codec call. */
uint64_t files_cpu_after(struct thread *self);
/* Reads the thread's CPU clock at an edge of an image's work, unless a codec call is under way, which does so at its
 * own ends. Returns the time at which what follows begins: see packet_put_cpu. */
uint64_t files_boundary(struct thread *self);

/* The known descriptor from *fd on, which becomes its number; NULL = there is none. */
struct description *files_next(int *fd);
/* Bytes that the description's FILE holds back for writing; they begin at *front. */
uint64_t files_pending(const struct description *description, int fd, const char **front);
/* The head of a file that still waits there. */
void files_head_pending(struct thread *self, struct description *description, const char *front, uint64_t pending);

/* Around a call that hands every FILE's buffer to the kernel: what went of each. */
void files_before_flush_all(struct thread *self);
void files_flushed_all(struct thread *self, uint64_t start_ns, enum hook hook);

void files_put_still_open(struct thread *self);
void files_reset_after_fork(void);

#endif
