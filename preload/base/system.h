/* SPDX-License-Identifier: MIT
 * Owns: the system calls that the library makes for itself, typed. Results are -errno on failure.
 * Must not know: which records there are, hooks. Everything here is async-signal-safe and leaves errno alone. */
#ifndef PRELOAD_SYSTEM_H
#define PRELOAD_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "trace/trace.h"

#if defined(__x86_64__)
#include "preload/arch/x86_64.h"
#else
#error "this architecture has no file in preload/arch/ yet"
#endif

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define SYSTEM3(number, a, b, c) arch_syscall((number), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYSTEM6(number, a, b, c, d, e, f)                                                                              \
    arch_syscall((number), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* What libc returns for it: -1 with errno set, or the result. Only for calls that the program made. */
static inline long system_result(long result)
{
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}
static inline int system_open_at(int directory, const char *path, int flags, mode_t mode)
{
    return (int)SYSTEM6(SYS_openat, directory, path, flags | O_CLOEXEC, mode, 0, 0);
}
static inline int system_close(int fd)
{
    return (int)SYSTEM3(SYS_close, fd, 0, 0);
}
static inline long system_read(int fd, void *buffer, size_t size)
{
    return SYSTEM3(SYS_read, fd, buffer, size);
}
static inline long system_pread(int fd, void *buffer, size_t size, uint64_t offset)
{
    return SYSTEM6(SYS_pread64, fd, buffer, size, offset, 0, 0);
}
static inline long system_write(int fd, const void *buffer, size_t size)
{
    return SYSTEM3(SYS_write, fd, buffer, size);
}
static inline int system_stat_fd(int fd, struct stat *status)
{
    return (int)SYSTEM3(SYS_fstat, fd, status, 0);
}
static inline int system_stat(const char *path, struct stat *status)
{
    return (int)SYSTEM6(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW, 0, 0);
}
static inline int system_stat_at(int directory, const char *path, struct stat *status, int flags)
{
    return (int)SYSTEM6(SYS_newfstatat, directory, path, status, flags, 0, 0);
}
static inline int64_t system_position(int fd)
{
    return SYSTEM3(SYS_lseek, fd, 0, 1 /* SEEK_CUR */);
}
/* No handler of the program's may run while a descriptor of ours is open, which it would find there, or while one that
 * jumps away would leave it open and our work half done. Returns what to give back: the signals blocked before. */
static inline uint64_t system_hold_signals(void)
{
    uint64_t all = ~UINT64_C(0), before = 0;
    (void)SYSTEM6(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all, 0, 0);
    return before;
}
static inline void system_give_signals(uint64_t before)
{
    (void)SYSTEM6(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before, 0, 0);
}
/* Where the next mapping is put, if it is free there. */
extern _Atomic uintptr_t system_next_place;

/* NULL on failure. Far from what the kernel chooses for the program: it may take a range again that it has just given
 * back, by MAP_FIXED, with whatever is there. The bits of our own address that are by chance make this one by chance.
 */
static inline void *system_map(size_t bytes, int protection, int flags, int fd)
{
    uintptr_t pages = (bytes + 4095) & ~(uintptr_t)4095, none = 0;
    atomic_compare_exchange_strong_explicit(&system_next_place, &none,
                                            ARCH_OWN_PLACE | ((uintptr_t)&system_next_place & 0xfffffff000),
                                            memory_order_relaxed, memory_order_relaxed);
    uintptr_t place = atomic_fetch_add_explicit(&system_next_place, pages, memory_order_relaxed);
    long result = SYSTEM6(SYS_mmap, place, bytes, protection, flags, fd, 0);
    return result < 0 && result > -4096 ? NULL : (void *)result;
}
static inline void system_unmap(void *address, size_t bytes)
{
    (void)SYSTEM3(SYS_munmap, address, bytes, 0);
}
static inline int system_make_directory(const char *path, mode_t mode)
{
    return (int)SYSTEM3(SYS_mkdir, path, mode, 0);
}
static inline int system_set_mode(const char *path, mode_t mode)
{
    return (int)SYSTEM3(SYS_chmod, path, mode, 0);
}
static inline int system_set_mode_fd(int fd, mode_t mode)
{
    return (int)SYSTEM3(SYS_fchmod, fd, mode, 0);
}
static inline int system_rename(const char *from, const char *to)
{
    return (int)SYSTEM3(SYS_rename, from, to, 0);
}
static inline int system_link(const char *from, const char *to)
{
    return (int)SYSTEM3(SYS_link, from, to, 0);
}
static inline int system_link_at(int directory, const char *from, const char *to)
{
    return (int)SYSTEM6(SYS_linkat, directory, from, AT_FDCWD, to, 0, 0);
}
static inline int system_unlink(const char *path)
{
    return (int)SYSTEM3(SYS_unlink, path, 0, 0);
}
static inline int system_remove_directory(const char *path)
{
    return (int)SYSTEM3(SYS_rmdir, path, 0, 0);
}
static inline int system_truncate(const char *path, uint64_t length)
{
    return (int)SYSTEM3(SYS_truncate, path, length, 0);
}
static inline long system_read_link(const char *path, char *out, size_t capacity)
{
    return SYSTEM3(SYS_readlink, path, out, capacity);
}
static inline int system_pid(void)
{
    return (int)SYSTEM3(SYS_getpid, 0, 0, 0);
}
static inline int system_parent_pid(void)
{
    return (int)SYSTEM3(SYS_getppid, 0, 0, 0);
}
static inline uint32_t system_thread_id(void)
{
    return (uint32_t)SYSTEM3(SYS_gettid, 0, 0, 0);
}
static inline int system_usage(int who, struct rusage *usage)
{
    return (int)SYSTEM3(SYS_getrusage, who, usage, 0);
}

/* libc's clock_gettime, which uses the vDSO where the kernel offers it and keeps errno on success. Found by the
 * constructor, not by the name: the program or another preloaded library may have its own, of other times. */
typedef int system_clock_function(clockid_t clock, struct timespec *time);
extern system_clock_function *_Atomic system_clock;

static inline uint64_t system_ns(struct timespec time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint64_t system_clock_ns(clockid_t clock)
{
    struct timespec t;
    system_clock_function *of_libc = atomic_load_explicit(&system_clock, memory_order_relaxed);
    if (of_libc)
        of_libc(clock, &t);
    else
        (void)SYSTEM3(SYS_clock_gettime, clock, &t, 0);
    return system_ns(t);
}
static inline uint64_t system_now_ns(void)
{
    return system_clock_ns(CLOCK_MONOTONIC);
}
/* CLOCK_REALTIME minus CLOCK_MONOTONIC: the tightest of a few, for who loses the CPU between two has a wrong one. */
static inline int64_t system_realtime_offset_ns(void)
{
    enum { TRIES = 5, TIGHT_NS = 5000 };
    uint64_t least_ns = UINT64_MAX;
    int64_t offset_ns = 0;
    for (int i = 0; i < TRIES && least_ns > TIGHT_NS; i++) {
        uint64_t before_ns = system_now_ns(), real_ns = system_clock_ns(CLOCK_REALTIME), took_ns;
        took_ns = system_now_ns() - before_ns;
        if (took_ns < least_ns) {
            least_ns = took_ns;
            offset_ns = (int64_t)(real_ns - before_ns - took_ns / 2);
        }
    }
    return offset_ns;
}

/* A wait for another thread, which may have the lower priority: yields first, then sleeps. {.most_ns = how long} */
struct system_wait {
    uint64_t most_ns, start_ns;
};
/* A step of it; false when the time is over. */
static inline bool system_wait_more(struct system_wait *wait)
{
    enum { YIELD_NS = 200000, NAP_NS = 100000 };
    uint64_t now_ns = system_now_ns();
    if (!wait->start_ns)
        wait->start_ns = now_ns;
    uint64_t waited_ns = now_ns - wait->start_ns;
    const struct timespec nap = {.tv_nsec = NAP_NS};
    if (waited_ns < YIELD_NS)
        (void)SYSTEM3(SYS_sched_yield, 0, 0, 0);
    else if (waited_ns < wait->most_ns)
        (void)SYSTEM3(SYS_nanosleep, &nap, NULL, 0);
    return waited_ns < wait->most_ns;
}

/* When a file was last changed; TRACE_UNKNOWN: before 1970. */
static inline uint64_t system_changed_ns(const struct stat *status)
{
    return status->st_mtim.tv_sec < 0 ? TRACE_UNKNOWN : system_ns(status->st_mtim);
}

#endif
