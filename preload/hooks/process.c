/* SPDX-License-Identifier: MIT
 * Owns: wrappers of fork, wait and the ways to end at once. Must not know: files, codecs.
 * vfork is an entry stub in arch/; in its child nothing of ours may be written, which thread_may_record sees to. */
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/settings.h"
#include "preload/base/system.h"
#include "preload/process/end.h"
#include "preload/process/idle.h"
#include "preload/process/process.h"
#include "preload/guard/thread.h"
#include "preload/hooks/child_call.h"
#include "preload/guard/descriptors.h"
#include "preload/memory/heap.h"

int own_close(int fd);
int own_dup2(int fd, int to);
int own_chdir(const char *path);
pid_t own_fork(void);

static uint64_t fork_begin(void)
{
    uint64_t start_ns = thread_hook_start();
    if (start_ns)
        OWN_CODE(process_before_start(); (void)self);
    descriptors_forking();
    return start_ns;
}

static pid_t fork_end(uint64_t start_ns, pid_t pid)
{
    if (pid != 0)
        descriptors_forked();
    if (start_ns && pid != 0)
        OWN_CODE(child_put_spawn(self, trace_spawn_op_FORK, start_ns, pid, pid < 0 ? errno : 0, NULL, false));
    if (start_ns && pid == 0)
        heap_mark_fork(); /* all else waits until the child does something that is worth it */
    return pid;
}

EXPORT pid_t fork(void)
{
    uint64_t start_ns = fork_begin();
    return fork_end(start_ns, REAL(fork)());
}

EXPORT pid_t _Fork(void)
{
    uint64_t start_ns = fork_begin();
    return fork_end(start_ns, REAL(_Fork) ? real._Fork() : REAL(fork)());
}

EXPORT pid_t forkpty(int *terminal, char *name, const struct termios *settings, const struct winsize *size)
{
    uint64_t start_ns = fork_begin();
    return fork_end(start_ns, REAL(forkpty)(terminal, name, settings, size));
}

static void before_end(int status)
{
    if (thread_may_record_quietly())
        OWN_CODE(process_finish(self, trace_ending_IMMEDIATE, status & 0xff));
}

static _Noreturn void end_at_once(int status)
{
    if (!process_ends_idle())
        before_end(status);
    for (;;) {
        (void)SYSTEM3(SYS_exit_group, status, 0, 0); /* what libc's own _exit does */
    }
}

EXPORT _Noreturn void _exit(int status)
{
    end_at_once(status);
}

EXPORT _Noreturn void _Exit(int status)
{
    end_at_once(status);
}

/* daemon(3) ends the parent within libc, whose records would lack their end: so its steps are made here. Opening is no
 * cancellation point; what cannot be opened is closed all the same, hence EBADF; what is no null device in the place of
 * one is refused by ENODEV. */
static bool give_null(void)
{
    struct stat status;
    int fd = (int)SYSTEM6(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0, 0, 0);
    bool is_open = fd >= 0 && system_result(system_stat_fd(fd, &status)) == 0;
    bool is_null = is_open && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
    for (int to = STDIN_FILENO; is_null && to <= STDERR_FILENO; to++)
        own_dup2(fd, to);
    if (!is_null)
        (void)system_result(system_close(fd < 0 ? -1 : fd));
    else if (fd > STDERR_FILENO)
        own_close(fd);
    if (is_open && !is_null)
        errno = ENODEV;
    return is_null;
}

EXPORT int daemon(int stay, int keep)
{
    pid_t pid = own_fork();
    if (pid > 0)
        end_at_once(0);
    if (pid < 0 || system_result(SYSTEM3(SYS_setsid, 0, 0, 0)) < 0)
        return -1;
    if (!stay)
        (void)own_chdir("/");
    return keep || give_null() ? 0 : -1;
}

EXPORT _Noreturn void quick_exit(int status)
{
    before_end(status);
    REAL(quick_exit)(status);
    __builtin_unreachable();
}

/* The program may catch the signal and go on, so nothing ends here; but what waits in memory would be lost. */
EXPORT _Noreturn void abort(void)
{
    if (thread_may_record())
        OWN_CODE(process_save(self));
    REAL(abort)();
    __builtin_unreachable();
}

/* The caller's status pointer may be NULL: ours is handed over then, and nothing the caller sees changes. */
#define WAIT_BODY(name, call, usage)                                                                                   \
    struct child_wait wait = child_wait_begin();                                                                       \
    int own_status = 0;                                                                                                \
    int *used = status ? status : &own_status;                                                                         \
    pid_t ended = REAL(name) call;                                                                                     \
    if (ended > 0)                                                                                                     \
        child_wait_end(&wait, ended, *used, usage);                                                                    \
    else                                                                                                               \
        child_wait_none(&wait);                                                                                        \
    return ended

EXPORT pid_t wait(int *status)
{
    WAIT_BODY(wait, (used), NULL);
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    WAIT_BODY(waitpid, (pid, used, options), NULL);
}

EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
    WAIT_BODY(wait3, (used, options, usage), usage);
}

EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    WAIT_BODY(wait4, (pid, used, options, usage), usage);
}

EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    struct child_wait wait = child_wait_begin();
    int result = REAL(waitid)(type, id, info, options);
    if (result == 0 && info && info->si_pid > 0 && (options & WEXITED) && !(options & WNOWAIT)) {
        int status = info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8 : info->si_status & 0x7f;
        if (info->si_code == CLD_DUMPED)
            status |= 0x80;
        if (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)
            child_wait_end(&wait, info->si_pid, status, NULL);
        else
            child_wait_none(&wait);
    } else {
        child_wait_none(&wait);
    }
    return result;
}

#include "preload/base/own_names.h"
OWN_NAME(fork)
