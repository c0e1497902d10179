/* SPDX-License-Identifier: MIT
 * Owns: wrappers of calls that ask about or change the metadata of files: counted and timed, without a record each
 * (starting node makes thousands), but for those that are marks. Must not know: packets, codecs. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/base/hook.h"
#include "preload/files/marks.h"
#include "preload/base/system.h"
#include "preload/guard/thread.h"

static void asked(uint64_t start_ns)
{
    struct thread *self = thread_local_state.self;
    if (!start_ns || !self || thread_local_state.guard)
        return;
    uint64_t took_ns = thread_now_ns() - start_ns;
    arch_add(&self->metadata_calls, 1);
    arch_add(&self->metadata_ns, (int64_t)took_ns);
    arch_add(&self->io_ns, (int64_t)took_ns);
}

#define LIBC_META(returns, name, parameters, arguments, missing, meaning)                                              \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        uint64_t start_ns = thread_hook_start();                                                                       \
        returns result = REAL(name) ? real.name arguments : (returns)system_result(missing);                           \
        asked(start_ns);                                                                                               \
        return result;                                                                                                 \
    }
#define LIBC_ASK(returns, name, parameters, arguments, path, missing, meaning)                                         \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        uint64_t start_ns = thread_hook_start();                                                                       \
        returns result = REAL(name) ? real.name arguments : (returns)system_result(missing);                           \
        asked(start_ns);                                                                                               \
        if (unlikely(result < 0))                                                                                      \
            marks_look(start_ns, path, HOOK_##name);                                                                   \
        return result;                                                                                                 \
    }
int __xstat(int version, const char *path, struct stat *status);
int __lxstat(int version, const char *path, struct stat *status);
int __fxstat(int version, int fd, struct stat *status);
int __fxstatat(int version, int directory, const char *path, struct stat *status, int flags);
ssize_t __readlink_chk(const char *restrict path, char *restrict buffer, size_t size, size_t limit);
ssize_t __readlinkat_chk(int directory, const char *restrict path, char *restrict buffer, size_t size, size_t limit);
#include "preload/libc.def"

#define OWN_metadata(name) OWN_NAME(name)
#include "preload/base/own_names.h"
