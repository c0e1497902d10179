/* SPDX-License-Identifier: MIT
 * Owns: wrappers of the makers of temporary and nameless files, which open them inside libc.
 * Must not know: packets' shape, codecs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "preload/base/hook.h"
#include "preload/files/files.h"
#include "preload/guard/thread.h"
#include "preload/hooks_io/io_call.h"

/* The pattern has become the name. */
static int made(const char *name, int fd, int flags, uint64_t start_ns, enum hook hook)
{
    io_call_opened(&(struct files_opening){start_ns, fd, fd < 0 ? errno : 0, AT_FDCWD,
                                           O_RDWR | O_CREAT | O_EXCL | flags, name, hook, NULL});
    return fd;
}

EXPORT int mkstemp(char *pattern)
{
    uint64_t start_ns = thread_hook_start();
    return made(pattern, REAL(mkstemp)(pattern), 0, start_ns, HOOK_mkstemp);
}

EXPORT int mkostemp(char *pattern, int flags)
{
    uint64_t start_ns = thread_hook_start();
    return made(pattern, REAL(mkostemp)(pattern, flags), flags, start_ns, HOOK_mkostemp);
}

EXPORT int mkstemps(char *pattern, int suffix)
{
    uint64_t start_ns = thread_hook_start();
    return made(pattern, REAL(mkstemps)(pattern, suffix), 0, start_ns, HOOK_mkstemps);
}

EXPORT int mkostemps(char *pattern, int suffix, int flags)
{
    uint64_t start_ns = thread_hook_start();
    return made(pattern, REAL(mkostemps)(pattern, suffix, flags), flags, start_ns, HOOK_mkostemps);
}

EXPORT FILE *tmpfile(void)
{
    uint64_t start_ns = thread_hook_start();
    FILE *stream = REAL(tmpfile)();
    io_call_opened(&(struct files_opening){start_ns, stream ? stream->_fileno : -1, stream ? 0 : errno, AT_FDCWD,
                                           O_RDWR | O_TMPFILE, "", HOOK_tmpfile, stream});
    return stream;
}

EXPORT int memfd_create(const char *name, unsigned flags)
{
    uint64_t start_ns = thread_hook_start();
    int fd = REAL(memfd_create)(name, flags);
    io_call_opened(
        &(struct files_opening){start_ns, fd, fd < 0 ? errno : 0, AT_FDCWD, O_RDWR, name, HOOK_memfd_create, NULL});
    return fd;
}

EXPORT int shm_open(const char *name, int flags, mode_t mode)
{
    uint64_t start_ns = thread_hook_start();
    int fd = REAL(shm_open)(name, flags, mode);
    io_call_opened(
        &(struct files_opening){start_ns, fd, fd < 0 ? errno : 0, AT_FDCWD, flags, name, HOOK_shm_open, NULL});
    return fd;
}

#define OWN_temp(name) OWN_NAME(name)
#include "preload/base/own_names.h"
