/* SPDX-License-Identifier: MIT
 * Owns: wrappers of calls on descriptors. Must not know: packets, codecs.
 * Arguments are looked at only after the real call and only as far as it accepted them. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "preload/codec_call.h"
#include "preload/files.h"
#include "preload/packet.h"
#include "preload/process.h"

/* Marks the call as in progress when none is. */
static inline void in_flight(enum hook hook, uint64_t start_ns)
{
    struct thread *self = thread_local_state.self;
    if (!self || self->in_flight_hook || thread_local_state.guard)
        return;
    thread_local_state.guard = (uintptr_t)__builtin_frame_address(0);
    __asm__ volatile("" ::: "memory"); /* a signal handler must not change the packet in between */
    packet_set_in_flight(self, (uint16_t)hook, start_ns);
    __asm__ volatile("" ::: "memory");
    thread_leave();
}

static inline void landed(struct thread *self, enum hook hook)
{
    if (self->in_flight_hook == hook)
        packet_set_in_flight(self, 0, 0);
}

struct moved {
    enum trace_io_op op;
    enum hook hook;
    int fd;
    struct iovec span; /* where the first of the bytes are */
    uint64_t offset;
    ssize_t result;
    uint64_t start_ns;
    bool large;
};

/* Before a large transfer: returns when it begins. */
static uint64_t before_large(uint64_t start_ns)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        start_ns = files_boundary(self);
        thread_leave();
    }
    errno = saved;
    return start_ns;
}

static void after_io(const struct moved *moved)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    uint64_t cpu_ns = moved->large ? files_cpu_after(self) : TRACE_UNKNOWN;
    uint64_t end_ns = system_now_ns();
    struct description *description = files_of(self, moved->fd);
    uint64_t bytes = moved->result > 0 ? (uint64_t)moved->result : 0;
    struct trace_io record = {
        .duration_ns = end_ns - moved->start_ns,
        .bytes = bytes,
        .kernel_bytes = bytes,
        .offset = moved->offset,
        .buffer = bytes ? (uintptr_t)moved->span.iov_base : 0,
        .file = description ? description->number : 0,
        .session = codec_call_session(self),
        .error = (uint16_t)(moved->result < 0 ? saved : 0),
        .hook = (uint16_t)moved->hook,
        .calls = 1,
        .op = (uint8_t)moved->op,
    };
    bool front = moved->offset == 0;
    if (description && moved->offset == TRACE_UNKNOWN) {
        int64_t before = atomic_fetch_add(&description->position, bytes);
        front = before == 0;
        if (before >= 0)
            record.offset = (uint64_t)before;
        else
            atomic_fetch_sub(&description->position, bytes);
    }
    files_io(self, &record, end_ns, moved->hook);
    packet_put_cpu_at(self, cpu_ns, end_ns);
    if (description && bytes) {
        uint64_t there = bytes < moved->span.iov_len ? bytes : moved->span.iov_len;
        if (moved->op == trace_io_op_READ && (front || description->regular))
            files_head_in(self, description, moved->fd, moved->span.iov_base, there);
        if (moved->op == trace_io_op_WRITE) {
            description->written = true;
            if (front)
                files_head_out(self, description, moved->span.iov_base, there);
        }
    }
    landed(self, moved->hook);
    thread_leave();
    errno = saved;
}

static inline struct iovec first_part(const struct iovec *parts, int count)
{
    return count > 0 ? parts[0] : (struct iovec){NULL, 0};
}
static inline struct iovec span_of_part(struct iovec part)
{
    return part;
}
static inline struct iovec span_of_buffer(const void *buffer)
{
    return (struct iovec){(void *)(uintptr_t)buffer, SIZE_MAX};
}

