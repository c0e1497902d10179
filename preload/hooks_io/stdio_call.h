/* SPDX-License-Identifier: MIT
 * Owns: what wrappers of stdio share: how much lies in a FILE's buffer, counting the calls that only touch it, and the
 * records of those that reach the kernel. Must not know: signatures of libc, packets.
 *
 * Physical bytes follow from the buffer: read = consumed + available after - before; written = given + pending before -
 * after. What inlined macros took from or put into the buffer shows when the next call reaches the kernel. */
#ifndef PRELOAD_STDIO_CALL_H
#define PRELOAD_STDIO_CALL_H

#include <stdio.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/files/files.h"

struct description;
struct thread;

#define STDIO_FRONT_BYTES 64
#define STDIO_CALLS_MAX   60000 /* buffered calls that one record can take along */

static inline uint64_t stdio_span(const char *from, const char *to)
{
    return to > from ? (uint64_t)(to - from) : 0;
}

/* The descriptor behind it, or -1. FILEs of memory leave the member as they found it, so the kind is asked first. */
static inline int stdio_fd(const FILE *stream)
{
    enum { OF_A_FILE = 0x2000 }; /* _IO_IS_FILEBUF */
    return likely(stream->_flags & OF_A_FILE) ? stream->_fileno : -1;
}

/* Bytes that can be read without the kernel. */
static inline uint64_t stdio_available(const FILE *stream)
{
    uint64_t there = stdio_span(stream->_IO_read_ptr, stream->_IO_read_end);
    if (unlikely(stream->_flags & 0x100)) /* pushed back bytes come first, the rest of the buffer is kept aside */
        there += stdio_span(stream->_IO_save_base, stream->_IO_save_end);
    return there;
}

/* Bytes that wait to be written, and those that still find room. */
static inline uint64_t stdio_pending(const FILE *stream)
{
    return stdio_span(stream->_IO_write_base, stream->_IO_write_ptr);
}
static inline uint64_t stdio_room(const FILE *stream)
{
    return stdio_span(stream->_IO_write_ptr, stream->_IO_write_end);
}

/* False: the call passes through. */
static inline bool stdio_is_seen(const FILE *stream)
{
    return likely(stdio_fd(stream) >= 0) && thread_may_record();
}

/* Counts a call that touched the buffer only. False: the file is not known well enough yet, or the counters are full.
 */
static inline bool stdio_count(struct description *description, uint64_t bytes)
{
    if (unlikely(!description || description->stdio_calls >= STDIO_CALLS_MAX))
        return false;
    process_add_plain(&description->stdio_calls, 1);
    process_add_plain(&description->stdio_bytes, (int64_t)bytes);
    return true;
}
static inline bool stdio_count_read(const FILE *stream, uint64_t bytes)
{
    struct description *description = files_peek(stream->_fileno);
    return likely(description && description->head_in) && stdio_count(description, bytes);
}
static inline bool stdio_count_write(const FILE *stream, uint64_t bytes)
{
    struct description *description = files_peek(stream->_fileno);
    return likely(description && description->stream == stream) && stdio_count(description, bytes);
}

/* A call that may reach the kernel. */
struct stdio_read {
    uint64_t start_ns, available;
    const char *at, *end;
    uint64_t wanted;
};
struct stdio_read stdio_read_begin(FILE *stream, uint64_t most);
/* consumed: TRACE_UNKNOWN = only the buffer tells. errno is kept. */
void stdio_read_end(const struct stdio_read *read, FILE *stream, uint64_t consumed, const void *buffer, enum hook hook);

/* What a write that will reach the kernel finds in the buffer: the file's front, if nothing was written yet. */
struct stdio_write {
    uint64_t start_ns, pending;
    uint64_t wanted;
    unsigned held; /* bytes of the front: too few to tell the format without what follows */
    char front[STDIO_FRONT_BYTES];
};
void stdio_write_begin(struct stdio_write *write, FILE *stream, uint64_t most);
void stdio_write_end(const struct stdio_write *write, FILE *stream, uint64_t given, const void *buffer, bool failed,
                     enum trace_io_op op, enum hook hook);

/* The buffer's front, while it still holds the first bytes of the file. Guard set. */
void stdio_look_at_front(struct thread *self, const FILE *stream);
/* A call that moved the position; before: as it was. */
struct stdio_position {
    uint64_t start_ns, pending, available;
    const char *end;
    off64_t offset;
};
struct stdio_position stdio_position_before(const FILE *stream);
void stdio_moved(const struct stdio_position *before, FILE *stream, bool failed, enum hook hook);
/* Bytes that inlined macros moved through the buffer unseen since the last record, as it stands now. */
uint64_t stdio_unseen(const struct description *description, const FILE *stream);

#endif
