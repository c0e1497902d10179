/* SPDX-License-Identifier: MIT
 * Owns: wrappers of stdio that open, close, flush and move FILEs. Must not know: packets, codecs. */
#include <fcntl.h>
#include <stdio.h>

#include "preload/base/hook.h"
#include "preload/files/description.h"
#include "preload/files/files.h"
#include "preload/files/files_flush.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/guard/descriptors.h"
#include "preload/base/foreign.h"
#include "preload/originals/originals.h"
#include "preload/hooks_io/stdio_call.h"
#include "preload/base/text.h"

static int flags_of(const char *mode)
{
    int flags = *mode == 'r' ? O_RDONLY : *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND : O_WRONLY | O_CREAT | O_TRUNC;
    for (const char *at = mode + 1; *mode && *at && *at != ','; at++) {
        flags = *at == '+' ? (flags & ~O_ACCMODE) | O_RDWR : flags;
        flags |= *at == 'x' ? O_EXCL : *at == 'e' ? O_CLOEXEC : 0;
    }
    return flags;
}

/* fd: without a path the file that this one refers to is opened again. */
static void before_open(const char *path, const char *mode, int fd, enum hook hook)
{
    char copy[24], name[32];
    struct text text = text_begin(name, sizeof name);
    text_add(&text, "/proc/self/fd/");
    text_add_number(&text, (uint64_t)fd, 1);
    foreign_text(mode, copy, sizeof copy);
    originals_before_open(AT_FDCWD, path || fd < 0 ? path : name, flags_of(copy), hook);
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
    if (originals_are_kept())
        before_open(path, mode, -1, HOOK_fopen);
    uint64_t start_ns = thread_hook_start();
    FILE *stream = DESCRIPTORS_CALL(FILE *, NULL, REAL(fopen)(path, mode));
    return opened(stream, path, mode, start_ns, HOOK_fopen);
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

static struct files_closing closing_of(FILE *stream)
{
    struct files_closing closing = {0};
    if (stdio_fd(stream) < 0 || !files_peek(stream->_fileno) || !thread_may_record())
        return closing;
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        stdio_look_at_front(self, stream);
        struct description *description = files_peek(stream->_fileno);
        if (description)
            description->stdio_bytes += stdio_unseen(description, stream);
        files_before_close(self, stream->_fileno, &closing);
        if (closing.description) /* another descriptor may live on, the FILE does not */
            closing.description->stream = NULL;
        thread_leave();
    }
    errno = saved;
    closing.start_ns = thread_now_ns();
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
    if (originals_are_kept())
        before_open(path, mode, fd, HOOK_freopen);
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

/* fflush(NULL): every FILE there is. */
static int flush_all(int (*real_flush)(FILE *), enum hook hook)
{
    uint64_t start_ns = thread_hook_start();
    int saved = errno;
    struct thread *self = start_ns ? thread_enter() : NULL;
    if (self) {
        files_before_flush_all(self);
        thread_leave();
    }
    errno = saved;
    int result = real_flush(NULL);
    saved = errno;
    self = self ? thread_enter() : NULL;
    if (self) {
        files_flushed_all(self, start_ns, hook);
        thread_leave();
    }
    errno = saved;
    return result;
}

/* Nothing pending: nothing reaches the kernel. */
static int flush(FILE *stream, int (*real_flush)(FILE *), enum hook hook)
{
    if (!stream)
        return flush_all(real_flush, hook);
    if (stdio_fd(stream) < 0 || !stdio_pending(stream) || !thread_may_record())
        return real_flush(stream);
    struct stdio_write write;
    stdio_write_begin(&write, stream, 0);
    int result = real_flush(stream);
    stdio_write_end(&write, stream, 0, NULL, result != 0, trace_io_op_FLUSH, hook);
    return result;
}

EXPORT int fflush(FILE *stream)
{
    return flush(stream, REAL(fflush), HOOK_fflush);
}

EXPORT int fflush_unlocked(FILE *stream)
{
    return flush(stream, REAL(fflush_unlocked), HOOK_fflush_unlocked);
}

#define MOVE_BODY(name, arguments)                                                                                     \
    if (!stdio_is_seen(stream))                                                                                        \
        return REAL(name) arguments;                                                                                   \
    struct stdio_position before = stdio_position_before(stream);                                                      \
    int result = REAL(name) arguments;                                                                                 \
    stdio_moved(&before, stream, result != 0, HOOK_##name);                                                            \
    return result

EXPORT int fseek(FILE *stream, long offset, int whence)
{
    MOVE_BODY(fseek, (stream, offset, whence));
}

EXPORT int fseeko(FILE *stream, off_t offset, int whence)
{
    MOVE_BODY(fseeko, (stream, offset, whence));
}

EXPORT int fsetpos(FILE *stream, const fpos_t *position)
{
    MOVE_BODY(fsetpos, (stream, position));
}

EXPORT void rewind(FILE *stream)
{
    bool seen = stdio_is_seen(stream);
    struct stdio_position before;
    if (seen)
        before = stdio_position_before(stream);
    REAL(rewind)(stream);
    if (seen)
        stdio_moved(&before, stream, false, HOOK_rewind);
}

#define OWN_stdio(name) OWN_NAME(name)
#include "preload/base/own_names.h"
