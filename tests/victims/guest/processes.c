/* SPDX-License-Identifier: MIT
 * Owns: a program that starts others in every way and goes on working; argv[1] says how. Must not know: the profiler.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char *arguments_of_true[] = {"true", NULL};

static void touch(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(fd, "GIF89a by the parent", 20) != 20)
        puts("write");
    close(fd);
}

static int status_of(pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static void by_vfork(int rounds)
{
    int sum = 0;
    for (int i = 0; i < rounds; i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            if (i % 3 == 0)
                execv("/missing", arguments_of_true);
            if (i % 3 == 1)
                execve("/bin/true", arguments_of_true, environ);
            _exit(i % 3 == 0 ? 7 : 8);
        }
        sum += status_of(pid);
    }
    printf("%d\n", sum);
    touch("after-vfork");
}

static void by_spawn(int rounds)
{
    int sum = 0;
    for (int i = 0; i < rounds; i++) {
        pid_t pid = -1;
        int error = posix_spawnp(&pid, i % 2 ? "true" : "missing-program", NULL, NULL, arguments_of_true, environ);
        sum += error ? error : status_of(pid);
    }
    printf("%d %d %d\n", sum, system("exit 3"), system("cd / && true"));
    touch("after-spawn");
}

static void exec_fails(void)
{
    for (int i = 0; i < 5; i++)
        printf("%d %d\n", execl("/missing", "x", NULL), errno);
    for (int i = 0; i < 5; i++)
        printf("%d %d\n", execv("/missing", arguments_of_true), errno);
    touch("after-exec");
}

/* A fork child's heap is what it was in the parent. */
static void forked_heap(void)
{
    char *block = malloc(5000);
    if (fork() == 0) {
        touch("by-child");
        free(block);
        exit(0);
    }
    printf("%d\n", status_of(-1));
    free(block);
}

static uint64_t cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Of 353 children of fork two have something to tell: one computes, one writes. 200 are there at once; the last one is
 * not collected. */
static void forked_idle(void)
{
    enum { AT_ONCE = 200 };
    pid_t pids[AT_ONCE];
    int sum = 0;
    touch("by-parent");
    for (int i = 0; i < 150; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            free(malloc(300));
            _exit(i % 2 ? 7 : 0);
        }
        sum += status_of(pid);
    }
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (i)
                touch("by-child");
            while (!i && cpu_ms() < 40)
                ;
            _exit(3);
        }
        sum += status_of(pid);
    }
    for (int i = 0; i < AT_ONCE; i++)
        if ((pids[i] = fork()) == 0)
            _exit(1);
    for (int i = 0; i < AT_ONCE; i++)
        sum += status_of(pids[i]);
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(5);
    printf("%d %d\n", sum, status_of(-1));
}

/* Each thread collects its own children, which write a MiB each. */
static void *forks_and_waits(void *nothing)
{
    static char data[1 << 20];
    for (int i = 0; i < 30; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            int fd = open("/dev/null", O_WRONLY);
            _exit(write(fd, data, sizeof data) == sizeof data ? 0 : 1);
        }
        if (status_of(pid) != 0)
            puts("a child failed");
    }
    return nothing;
}

static void overlapping_waits(void)
{
    pthread_t threads[3];
    touch("by-parent");
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, forks_and_waits, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    int rounds = count > 2 ? atoi(arguments[2]) : 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(how, "vfork") == 0)
        by_vfork(rounds);
    if (strcmp(how, "spawn") == 0)
        by_spawn(rounds);
    if (strcmp(how, "exec_fails") == 0)
        exec_fails();
    if (strcmp(how, "forked_heap") == 0)
        forked_heap();
    if (strcmp(how, "forked_idle") == 0)
        forked_idle();
    if (strcmp(how, "overlapping_waits") == 0)
        overlapping_waits();
    if (strcmp(how, "execl") == 0) {
        touch("before-execl");
        execlp("sh", "sh", "-c", "echo one $1 two $2", "x", "a", "b", NULL);
    }
    if (strcmp(how, "execle") == 0) {
        touch("before-execle");
        execle("/bin/sh", "sh", "-c", "echo $1 $FOO", "x", "a", NULL, (char *[]){"FOO=bar", NULL});
    }
    return 5;
}