#define LIBC_IO(operation, returns, name, parameters, arguments, descriptor, buffer, wanted, position, meaning)        \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        uint64_t start_ns = thread_hook_start();                                                                       \
        if (!start_ns)                                                                                                 \
            return REAL(name) arguments;                                                                               \
        bool large = (wanted) >= FILES_LARGE_BYTES;                                                                    \
        if (large)                                                                                                     \
            start_ns = before_large(start_ns);                                                                         \
        in_flight(HOOK_##name, start_ns);                                                                              \
        returns result = REAL(name) arguments;                                                                         \
        struct moved moved = {trace_io_op_##operation, HOOK_##name, descriptor, {NULL, 0},                             \
                              (uint64_t)(position),    result,      start_ns,   large};                                \
        if (result > 0)                                                                                                \
            moved.span = _Generic((buffer), struct iovec : span_of_part, default : span_of_buffer)(buffer);            \
        after_io(&moved);                                                                                              \
        return result;                                                                                                 \
    }
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t limit);
ssize_t __pread_chk(int fd, void *buffer, size_t size, off_t offset, size_t limit);
#include "preload/libc.def"

static int opened(const struct files_opening *opening)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        files_opened(self, opening);
        thread_leave();
    }
    errno = saved;
    return opening->fd;
}

/* The mode is passed on only where libc would read one: otherwise there may be none. */
#define MODE_ARGUMENT(flags)                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE) {                                                       \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode = va_arg(list, mode_t);                                                                                   \
        va_end(list);                                                                                                  \
    }

#define OPEN_BODY(name, arguments, directory, open_flags)                                                              \
    uint64_t start_ns = thread_hook_start();                                                                           \
    int fd = REAL(name) arguments;                                                                                     \
    if (!start_ns)                                                                                                     \
        return fd;                                                                                                     \
    struct files_opening opening = {start_ns, fd, fd < 0 ? errno : 0, directory, open_flags, path, HOOK_##name, NULL}; \
    return opened(&opening)

EXPORT int open(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags)
    OPEN_BODY(open, (path, flags, mode), AT_FDCWD, flags);
}

EXPORT int openat(int directory, const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags)
    OPEN_BODY(openat, (directory, path, flags, mode), directory, flags);
}

EXPORT int creat(const char *path, mode_t mode)
{
    OPEN_BODY(creat, (path, mode), AT_FDCWD, O_CREAT | O_WRONLY | O_TRUNC);
}

int __open_2(const char *path, int flags);
EXPORT int __open_2(const char *path, int flags)
{
    OPEN_BODY(__open_2, (path, flags), AT_FDCWD, flags);
}

int __openat_2(int directory, const char *path, int flags);
EXPORT int __openat_2(int directory, const char *path, int flags)
{
    OPEN_BODY(__openat_2, (directory, path, flags), directory, flags);
}

EXPORT int close(int fd)
{
    uint64_t start_ns = thread_hook_start();
    struct files_closing closing = {.start_ns = start_ns};
    if (start_ns && files_peek(fd)) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            files_before_close(self, fd, &closing);
            thread_leave();
        }
        errno = saved;
    }
    closing.start_ns = closing.description ? system_now_ns() : 0;
    int result = REAL(close)(fd);
    if (closing.description) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            files_closed(self, fd, &closing, result ? saved : 0, HOOK_close);
            thread_leave();
        }
        errno = saved;
    }
    return result;
}

static int duplicated(uint64_t start_ns, int from, int to, enum hook hook)
{
    int saved = errno;
    struct thread *self = start_ns && to >= 0 ? thread_enter() : NULL;
    if (self) {
        files_duplicated(self, from, to, hook, start_ns);
        thread_leave();
    }
    errno = saved;
    return to;
}

EXPORT int dup(int fd)
{
    uint64_t start_ns = thread_hook_start();
    return duplicated(start_ns, fd, REAL(dup)(fd), HOOK_dup);
}

EXPORT int dup2(int fd, int to)
{
    uint64_t start_ns = thread_hook_start();
    return duplicated(start_ns, fd, REAL(dup2)(fd, to), HOOK_dup2);
}

EXPORT int dup3(int fd, int to, int flags)
{
    uint64_t start_ns = thread_hook_start();
    return duplicated(start_ns, fd, REAL(dup3)(fd, to, flags), HOOK_dup3);
}

EXPORT int fcntl(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *); /* handed on whatever the command: the kernel ignores what it does not use */
    va_end(list);
    uint64_t start_ns = command == F_DUPFD || command == F_DUPFD_CLOEXEC ? thread_hook_start() : 0;
    int result = REAL(fcntl)(fd, command, argument);
    return start_ns ? duplicated(start_ns, fd, result, HOOK_fcntl) : result;
}

