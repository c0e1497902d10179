/* SPDX-License-Identifier: MIT
 * Owns: the system calls that programs make by number, as far as they are decoded, and prctl. The entry stub in arch/
 * hands over only those numbers; all others never come here: vfork and clone return twice. Must not know: packets'
 * shape, codecs. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/files/files.h"
#include "preload/hooks/thread.h"
#include "preload/process/seal.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/base/foreign.h"
#include "preload/hooks_io/io_call.h"
#include "preload/originals/originals.h"
#include "preload/process/process.h"

#ifndef PR_SET_SECCOMP
#define PR_SET_SECCOMP 22
#endif
enum { SECCOMP_STRICT = 1, SECCOMP_FILTER = 2 };                 /* modes of prctl */
enum { SECCOMP_BY_CALL_STRICT = 0, SECCOMP_BY_CALL_FILTER = 1 }; /* operations of seccomp; others only ask */

/* The real functions of the calls that we decode, or the calls themselves: the wrappers of those functions. */
int own_close(int fd);
int own_close_range(unsigned first, unsigned last, int flags);
int own_dup2(int fd, int to);
int own_dup3(int fd, int to, int flags);
ssize_t own_read(int fd, void *buffer, size_t size);
ssize_t own_write(int fd, const void *buffer, size_t size);
ssize_t own_copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags);
int own_statx(int directory, const char *path, int flags, unsigned mask, struct statx *status);

/* For the stub in arch/: the real syscall(). */
void *kernel_real_syscall(void);
void *kernel_real_syscall(void)
{
    void *address;
    (void)REAL(syscall);
    memcpy(&address, &real.syscall, sizeof address);
    return address;
}

static long opened(long number, int directory, const char *path, uint64_t flags, long third, long fourth)
{
    if (originals_are_kept())
        originals_before_open(directory, path, (int)flags, HOOK_syscall);
    uint64_t start_ns = thread_hook_start();
    long fd = real.syscall(number, directory, path, number == SYS_openat ? (long)flags : third, fourth);
    io_call_opened(&(struct files_opening){start_ns, (int)fd, fd < 0 ? errno : 0, directory, (int)flags, path,
                                           HOOK_syscall, NULL});
    return fd;
}

static long after_filter(bool sealed, long result)
{
    if (sealed && result < 0)
        process_unseal();
    else if (sealed)
        process_sealed();
    return result;
}

/* Programs ask what is possible by a call that must fail: it has no filter. */
static long filtered(bool enters, long number, long a, long b, long c, long d, long e, long f)
{
    bool sealed = enters && process_seal();
    return after_filter(sealed, real.syscall(number, a, b, c, d, e, f));
}

static long ring_made(long fd)
{
    if (fd >= 0 && thread_may_record())
        process_put_notice(trace_note_IO_URING);
    return fd;
}

/* Called by the stub, with the arguments of syscall(). */
long kernel_decoded(long number, long a, long b, long c, long d, long e, long f);
long kernel_decoded(long number, long a, long b, long c, long d, long e, long f)
{
    if (!REAL(syscall))
        return system_result(SYSTEM6(number, a, b, c, d, e, f));
    switch (number) {
    case SYS_read: return own_read((int)a, (void *)b, (size_t)c);
    case SYS_write: return own_write((int)a, (const void *)b, (size_t)c);
    case SYS_close: return own_close((int)a);
    case SYS_close_range: return own_close_range((unsigned)a, (unsigned)b, (int)c);
    case SYS_dup2: return own_dup2((int)a, (int)b);
    case SYS_dup3: return own_dup3((int)a, (int)b, (int)c);
    case SYS_copy_file_range:
        return own_copy_file_range((int)a, (off_t *)b, (int)c, (off_t *)d, (size_t)e, (unsigned)f);
    case SYS_statx: return own_statx((int)a, (const char *)b, (int)c, (unsigned)d, (struct statx *)e);
    case SYS_openat: return opened(number, (int)a, (const char *)b, (uint64_t)c, c, d);
    case SYS_openat2: {
        struct open_how how = {0};
        foreign_read((const void *)c, &how, sizeof how.flags); /* a bad pointer is the kernel's to refuse */
        return opened(number, (int)a, (const char *)b, how.flags, c, d);
    }
    case SYS_seccomp:
        return filtered(a == SECCOMP_BY_CALL_STRICT || (a == SECCOMP_BY_CALL_FILTER && c), number, a, b, c, d, e, f);
    case SYS_io_uring_setup: return ring_made(real.syscall(number, a, b, c, d, e, f));
    default: return real.syscall(number, a, b, c, d, e, f);
    }
}

EXPORT int prctl(int option, ...)
{
    va_list list;
    va_start(list, option);
    unsigned long a = va_arg(list, unsigned long), b = va_arg(list, unsigned long), c = va_arg(list, unsigned long),
                  d = va_arg(list, unsigned long); /* handed on whatever the option: the kernel ignores the others */
    va_end(list);
    bool enters = option == PR_SET_SECCOMP && (a == SECCOMP_STRICT || (a == SECCOMP_FILTER && b));
    bool sealed = enters && process_seal();
    int result = (int)after_filter(sealed, REAL(prctl)(option, a, b, c, d));
    if (option == PR_SET_NAME && result == 0 && thread_may_record()) {
        struct thread *self = thread_local_state.self;
        thread_named(self ? self->tid : 0, (const char *)a);
    }
    return result;
}
