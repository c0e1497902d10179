/* SPDX-License-Identifier: MIT
 * Owns: wrappers of stdio. Must not know: packets, codecs.
 * Calls that only touch the buffer are counted, not timed, and joined to the next record of the file. Physical bytes
 * follow from the buffer: read = consumed + available after - before; written = given + pending before - after. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "preload/codec_call.h"
#include "preload/files.h"
#include "preload/heads.h"
#include "preload/packet.h"
#include "preload/process.h"
#include "preload/settings.h"

#define SMALL_HEAD 64

/* <bits/stdio.h> has macros of these names under optimization. */
#undef fread_unlocked
#undef fwrite_unlocked

static inline uint64_t available(const FILE *stream)
{
    return stream->_IO_read_end > stream->_IO_read_ptr ? (uint64_t)(stream->_IO_read_end - stream->_IO_read_ptr) : 0;
}

static inline uint64_t pending(const FILE *stream)
{
    return stream->_IO_write_ptr > stream->_IO_write_base ? (uint64_t)(stream->_IO_write_ptr - stream->_IO_write_base)
                                                          : 0;
}

static inline uint64_t room(const FILE *stream)
{
    return stream->_IO_write_end > stream->_IO_write_ptr ? (uint64_t)(stream->_IO_write_end - stream->_IO_write_ptr)
                                                         : 0;
}

static int flags_of(const char *mode)
{
    int flags = *mode == 'r' ? O_RDONLY : *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND : O_WRONLY | O_CREAT | O_TRUNC;
    return strchr(mode, '+') ? (flags & ~O_ACCMODE) | O_RDWR : flags;
}

/* Start of a call that reaches the kernel. */
static uint64_t start_of(uint64_t bytes)
{
    uint64_t start_ns = system_now_ns();
    if (bytes >= FILES_LARGE_BYTES) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            start_ns = files_boundary(self);
            thread_leave();
        }
        errno = saved;
    }
    return start_ns;
}

static FILE *opened(FILE *stream, const char *path, const char *mode, uint64_t start_ns, enum hook hook)
{
    int saved = errno;
    struct thread *self = start_ns && path ? thread_enter() : NULL;
    if (self) {
        struct files_opening opening = {
            start_ns, stream ? stream->_fileno : -1, stream ? 0 : saved, AT_FDCWD, 0, path, hook, stream};
        if (stream)
            opening.flags = flags_of(mode);
        files_opened(self, &opening);
        thread_leave();
    }
    errno = saved;
    return stream;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
    uint64_t start_ns = thread_hook_start();
    return opened(REAL(fopen)(path, mode), path, mode, start_ns, HOOK_fopen);
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
    FILE *stream = REAL(fdopen)(fd, mode);
    int saved = errno;
    struct thread *self = stream && thread_may_record() ? thread_enter() : NULL;
    if (self) {
        struct description *description = files_of(self, fd);
        if (description)
            description->stream = stream;
        thread_leave();
    }
    errno = saved;
    return stream;
}

/* The buffer's front, while it still holds the first bytes of the file. */
static void look_at_front(struct thread *self, const FILE *stream)
{
    struct description *description = files_of(self, stream->_fileno);
    uint64_t held = pending(stream);
    if (description && held && !description->written && !description->head_out)
        files_head_out(self, description, stream->_IO_write_base, held);
}

static struct files_closing closing_of(FILE *stream)
{
    struct files_closing closing = {0};
    if (!thread_may_record() || stream->_fileno < 0 || !files_peek(stream->_fileno))
        return closing;
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        look_at_front(self, stream);
        files_before_close(self, stream->_fileno, &closing);
        if (closing.description) /* another descriptor may live on, the FILE does not */
            closing.description->stream = NULL;
        thread_leave();
    }
    errno = saved;
    closing.start_ns = system_now_ns();
    return closing;
}

static void closed(const struct files_closing *closing, int fd, bool failed, enum hook hook)
{
    int saved = errno;
    struct thread *self = closing->description ? thread_enter() : NULL;
    if (self) {
        files_closed(self, fd, closing, failed ? saved : 0, hook);
        thread_leave();
    }
    errno = saved;
}

EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
    int fd = stream->_fileno;
    struct files_closing closing = closing_of(stream);
    uint64_t start_ns = thread_hook_start();
    FILE *result = REAL(freopen)(path, mode, stream);
    closed(&closing, fd, false, HOOK_freopen);
    return opened(result, path, mode, start_ns, HOOK_freopen);
}

EXPORT int fclose(FILE *stream)
{
    int fd = stream->_fileno;
    struct files_closing closing = closing_of(stream);
    int result = REAL(fclose)(stream);
    closed(&closing, fd, result != 0, HOOK_fclose);
    return result;
}

/* A call that reached the kernel: its record takes the buffered calls before it along. */
static void put(struct thread *self, struct description *description, enum trace_io_op op, enum hook hook,
                const void *buffer, uint64_t bytes, uint64_t kernel_bytes, int error, uint64_t start_ns)
{
    uint64_t cpu_ns = start_ns && bytes >= FILES_LARGE_BYTES ? files_cpu_after(self) : TRACE_UNKNOWN;
    uint64_t end_ns = system_now_ns(), calls = description->stdio_calls + 1;
    struct trace_io record = {
        .duration_ns = start_ns ? end_ns - start_ns : 0,
        .bytes = bytes + description->stdio_bytes,
        .kernel_bytes = kernel_bytes,
        .offset = TRACE_UNKNOWN,
        .buffer = (uintptr_t)buffer,
        .file = description->number,
        .session = codec_call_session(self),
        .hook = (uint16_t)hook,
        .error = (uint16_t)error,
        .calls = (uint16_t)(calls > UINT16_MAX ? UINT16_MAX : calls),
        .op = (uint8_t)op,
        .layer = trace_io_layer_STDIO,
    };
    description->stdio_calls = description->stdio_bytes = 0;
    files_io(self, &record, end_ns, hook);
    packet_put_cpu_at(self, cpu_ns, end_ns);
}

static void after_read(FILE *stream, const void *buffer, uint64_t bytes, uint64_t available_before, uint64_t start_ns,
                       enum hook hook)
{
    uint64_t after = available(stream);
    uint64_t kernel = bytes + after >= available_before ? bytes + after - available_before : after;
    struct description *description = files_peek(stream->_fileno);
    if (likely(kernel == 0 && description && description->head_in)) {
        description->stdio_calls++;
        description->stdio_bytes += bytes;
        return;
    }
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        description = files_of(self, stream->_fileno);
        if (description) {
            description->stream = stream;
            put(self, description, trace_io_op_READ, hook, bytes ? buffer : NULL, bytes, kernel, 0, start_ns);
            /* The buffer still holds the front when calls that are not wrapped, as getc, read the first bytes. */
            uint64_t held = (uint64_t)(stream->_IO_read_end - stream->_IO_read_base);
            bool front = heads_look_like_image(stream->_IO_read_base, held) || bytes < 16;
            files_head_in(self, description, stream->_fileno, front ? stream->_IO_read_base : buffer,
                          front ? held : bytes);
        }
        thread_leave();
    }
    errno = saved;
}

#define FREAD_BODY(name, arguments)                                                                                    \
    if (stream->_fileno < 0 || !thread_may_record())                                                                   \
        return REAL(name) arguments;                                                                                   \
    uint64_t before = available(stream);                                                                               \
    uint64_t start_ns = size * count <= before ? 0 : start_of(size * count);                                           \
    size_t result = REAL(name) arguments;                                                                              \
    after_read(stream, buffer, (uint64_t)result *size, before, start_ns, HOOK_##name);                                 \
    return result

EXPORT size_t fread(void *buffer, size_t size, size_t count, FILE *stream)
{
    FREAD_BODY(fread, (buffer, size, count, stream));
}

EXPORT size_t fread_unlocked(void *buffer, size_t size, size_t count, FILE *stream)
{
    FREAD_BODY(fread_unlocked, (buffer, size, count, stream));
}

size_t __fread_chk(void *buffer, size_t limit, size_t size, size_t count, FILE *stream);
EXPORT size_t __fread_chk(void *buffer, size_t limit, size_t size, size_t count, FILE *stream)
{
    FREAD_BODY(__fread_chk, (buffer, limit, size, count, stream));
}

size_t __fread_unlocked_chk(void *buffer, size_t limit, size_t size, size_t count, FILE *stream);
EXPORT size_t __fread_unlocked_chk(void *buffer, size_t limit, size_t size, size_t count, FILE *stream)
{
    FREAD_BODY(__fread_unlocked_chk, (buffer, limit, size, count, stream));
}

/* What a write that will reach the kernel finds in the buffer: the file's front, if nothing was written yet. */
struct front {
    unsigned held; /* bytes copied: too few to tell the format without what follows */
    char bytes[SMALL_HEAD];
};

static void before_write(FILE *stream, struct front *front)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        uint64_t held = pending(stream);
        if (held >= SMALL_HEAD) {
            look_at_front(self, stream);
        } else {
            memcpy(front->bytes, stream->_IO_write_base, held);
            front->held = (unsigned)held;
        }
        thread_leave();
    }
    errno = saved;
}

