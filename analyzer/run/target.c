/* SPDX-License-Identifier: MIT
 * Owns: one run of the target: environment, start, signals and job control on the way, end.
 * Must not know: what is recorded, reports, how many runs there are. */
#include "analyzer/run/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/monotonic.h"

/* What a program is told from outside, and SIGCHLD, which says that it ended or stopped. Others keep their meaning. */
static const int passed_on[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1, SIGUSR2,
                                SIGALRM, SIGCONT, SIGWINCH, SIGTSTP, SIGCHLD};
static sigset_t taken, before;
static struct sigaction children; /* what the caller made of SIGCHLD: ignored, nobody could wait for the target */

void target_signals_take(void)
{
    sigemptyset(&taken);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(&taken, passed_on[i]);
    sigprocmask(SIG_BLOCK, &taken, &before);
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &usual, &children);
}

void target_signals_give_back(void)
{
    sigaction(SIGCHLD, &children, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int64_t realtime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_ours(const char *entry, size_t bytes)
{
    static const char name[] = "libimgbench.so";
    size_t length = sizeof name - 1;
    return bytes >= length && !memcmp(entry + bytes - length, name, length) &&
           (bytes == length || entry[bytes - length - 1] == '/');
}

/* LD_PRELOAD without an imgbench that the caller may have put there: this run's is the one that counts, or none. */
static char *preload_list(const char *first)
{
    const char *given = getenv("LD_PRELOAD");
    size_t capacity = (first ? strlen(first) : 0) + (given ? strlen(given) : 0) + 2, used = 0;
    char *list = malloc(capacity);
    if (!list)
        return NULL;
    used = (size_t)snprintf(list, capacity, "%s", first ? first : "");
    while (given && *(given += strspn(given, " :"))) {
        size_t bytes = strcspn(given, " :");
        if (!is_ours(given, bytes))
            used += (size_t)snprintf(list + used, capacity - used, "%s%.*s", used ? ":" : "", (int)bytes, given);
        given += bytes;
    }
    return list;
}

/* In the child, which is alone in its copy of our memory. */
static void set_environment(const struct target *target)
{
    char *list = preload_list(target->preload);
    if (list && *list)
        setenv("LD_PRELOAD", list, 1);
    else
        unsetenv("LD_PRELOAD");
    if (target->trace)
        setenv("IMGBENCH_DIR", target->trace, 1);
    if (target->trace && target->keep)
        setenv("IMGBENCH_KEEP", "1", 1);
}

static _Noreturn void become(const struct target *target, int report)
{
    target_signals_give_back();
    set_environment(target);
    execv(target->program, target->arguments);
    if (errno == ENOEXEC) { /* a script without a first line that says of what: as execvp and env do */
        size_t count = 0;
        while (target->arguments[count])
            count++;
        char **arguments = calloc(count + 2, sizeof *arguments);
        if (arguments) {
            arguments[0] = (char[]){"sh"};
            arguments[1] = strdup(target->program);
            for (size_t i = 1; i < count; i++)
                arguments[i + 1] = target->arguments[i];
            execv("/bin/sh", arguments);
        }
    }
    int error = errno;
    if (write(report, &error, sizeof error) < 0)
        error = 0; /* the exit code says it as well */
    _exit(127);
}

/* Returns the child, or 0 with the reason in end. */
static pid_t start(const struct target *target, struct target_end *end)
{
    int report[2], error = 0;
    if (pipe2(report, O_CLOEXEC)) {
        end->error = errno;
        return 0;
    }
    end->started_ns = realtime_ns();
    pid_t pid = fork();
    if (pid == 0)
        become(target, report[1]);
    if (pid < 0)
        error = errno;
    close(report[1]);
    ssize_t bytes = 0;
    while (pid > 0 && (bytes = read(report[0], &error, sizeof error)) < 0 && errno == EINTR) {
    }
    close(report[0]);
    end->error = pid < 0 || bytes == sizeof error ? error : 0;
    if (pid > 0 && end->error)
        waitpid(pid, NULL, 0);
    return end->error ? 0 : pid;
}

/* The shell that started us has to see that its job is stopped. It wakes the whole group; a kill -CONT wakes only us.
 */
static void stop_with(const struct target *target, pid_t pid, struct target_end *end)
{
    if (target->stops)
        target->stops(target->context);
    uint64_t from_ns = monotonic_ns();
    raise(SIGSTOP);
    kill(pid, SIGCONT);
    end->stopped_ns += monotonic_ns() - from_ns;
}

/* True when the target has ended. */
static bool collect(const struct target *target, pid_t pid, struct target_end *end)
{
    int status;
    struct rusage usage;
    pid_t found;
    while ((found = wait4(pid, &status, WNOHANG | WUNTRACED, &usage)) == pid && WIFSTOPPED(status))
        stop_with(target, pid, end);
    if (found != pid)
        return false;
    end->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->cpu_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
                  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
    return true;
}

/* The terminal tells its whole foreground group, so the target knows already. One that the target sent to its own group
 * is not sent back to it. */
static void pass_on(const siginfo_t *what, pid_t pid, struct target_end *end)
{
    bool ends =
        what->si_signo == SIGINT || what->si_signo == SIGTERM || what->si_signo == SIGHUP || what->si_signo == SIGQUIT;
    if (ends)
        end->interrupted = what->si_signo;
    if (what->si_code <= 0 && what->si_pid != pid)
        kill(pid, what->si_signo);
}

void target_run(const struct target *target, struct target_end *end)
{
    *end = (struct target_end){.exit_code = -1};
    uint64_t from_ns = monotonic_ns();
    pid_t pid = start(target, end);
    if (!pid)
        return;
    unsigned wait_ms = target->tick ? target->tick(target->context, pid) : 0;
    while (!collect(target, pid, end)) {
        siginfo_t what;
        struct timespec most = {wait_ms / 1000, (long)(wait_ms % 1000) * 1000000};
        int number = target->tick ? sigtimedwait(&taken, &what, &most) : sigwaitinfo(&taken, &what);
        if (number > 0 && number != SIGCHLD)
            pass_on(&what, pid, end);
        if (number < 0 && errno == EAGAIN)
            wait_ms = target->tick(target->context, pid);
    }
    end->wall_ns = monotonic_ns() - from_ns;
}

void target_end_likewise(const struct target_end *end)
{
    if (end->signal) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none); /* the target's own core is the one that matters */
        signal(end->signal, SIG_DFL);
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, end->signal);
        raise(end->signal);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        exit(128 + end->signal); /* it does not kill: SIGCHLD and the like */
    }
    exit(end->exit_code);
}
