/* SPDX-License-Identifier: MIT
 * Owns: wrappers of calls on descriptors. Must not know: packets, codecs.
 * Arguments are looked at only after the real call and only as far as it accepted them. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/files/description.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/guard/descriptors.h"
#include "preload/files/files.h"
#include "preload/hooks_io/io_call.h"
#include "preload/originals/originals.h"

#define LIBC_IO(operation, returns, name, parameters, arguments, descriptor, buffer, wanted, position, meaning)        \
    IO_CALL_WRAPPER(operation, DESCRIPTOR, returns, name, parameters, arguments, descriptor, buffer, wanted, position)
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t limit);
ssize_t __pread_chk(int fd, void *buffer, size_t size, off_t offset, size_t limit);
#include "preload/libc.def"

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
    if (originals_are_kept())                                                                                          \
        originals_before_open(directory, path, open_flags, HOOK_##name);                                               \
    uint64_t start_ns = thread_hook_start();                                                                           \
    int fd = DESCRIPTORS_CALL(int, -1, REAL(name) arguments);                                                          \
    if (!start_ns)                                                                                                     \
        return fd;                                                                                                     \
    io_call_opened(                                                                                                    \
        &(struct files_opening){start_ns, fd, fd < 0 ? errno : 0, directory, open_flags, path, HOOK_##name, NULL});    \
    return fd

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

/* Before a close inside or outside libc: the descriptor's entry goes first. description NULL: nothing to record. */
static struct files_closing before_close(int fd)
{
    struct files_closing closing = {0};
    if (files_peek(fd) && thread_may_record()) {
        int saved = errno;
        struct thread *self = thread_enter();
        if (self) {
            files_before_close(self, fd, &closing);
            thread_leave();
        }
        errno = saved;
    }
    closing.start_ns = closing.description ? thread_now_ns() : 0;
    return closing;
}

static void after_close(const struct files_closing *closing, int fd, int result, enum hook hook)
{
    int saved = errno;
    struct thread *self = closing->description ? thread_enter() : NULL;
    if (self) {
        files_closed(self, fd, closing, result ? saved : 0, hook);
        thread_leave();
    }
    errno = saved;
}

EXPORT int close(int fd)
{
    bool known = files_peek(fd); /* the program's own: none of ours can have its number */
    struct files_closing closing = before_close(fd);
    uint64_t outer = known ? 0 : descriptors_closing((unsigned)fd, (unsigned)fd);
    int result = REAL(close)(fd);
    if (!known)
        descriptors_closed(outer);
    after_close(&closing, fd, result, HOOK_close);
    return result;
}

/* Takes the descriptors of a range away before the call that closes them all; those without records cost nothing. */
static void closing_range(unsigned first, unsigned last, enum hook hook)
{
    if (!thread_may_record())
        return;
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        files_closing_range(self, first, last, hook);
        thread_leave();
    }
    errno = saved;
}

/* The kernel refuses nothing but what is tested here, and then closes nothing. */
EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    if (first <= last && !(flags & ~(int)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) && !(flags & CLOSE_RANGE_CLOEXEC))
        closing_range(first, last, HOOK_close_range);
    bool closes = !(flags & CLOSE_RANGE_CLOEXEC);
    uint64_t outer = closes ? descriptors_closing(first, last) : 0;
    int result = REAL(close_range) ? real.close_range(first, last, flags)
                                   : (int)system_result(SYSTEM3(SYS_close_range, first, last, flags));
    if (closes)
        descriptors_closed(outer);
    return result;
}

EXPORT void closefrom(int first)
{
    closing_range(first > 0 ? (unsigned)first : 0, UINT_MAX, HOOK_closefrom);
    uint64_t outer = descriptors_closing(first > 0 ? (unsigned)first : 0, UINT_MAX);
    if (REAL(closefrom))
        real.closefrom(first);
    else
        (void)SYSTEM3(SYS_close_range, first > 0 ? first : 0, UINT_MAX, 0);
    descriptors_closed(outer);
}

/* closedir refuses NULL, dirfd reads it. (The compiler believes that there is none: hence a function.) */
static __attribute__((noinline)) int descriptor_of(void *directory)
{
    return directory ? dirfd(directory) : -1;
}