static void after_write(FILE *stream, const void *buffer, uint64_t bytes, uint64_t pending_before, uint64_t start_ns,
                        const struct front *front, enum hook hook)
{
    int saved = errno;
    uint64_t after = pending(stream);
    uint64_t kernel = bytes + pending_before >= after ? bytes + pending_before - after : 0;
    struct description *description = files_peek(stream->_fileno);
    if (likely(kernel == 0 && description)) {
        description->stream = stream;
        description->stdio_calls++;
        description->stdio_bytes += bytes;
        return;
    }
    struct thread *self = thread_enter();
    if (self) {
        description = files_of(self, stream->_fileno);
        if (description) {
            description->stream = stream;
            put(self, description, trace_io_op_WRITE, hook, bytes ? buffer : NULL, bytes, kernel, 0, start_ns);
            if (!description->head_out && !description->written && kernel) {
                uint64_t more = bytes < settings.head_bytes ? bytes : settings.head_bytes;
                memcpy(self->scratch, front->bytes, front->held);
                memcpy(self->scratch + front->held, buffer, more);
                files_head_out(self, description, self->scratch, front->held + more);
            }
            description->written = description->written || kernel > 0;
        }
        thread_leave();
    }
    errno = saved;
}

#define FWRITE_BODY(name, arguments)                                                                                   \
    if (stream->_fileno < 0 || !thread_may_record())                                                                   \
        return REAL(name) arguments;                                                                                   \
    uint64_t before = pending(stream);                                                                                 \
    struct front front;                                                                                                \
    front.held = 0;                                                                                                    \
    uint64_t start_ns = 0;                                                                                             \
    if (size * count > room(stream)) {                                                                                 \
        before_write(stream, &front);                                                                                  \
        start_ns = start_of(size * count);                                                                             \
    }                                                                                                                  \
    size_t result = REAL(name) arguments;                                                                              \
    after_write(stream, buffer, (uint64_t)result *size, before, start_ns, &front, HOOK_##name);                        \
    return result

EXPORT size_t fwrite(const void *buffer, size_t size, size_t count, FILE *stream)
{
    FWRITE_BODY(fwrite, (buffer, size, count, stream));
}

EXPORT size_t fwrite_unlocked(const void *buffer, size_t size, size_t count, FILE *stream)
{
    FWRITE_BODY(fwrite_unlocked, (buffer, size, count, stream));
}

EXPORT int fflush(FILE *stream)
{
    if (!stream || stream->_fileno < 0 || !pending(stream) || !thread_may_record())
        return REAL(fflush)(stream);
    struct front front;
    uint64_t before = pending(stream);
    front.held = 0;
    before_write(stream, &front);
    uint64_t start_ns = system_now_ns();
    int result = REAL(fflush)(stream);
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        struct description *description = files_of(self, stream->_fileno);
        if (description) {
            uint64_t kernel = before > pending(stream) ? before - pending(stream) : 0;
            put(self, description, trace_io_op_FLUSH, HOOK_fflush, NULL, 0, kernel, result ? saved : 0, start_ns);
            if (front.held && !description->written)
                files_head_out(self, description, front.bytes, front.held);
            description->written = description->written || kernel > 0;
        }
        thread_leave();
    }
    errno = saved;
    return result;
}

#define OWN_stdio(name) OWN_NAME(name)
#include "preload/own_names.h"
