/* SPDX-License-Identifier: MIT
 * Owns: a program that makes processes in great number or in rare ways, and checks after each that it is unharmed;
 * argv[1] says how, argv[2] how often. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int stop, started;
static _Atomic long wrong;

static int transfer(const char *name)
{
    char line[64];
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    int good = fd >= 0 && write(fd, "GIF89a, twenty bytes", 20) == 20 && lseek(fd, 0, SEEK_SET) == 0 &&
               read(fd, line, 64) == 20;
    return close(fd) == 0 && good;
}

static int ended_with(pid_t pid, int code)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static void *allocates(void *number)
{
    char name[32];
    void *blocks[16] = {0};
    snprintf(name, sizeof name, "thread-%d", (int)(intptr_t)number);
    started++;
    for (unsigned i = 0; !stop; i++) {
        free(blocks[i % 16]);
        blocks[i % 16] = malloc(i % 7 == 0 ? 200000 : i % 3000);
        if (i % 500 == 0 && !transfer(name))
            wrong++;
    }
    for (int i = 0; i < 16; i++)
        free(blocks[i]);
    return NULL;
}

/* fork() of a process whose other threads hold every lock there is, most of the time. */
static void fork_among_threads(int rounds)
{
    pthread_t busy[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&busy[i], NULL, allocates, (void *)(intptr_t)i);
    while (started < 3)
        sched_yield();
    for (int i = 0; i < rounds; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            void *block = malloc((size_t)(i % 100000));
            int good = i % 50 ? 1 : transfer("child");
            free(block);
            _exit(good ? i % 100 : 101);
        }
        wrong += !ended_with(pid, i % 100);
    }
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(busy[i], NULL);
}

static void *starts_programs(void *rounds)
{
    extern char **environ;
    char *arguments[] = {"true", NULL};
    for (int i = 0; i < (int)(intptr_t)rounds; i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            if (i % 2)
                execve("/missing", arguments, environ);
            execve("/bin/true", arguments, environ);
            _exit(9);
        }
        wrong += !ended_with(pid, 0);
    }
    return NULL;
}

/* Two threads that vfork, a third that works: the parent sees its own calls afterwards. */
static void vforks(int rounds)
{
    pthread_t starter, worker;
    pthread_create(&worker, NULL, allocates, (void *)9);
    pthread_create(&starter, NULL, starts_programs, (void *)(intptr_t)(rounds / 2));
    for (int i = 0; i < rounds - rounds / 2; i++) {
        pid_t pid = vfork();
        if (pid == 0)
            _exit(i % 100);
        wrong += !ended_with(pid, i % 100);
    }
    pthread_join(starter, NULL);
    stop = 1;
    pthread_join(worker, NULL);
    wrong += !transfer("after-vfork");
}

/* A tree that doubles in each generation: 2 to the power of `generations` processes. */
static void bomb(int generations)
{
    int depth = 0;
    for (int i = 0; i < generations; i++)
        if (fork() == 0)
            depth++;
    int good = transfer(depth % 2 ? "odd" : "even") || 1; /* others truncate it meanwhile */
    free(malloc(100000));
    for (int status; wait(&status) > 0;)
        good &= WIFEXITED(status) && WEXITSTATUS(status) == 6;
    if (depth)
        _exit(good ? 6 : 7);
    wrong += !good;
}

static int cloned(void *unused)
{
    (void)unused;
    void *block = malloc(300000);
    int good = transfer("cloned");
    free(block);
    return good ? 8 : 9;
}

static void clones(int rounds)
{
    enum { STACK = 256 << 10 };
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < rounds; i++) {
        wrong += !ended_with(clone(cloned, stack + STACK, SIGCHLD, NULL), 8); /* its memory is a copy */
        wrong += !ended_with(clone(cloned, stack + STACK, SIGCHLD | CLONE_FILES | CLONE_FS, NULL), 8);
        wrong += !ended_with(clone(cloned, stack + STACK, SIGCHLD | CLONE_VM | CLONE_VFORK, NULL), 8);
        pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (pid == 0)
            _exit(cloned(NULL));
        wrong += !ended_with(pid, 8);
        pid = (pid_t)syscall(SYS_fork);
        if (pid == 0)
            _exit(cloned(NULL));
        wrong += !ended_with(pid, 8);
        wrong += !transfer("parent");
    }
}

static void namespaces(void)
{
    wrong += !transfer("before");
    int user = unshare(CLONE_NEWUSER), mount = unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_FS | CLONE_FILES);
    wrong += !transfer("inside");
    int processes = unshare(CLONE_NEWPID);
    pid_t pid = fork();
    if (pid == 0)
        _exit(getpid() == 1 && transfer("first") ? 1 : 2);
    printf("%d %d %d %d\n", user, mount, processes, ended_with(pid, 1));
}

/* What a daemon is: its own session, where it was told to be, with what it was told to have open. */
static int is_daemon(int stay, int keep, pid_t parent)
{
    char place[256] = "", before[256] = "", link[256] = "", home[256] = "";
    struct stat null, standard;
    if (!getcwd(home, sizeof home) || readlink("/proc/self/fd/1", before, sizeof before - 1) < 0 ||
        daemon(stay, keep) != 0 || !getcwd(place, sizeof place))
        return 0;
    int good = getpid() != parent && getsid(0) == getpid() && strcmp(place, stay ? home : "/") == 0;
    stat("/dev/null", &null);
    for (int fd = 0; fd < 3 && !keep; fd++)
        good &= fstat(fd, &standard) == 0 && standard.st_rdev == null.st_rdev;
    if (keep)
        good &= readlink("/proc/self/fd/1", link, sizeof link - 1) > 0 && strcmp(link, before) == 0;
    int next = open("/dev/null", O_RDONLY);
    good &= fcntl(next - 1, F_GETFD) >= 0 && chdir(home) == 0 && transfer("daemon");
    return good;
}

/* daemon() in all its ways, and forkpty(). What the daemon found comes by a pipe, which it inherited. */
static void background(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        int found = 0, pair[2], terminal, had = pipe(pair);
        pid_t pid = fork();
        if (pid == 0) {
            found = is_daemon(i & 1, i & 2, getpid());
            _exit(write(pair[1], &found, sizeof found) != sizeof found);
        }
        close(pair[1]);
        wrong += had || !ended_with(pid, 0) || read(pair[0], &found, sizeof found) != sizeof found || !found;
        close(pair[0]);
        pid = forkpty(&terminal, NULL, NULL, NULL);
        if (pid == 0)
            _exit(isatty(0) && getsid(0) == getpid() && transfer("terminal") ? 6 : 7);
        wrong += pid < 0 || !ended_with(pid, 6);
        close(terminal);
        wrong += !transfer("parent");
    }
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    int rounds = count > 2 ? atoi(arguments[2]) : 1;
    if (strcmp(how, "fork") == 0)
        fork_among_threads(rounds);
    if (strcmp(how, "vfork") == 0)
        vforks(rounds);
    if (strcmp(how, "bomb") == 0)
        bomb(rounds);
    if (strcmp(how, "clone") == 0)
        clones(rounds);
    if (strcmp(how, "background") == 0)
        background(rounds);
    if (strcmp(how, "namespaces") == 0)
        namespaces();
    printf("%ld wrong\n", wrong);
    return 5;
}
