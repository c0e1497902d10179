/* SPDX-License-Identifier: MIT
 * Owns: wrappers of exec and spawn. Must not know: files, codecs. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/process/end.h"
#include "preload/process/process.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/hooks/child_call.h"
#include "preload/base/foreign.h"
#include "preload/record/packet.h"
#include "preload/base/settings.h"

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
        child_put_spawn(self, trace_spawn_op_EXEC, 0, 0, 0, path ? self->scratch : NULL, untraced);
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
    child_put_spawn(self, trace_spawn_op_SPAWN, start_ns, pid, error, path, untraced);
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

EXPORT int execveat(int directory, const char *path, char *const argv[], char *const envp[], int flags)
{
    before_exec(NULL, envp);
    if (REAL(execveat))
        return real.execveat(directory, path, argv, envp, flags);
    return (int)system_result(SYSTEM6(SYS_execveat, directory, path, argv, envp, flags, 0));
}

int own_execve(const char *path, char *const argv[], char *const envp[]);
int own_execvpe(const char *path, char *const argv[], char *const envp[]);

/* The list becomes an array on the stack, as libc makes it too; what follows its NULL is for execle. */
#define LISTED(name, call)                                                                                             \
    va_list list;                                                                                                      \
    va_start(list, argument);                                                                                          \
    size_t count = 1;                                                                                                  \
    for (const char *at = argument; at; at = va_arg(list, const char *))                                               \
        count++;                                                                                                       \
    va_end(list);                                                                                                      \
    char *argv[count];                                                                                                 \
    va_start(list, argument);                                                                                          \
    argv[0] = (char *)(uintptr_t)argument;                                                                             \
    for (size_t i = 1; i < count; i++)                                                                                 \
        argv[i] = va_arg(list, char *);                                                                                \
    char *const *envp = environ;                                                                                       \
    if (HOOK_##name == HOOK_execle)                                                                                    \
        envp = va_arg(list, char *const *);                                                                            \
    va_end(list);                                                                                                      \
    return call

EXPORT int execl(const char *path, const char *argument, ...)
{
    LISTED(execl, own_execve(path, argv, (char **)envp));
}

EXPORT int execle(const char *path, const char *argument, ...)
{
    LISTED(execle, own_execve(path, argv, (char **)envp));
}

EXPORT int execlp(const char *path, const char *argument, ...)
{
    LISTED(execlp, own_execvpe(path, argv, (char **)envp));
}

#define OWN_exec(name) OWN_NAME(name)
#include "preload/base/own_names.h"
