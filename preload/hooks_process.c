/* SPDX-License-Identifier: MIT
 * Owns: wrappers of fork, exec, spawn, wait and the ways to end at once. Must not know: files, codecs.
 * vfork is an entry stub in arch/; in its child nothing of ours may be written, which thread_may_record sees to. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/facts.h"
#include "preload/foreign.h"
#include "preload/packet.h"
#include "preload/process.h"
#include "preload/settings.h"

/* Runs our code before or after the real call; the body sees `self`. errno is kept. */
#define OWN_CODE(...)                                                                                                  \
    do {                                                                                                               \
        int saved_errno = errno;                                                                                       \
        struct thread *self = thread_enter();                                                                          \
        if (self) {                                                                                                    \
            __VA_ARGS__;                                                                                               \
            thread_leave();                                                                                            \
        }                                                                                                              \
        errno = saved_errno;                                                                                           \
    } while (0)

static void put_spawn(struct thread *self, enum trace_spawn_op op, uint64_t start_ns, pid_t pid, int error,
                      const char *path, bool untraced)
{
    uint64_t now_ns = system_now_ns();
    struct trace_spawn record = {
        .duration_ns = start_ns ? now_ns - start_ns : 0,
        .pid = pid > 0 ? (uint32_t)pid : 0,
        .error = (uint16_t)error,
        .op = (uint8_t)op,
        .untraced = untraced,
        .path = {path, path ? strlen(path) : 0},
    };
    packet_put(self, TRACE_KIND_spawn, now_ns, &record);
}

EXPORT pid_t fork(void)
{
    uint64_t start_ns = thread_hook_start();
    if (start_ns)
        OWN_CODE(process_before_start());
    pid_t pid = REAL(fork) ? real.fork() : -1;
    if (start_ns && pid != 0)
        OWN_CODE(put_spawn(self, trace_spawn_op_FORK, start_ns, pid, pid < 0 ? errno : 0, NULL, false));
    return pid;
}

/* Before the program is replaced: what the kernel will not let us say afterwards. A path, where one is given, that the
 * kernel is going to refuse changes nothing: shells try one directory of PATH after the other. */
static void before_exec(const char *path, char *const *environment)
{
    if (!thread_may_record() || (path && SYSTEM3(SYS_faccessat, AT_FDCWD, path, X_OK) != 0))
        return;
    OWN_CODE({
        process_before_start();
        bool untraced = environment && !settings_environment_keeps_us(environment, self->scratch, sizeof self->scratch);
        if (untraced) /* a child that only execs writes nothing, but the report must be able to name this one */
            packet_need_disk(self);
        if (path)
            foreign_text(path, self->scratch, PATH_MAX);
        put_spawn(self, trace_spawn_op_EXEC, 0, 0, 0, path ? self->scratch : NULL, untraced);
        process_finish(self, trace_ending_REPLACED, -1);
    });
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
    before_exec(path, envp);
    return REAL(execve)(path, argv, envp);
}

EXPORT int execv(const char *path, char *const argv[])
{
    before_exec(path, environ);
    return REAL(execv)(path, argv);
}

EXPORT int execvp(const char *path, char *const argv[])
{
    before_exec(NULL, environ);
    return REAL(execvp)(path, argv);
}

EXPORT int execvpe(const char *path, char *const argv[], char *const envp[])
{
    before_exec(NULL, envp);
    return REAL(execvpe)(path, argv, envp);
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
    before_exec(NULL, envp);
    return REAL(fexecve)(fd, argv, envp);
}

static void spawned(struct thread *self, pid_t pid, int error, const char *path, char *const *environment,
                    uint64_t start_ns)
{
    char *copy = self->scratch, *rest = copy + PATH_MAX;
    bool untraced = environment && !settings_environment_keeps_us(environment, rest, sizeof self->scratch - PATH_MAX);
    if (error) { /* refused, perhaps before anybody looked at the path */
        foreign_text(path, copy, PATH_MAX);
        path = copy;
    }
    put_spawn(self, trace_spawn_op_SPAWN, start_ns, pid, error, path, untraced);
}