/* A call that moves bytes between two files, or none: one record for each file it touches. */
static void after_copy(int from, int to, ssize_t result, uint64_t start_ns, enum hook hook)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    uint64_t end_ns = system_now_ns();
    struct description *source = files_of(self, from), *target = files_of(self, to);
    uint64_t bytes = result > 0 ? (uint64_t)result : 0;
    struct trace_io record = {
        .duration_ns = end_ns - start_ns,
        .bytes = bytes,
        .kernel_bytes = bytes,
        .offset = TRACE_UNKNOWN,
        .file = source ? source->number : 0,
        .session = codec_call_session(self),
        .error = (uint16_t)(result < 0 ? saved : 0),
        .hook = (uint16_t)hook,
        .calls = 1,
        .op = trace_io_op_COPY,
    };
    files_io(self, &record, end_ns, hook);
    if (source && bytes)
        files_head_in(self, source, from, NULL, 0);
    if (target) {
        record.op = trace_io_op_WRITE;
        record.file = target->number;
        record.duration_ns = 0; /* counted with the source */
        target->written = true;
        files_io(self, &record, end_ns, hook);
    }
    thread_leave();
    errno = saved;
}

EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
    uint64_t start_ns = thread_hook_start();
    ssize_t result = REAL(sendfile)(to, from, offset, size);
    if (start_ns)
        after_copy(from, to, result, start_ns, HOOK_sendfile);
    return result;
}

EXPORT ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags)
{
    uint64_t start_ns = thread_hook_start();
    ssize_t result = REAL(copy_file_range)(from, from_offset, to, to_offset, size, flags);
    if (start_ns)
        after_copy(from, to, result, start_ns, HOOK_copy_file_range);
    return result;
}

/* Seek, truncate and sync: a record without bytes. */
static void after_position(int fd, enum trace_io_op op, int64_t offset, bool failed, uint64_t start_ns, enum hook hook)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    uint64_t end_ns = system_now_ns();
    struct description *description = files_of(self, fd);
    if (description && op == trace_io_op_SEEK && !failed)
        atomic_store(&description->position, offset);
    struct trace_io record = {
        .duration_ns = end_ns - start_ns,
        .offset = offset >= 0 ? (uint64_t)offset : TRACE_UNKNOWN,
        .file = description ? description->number : 0,
        .session = codec_call_session(self),
        .error = (uint16_t)(failed ? saved : 0),
        .hook = (uint16_t)hook,
        .calls = 1,
        .op = (uint8_t)op,
    };
    files_io(self, &record, end_ns, hook);
    thread_leave();
    errno = saved;
}

EXPORT off_t lseek(int fd, off_t offset, int whence)
{
    uint64_t start_ns = thread_hook_start();
    off_t result = REAL(lseek)(fd, offset, whence);
    if (start_ns)
        after_position(fd, trace_io_op_SEEK, result, result < 0, start_ns, HOOK_lseek);
    return result;
}

EXPORT int ftruncate(int fd, off_t length)
{
    uint64_t start_ns = thread_hook_start();
    int result = REAL(ftruncate)(fd, length);
    if (start_ns)
        after_position(fd, trace_io_op_TRUNCATE, length, result != 0, start_ns, HOOK_ftruncate);
    return result;
}

EXPORT int fsync(int fd)
{
    uint64_t start_ns = thread_hook_start();
    int result = REAL(fsync)(fd);
    if (start_ns)
        after_position(fd, trace_io_op_SYNC, -1, result != 0, start_ns, HOOK_fsync);
    return result;
}

EXPORT int fdatasync(int fd)
{
    uint64_t start_ns = thread_hook_start();
    int result = REAL(fdatasync)(fd);
    if (start_ns)
        after_position(fd, trace_io_op_SYNC, -1, result != 0, start_ns, HOOK_fdatasync);
    return result;
}

#define OWN_file(name) OWN_NAME(name)
#include "preload/own_names.h"
