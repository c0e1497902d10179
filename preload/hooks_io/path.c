/* SPDX-License-Identifier: MIT
 * Owns: wrappers of calls that change names in the file system, or the working directory.
 * Must not know: packets' shape, codecs. Paths are read after the real call, and never after EFAULT. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/base/foreign.h"
#include "preload/originals/originals.h"
#include "preload/record/packet.h"

static int changed(enum trace_path_op op, enum hook hook, uint64_t start_ns, int result, int from_directory,
                   const char *from, int to_directory, const char *to)
{
    int saved = errno;
    struct thread *self = start_ns && !(result && saved == EFAULT) ? thread_enter() : NULL;
    if (self) {
        uint64_t end_ns = thread_now_ns();
        struct trace_text texts[2] = {{from, 0}, {to, 0}};
        for (int i = 0; i < 2; i++) {
            char *copy = self->scratch + i * PATH_MAX;
            if (!result)
                texts[i].bytes = texts[i].data ? strlen(texts[i].data) : 0;
            else /* refused, perhaps before anybody looked at the path */
                texts[i] = (struct trace_text){copy, foreign_text(texts[i].data, copy, PATH_MAX)};
        }
        struct trace_path record = {
            .duration_ns = end_ns - start_ns,
            .from_directory_fd = from_directory,
            .to_directory_fd = to_directory,
            .session = codec_call_session(self),
            .hook = (uint16_t)hook,
            .error = (uint16_t)(result ? saved : 0),
            .op = (uint8_t)op,
            .from = texts[0],
            .to = texts[1],
        };
        define_hook(self, hook, 0, 0, NULL);
        packet_put(self, TRACE_KIND_path, end_ns, &record);
        self->io_ns += record.duration_ns;
        thread_leave();
    }
    errno = saved;
    return result;
}

#define PATH_CALL(op, name, arguments, from_directory, from, to_directory, to)                                         \
    uint64_t start_ns = thread_hook_start();                                                                           \
    int result = REAL(name) arguments;                                                                                 \
    return changed(trace_path_op_##op, HOOK_##name, start_ns, result, from_directory, from, to_directory, to)

/* One by which the file that a name stood for may be lost: before(…) of originals.h. */
#define LOSING_CALL(before, losing, op, name, arguments, from_directory, from, to_directory, to)                       \
    struct originals_attempt attempt;                                                                                  \
    bool tried = originals_are_kept() && before losing;                                                                \
    uint64_t start_ns = thread_hook_start();                                                                           \
    int result = REAL(name) arguments;                                                                                 \
    changed(trace_path_op_##op, HOOK_##name, start_ns, result, from_directory, from, to_directory, to);                \
    if (unlikely(tried))                                                                                               \
        originals_after(&attempt, result != 0);                                                                        \
    return result
#define RENAMING_CALL(name, arguments, from_directory, from, to_directory, to, flags)                                  \
    LOSING_CALL(originals_before_rename, (&attempt, from_directory, from, to_directory, to, flags, HOOK_##name),       \
                RENAME, name, arguments, from_directory, from, to_directory, to)
#define REMOVING_CALL(name, arguments, directory, path)                                                                \
    LOSING_CALL(originals_before_removal, (&attempt, directory, path, HOOK_##name), UNLINK, name, arguments,           \
                directory, path, AT_FDCWD, NULL)

EXPORT int rename(const char *from, const char *to)
{
    RENAMING_CALL(rename, (from, to), AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    RENAMING_CALL(renameat, (from_directory, from, to_directory, to), from_directory, from, to_directory, to, 0);
}

EXPORT int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
    RENAMING_CALL(renameat2, (from_directory, from, to_directory, to, flags), from_directory, from, to_directory, to,
                  flags);
}

EXPORT int link(const char *from, const char *to)
{
    PATH_CALL(LINK, link, (from, to), AT_FDCWD, from, AT_FDCWD, to);
}

EXPORT int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    PATH_CALL(LINK, linkat, (from_directory, from, to_directory, to, flags), from_directory, from, to_directory, to);
}

EXPORT int symlink(const char *from, const char *to)
{
    PATH_CALL(SYMLINK, symlink, (from, to), AT_FDCWD, from, AT_FDCWD, to);
}

EXPORT int symlinkat(const char *from, int to_directory, const char *to)
{
    PATH_CALL(SYMLINK, symlinkat, (from, to_directory, to), AT_FDCWD, from, to_directory, to);
}

EXPORT int truncate(const char *path, off_t length)
{
    if (originals_are_kept())
        originals_before_open(AT_FDCWD, path, O_WRONLY, HOOK_truncate);
    PATH_CALL(TRUNCATE, truncate, (path, length), AT_FDCWD, path, AT_FDCWD, NULL);
}

EXPORT int unlink(const char *path)
{
    REMOVING_CALL(unlink, (path), AT_FDCWD, path);
}

EXPORT int unlinkat(int directory, const char *path, int flags)
{
    if (flags & AT_REMOVEDIR) {
        PATH_CALL(UNLINK, unlinkat, (directory, path, flags), directory, path, AT_FDCWD, NULL);
    }
    REMOVING_CALL(unlinkat, (directory, path, flags), directory, path);
}

EXPORT int remove(const char *path)
{
    REMOVING_CALL(remove, (path), AT_FDCWD, path);
}

static int moved(int result, int fd)
{
    int saved = errno;
    struct thread *self = result == 0 && thread_may_record() ? thread_enter() : NULL;
    if (self) {
        long n = SYSTEM3(SYS_getcwd, self->scratch, 4096, 0);
        struct trace_chdir record = {.fd = fd, .path = {self->scratch, n > 0 ? (uint64_t)n - 1 : 0}};
        packet_put(self, TRACE_KIND_chdir, thread_now_ns(), &record);
        thread_leave();
    }
    errno = saved;
    return result;
}

EXPORT int chdir(const char *path)
{
    return moved(REAL(chdir)(path), -1);
}

EXPORT int fchdir(int fd)
{
    return moved(REAL(fchdir)(fd), fd);
}

EXPORT int chroot(const char *path)
{
    int result = REAL(chroot)(path);
    int saved = errno;
    struct thread *self = result == 0 && thread_may_record() ? thread_enter() : NULL;
    if (self) {
        struct trace_chdir record = {.fd = -1, .root = 1, .path = {path, strlen(path)}};
        packet_put(self, TRACE_KIND_chdir, thread_now_ns(), &record);
        thread_leave();
    }
    errno = saved;
    return result;
}

#define OWN_path(name) OWN_NAME(name)
#include "preload/base/own_names.h"