/* Closes its descriptor inside libc. */
EXPORT int closedir(DIR *directory)
{
    int fd = descriptor_of(directory);
    struct files_closing closing = before_close(fd);
    int result = REAL(closedir)(directory);
    after_close(&closing, fd, result, HOOK_closedir);
    return result;
}

/* ---- formatted output to a descriptor: one write inside libc ---- */

/* flag < 0: not fortified. */
static int print(enum hook hook, int fd, int flag, const char *format, va_list list)
{
    uint64_t start_ns = io_call_begin(hook, 0);
    int result = flag < 0 ? REAL(vdprintf)(fd, format, list) : REAL(__vdprintf_chk)(fd, flag, format, list);
    if (start_ns)
        io_call_end(
            &(struct io_call){trace_io_op_WRITE, trace_io_layer_DESCRIPTOR, hook, fd, TRACE_UNKNOWN, start_ns, 0},
            result, (struct vector){NULL, 0});
    return result;
}

EXPORT int vdprintf(int fd, const char *format, va_list list)
{
    return print(HOOK_vdprintf, fd, -1, format, list);
}

EXPORT int dprintf(int fd, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int result = print(HOOK_dprintf, fd, -1, format, list);
    va_end(list);
    return result;
}

int __vdprintf_chk(int fd, int flag, const char *format, va_list list);
EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list list)
{
    return print(HOOK___vdprintf_chk, fd, flag, format, list);
}

int __dprintf_chk(int fd, int flag, const char *format, ...);
EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int result = print(HOOK___dprintf_chk, fd, flag, format, list);
    va_end(list);
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
    return duplicated(start_ns, fd, DESCRIPTORS_CALL(int, -1, REAL(dup)(fd)), HOOK_dup);
}

EXPORT int dup2(int fd, int to)
{
    uint64_t start_ns = thread_hook_start();
    uint64_t outer = descriptors_closing((unsigned)to, (unsigned)to);
    int result = REAL(dup2)(fd, to);
    descriptors_closed(outer);
    return duplicated(start_ns, fd, result, HOOK_dup2);
}

EXPORT int dup3(int fd, int to, int flags)
{
    uint64_t start_ns = thread_hook_start();
    uint64_t outer = descriptors_closing((unsigned)to, (unsigned)to);
    int result = REAL(dup3)(fd, to, flags);
    descriptors_closed(outer);
    return duplicated(start_ns, fd, result, HOOK_dup3);
}

EXPORT int fcntl(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *); /* handed on whatever the command: the kernel ignores what it does not use */
    va_end(list);
    uint64_t start_ns = command == F_DUPFD || command == F_DUPFD_CLOEXEC ? thread_hook_start() : 0;
    int result = DESCRIPTORS_CALL(int, -1, REAL(fcntl)(fd, command, argument));
    return start_ns ? duplicated(start_ns, fd, result, HOOK_fcntl) : result;
}

/* Seek, truncate and sync: a record without bytes. */
static void after_position(int fd, enum trace_io_op op, int64_t offset, bool failed, uint64_t start_ns, enum hook hook)
{
    int saved = errno;
    struct thread *self = thread_enter();
    if (!self)
        return;
    uint64_t end_ns = thread_now_ns();
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

EXPORT int sync_file_range(int fd, off_t offset, off_t length, unsigned flags)
{
    uint64_t start_ns = thread_hook_start();
    int result = REAL(sync_file_range)(fd, offset, length, flags);
    if (start_ns)
        after_position(fd, trace_io_op_SYNC, -1, result != 0, start_ns, HOOK_sync_file_range);
    return result;
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t length)
{
    uint64_t start_ns = thread_hook_start();
    int result = REAL(fallocate)(fd, mode, offset, length);
    if (start_ns)
        after_position(fd, trace_io_op_ALLOCATE, offset + length, result != 0, start_ns, HOOK_fallocate);
    return result;
}

/* Returns its error and leaves errno alone. */
EXPORT int posix_fallocate(int fd, off_t offset, off_t length)
{
    uint64_t start_ns = thread_hook_start();
    int error = REAL(posix_fallocate)(fd, offset, length);
    if (start_ns) {
        int saved = errno;
        errno = error;
        after_position(fd, trace_io_op_ALLOCATE, offset + length, error != 0, start_ns, HOOK_posix_fallocate);
        errno = saved;
    }
    return error;
}

#define OWN_file(name) OWN_NAME(name)
#include "preload/base/own_names.h"
