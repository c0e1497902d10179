/* SPDX-License-Identifier: MIT
 * Owns: a program that forbids itself most system calls, on pain of death, and works on with the others; argv[1] says
 * by which call. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int entered, thread_begun, thread_done;
static int shared;
static FILE *stream;
static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter rules[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(SYS_read),
    ALLOW(SYS_write),
    ALLOW(SYS_exit),
    ALLOW(SYS_exit_group),
    ALLOW(SYS_rt_sigreturn),
    ALLOW(SYS_futex),
    ALLOW(SYS_brk),
    ALLOW(SYS_mmap),
    ALLOW(SYS_munmap),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};
static struct sock_fprog program = {sizeof rules / sizeof *rules, rules};

static void work(int fd, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        if (write(fd, "GIF89a, twenty bytes", 20) != 20)
            _exit(7);
        free(malloc((size_t)i * 50));
        void *large = malloc(300000); /* a mapping of its own */
        free(large);
    }
}

/* It allocates nothing: its own arena would grow by mprotect. Its end would take calls that are forbidden. */
static void *writes(void *unused)
{
    thread_begun = 1;
    while (!entered)
        ;
    for (int i = 0; i < 500; i++)
        if (write(shared, "GIF89a, twenty bytes", 20) != 20)
            _exit(8);
    thread_done = 1;
    pthread_mutex_lock(&never);
    return unused;
}

static int enter(const char *how)
{
    if (strcmp(how, "strict") == 0)
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (strcmp(how, "prctl") == 0)
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

/* Asking what is possible forbids nothing. */
static void ask(void)
{
    unsigned action = SECCOMP_RET_KILL_PROCESS;
    printf("%d\n", prctl(PR_GET_SECCOMP));
    printf("%ld\n", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
    printf("%d %d\n", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL), errno);
    printf("%ld %d\n", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL), errno);
    printf("%d %d\n", prctl(PR_SET_SECCOMP, 99, NULL), errno);
    struct sock_fprog wrong = {1, rules};
    printf("%d %d\n", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &wrong), errno);
    fflush(stdout);
}

/* Never stops: what it is about when the filter comes is left to chance. */
static void *writes_on(void *unused)
{
    for (int after = 0; after < 300; after += entered) {
        if (write(shared, "GIF89a, twenty bytes", 20) != 20)
            _exit(8);
        thread_begun = 1;
    }
    thread_done = 1;
    pthread_mutex_lock(&never);
    return unused;
}

static int chances(void)
{
    int killed = 0;
    for (int i = 0; i < 80; i++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            pthread_mutex_lock(&never);
            pthread_create(&thread, NULL, writes_on, NULL);
            while (!thread_begun)
                ;
            usleep(2000 + i * 37 % 1100);
            if (enter("syscall"))
                _exit(9);
            entered = 1;
            while (!thread_done)
                ;
            _exit(5);
        }
        int status = 0;
        waitpid(child, &status, 0);
        killed += !WIFEXITED(status) || WEXITSTATUS(status) != 5;
        ftruncate(shared, 0);
    }
    printf("killed %d\n", killed);
    return killed ? 1 : 5;
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    int fd = open("filtered", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    shared = open("by-thread", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    stream = fopen("stream", "w");
    fputs("GIF89a", stream);
    fflush(stream);
    if (strcmp(how, "chances") == 0) {
        shared = open("by-thread", O_WRONLY | O_APPEND);
        return chances();
    }
    puts("begins");
    fflush(stdout);
    work(fd, 30);
    if (strcmp(how, "ask") == 0) {
        ask();
        work(fd, 30);
        return 5;
    }
    pthread_t thread;
    pthread_mutex_lock(&never);
    int with_thread = strcmp(how, "strict") != 0;
    if (with_thread)
        pthread_create(&thread, NULL, writes, NULL);
    while (with_thread && !thread_begun)
        ;
    if (enter(how)) {
        perror(how);
        return 1;
    }
    entered = 1;
    work(fd, 1000);
    while (with_thread && !thread_done)
        ;
    fprintf(stream, " %d and more", 12345);
    puts("goes on");
    fflush(stdout);
    if (!with_thread) {
        fflush(stream);
        syscall(SYS_exit, 5);
    }
    return 5;
}