#define SPAWN_BODY(name)                                                                                               \
    uint64_t start_ns = thread_hook_start();                                                                           \
    if (start_ns)                                                                                                      \
        OWN_CODE(process_before_start());                                                                              \
    pid_t child = 0;                                                                                                   \
    int error = REAL(name)(pid ? pid : &child, path, actions, attributes, argv, envp);                                 \
    if (start_ns)                                                                                                      \
        OWN_CODE(spawned(self, error ? 0 : pid ? *pid : child, error, path, envp, start_ns));                          \
    return error

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    SPAWN_BODY(posix_spawn);
}

EXPORT int posix_spawnp(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    SPAWN_BODY(posix_spawnp);
}

static void before_end(int status)
{
    if (thread_may_record())
        OWN_CODE(process_finish(self, trace_ending_IMMEDIATE, status & 0xff));
}

static _Noreturn void end_at_once(int status)
{
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

EXPORT _Noreturn void quick_exit(int status)
{
    before_end(status);
    REAL(quick_exit)(status);
    __builtin_unreachable();
}

/* The kernel adds a reaped child's I/O to ours: what the call changed beyond our own reading is the child's. */
struct wait_start {
    uint64_t start_ns;
    struct facts_io io;
    uint64_t own_rchar;
};

static struct wait_start before_wait(void)
{
    struct wait_start start = {.start_ns = thread_hook_start()};
    if (start.start_ns)
        OWN_CODE({
            start.own_rchar = atomic_load(&process.own_rchar);
            start.io = facts_io();
            (void)self;
        });
    return start;
}

static void after_wait(const struct wait_start *start, pid_t pid, const int *status, const struct rusage *usage)
{
    if (!start->start_ns || pid <= 0)
        return;
    OWN_CODE({
        uint64_t own = atomic_load(&process.own_rchar);
        struct facts_io io = facts_io();
        if (io.rchar != TRACE_UNKNOWN && start->io.rchar != TRACE_UNKNOWN) {
            atomic_fetch_add(&process.reaped_rchar, io.rchar - start->io.rchar - (own - start->own_rchar));
            atomic_fetch_add(&process.reaped_wchar, io.wchar - start->io.wchar);
        }
        uint64_t now_ns = system_now_ns();
        struct trace_child record = {
            .duration_ns = now_ns - start->start_ns,
            .cpu_user_ns =
                usage ? (uint64_t)usage->ru_utime.tv_sec * 1000000000u + (uint64_t)usage->ru_utime.tv_usec * 1000u
                      : TRACE_UNKNOWN,
            .cpu_system_ns =
                usage ? (uint64_t)usage->ru_stime.tv_sec * 1000000000u + (uint64_t)usage->ru_stime.tv_usec * 1000u
                      : TRACE_UNKNOWN,
            .pid = (uint32_t)pid,
            .status = (uint32_t)*status,
        };
        packet_put(self, TRACE_KIND_child, now_ns, &record);
    });
}

/* The caller's status pointer may be NULL: ours is handed over then, and nothing the caller sees changes. */
#define WAIT_BODY(name, call, usage)                                                                                   \
    struct wait_start start = before_wait();                                                                           \
    int own_status = 0;                                                                                                \
    int *used = status ? status : &own_status;                                                                         \
    pid_t ended = REAL(name) call;                                                                                     \
    after_wait(&start, ended, used, usage);                                                                            \
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
    struct wait_start start = before_wait();
    int result = REAL(waitid)(type, id, info, options);
    if (result == 0 && info && info->si_pid > 0 && (options & WEXITED) && !(options & WNOWAIT)) {
        int status = info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8 : info->si_status & 0x7f;
        if (info->si_code == CLD_DUMPED)
            status |= 0x80;
        if (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)
            after_wait(&start, info->si_pid, &status, NULL);
    }
    return result;
}
