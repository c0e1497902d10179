/* SPDX-License-Identifier: MIT
 * Owns: a program with unusual threads; argv[1] says which. Must not know: the profiler. */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int stop, started;

static void work(int rounds)
{
    static const char gif[64] = "GIF89a and then some";
    char name[32], line[64];
    snprintf(name, sizeof name, "file-%d", rounds & 7);
    for (int i = 0; i < rounds; i++) {
        free(malloc((size_t)(i % 5000)));
        int fd = open(name, O_RDWR | O_CREAT, 0600);
        if (write(fd, gif, sizeof gif) < 0 || lseek(fd, 0, SEEK_SET) < 0 || read(fd, line, sizeof line) < 0)
            puts("I/O");
        close(fd);
    }
}

static void *worker(void *rounds)
{
    atomic_fetch_add(&started, 1);
    work((int)(intptr_t)rounds);
    return NULL;
}

static void *until_stopped(void *unused)
{
    (void)unused;
    atomic_fetch_add(&started, 1);
    while (!stop) {
        free(malloc(100));
        free(malloc(70000));
    }
    return NULL;
}

static void *waits(void *unused)
{
    (void)unused;
    work(1);
    atomic_fetch_add(&started, 1);
    while (!stop)
        usleep(1000);
    return NULL;
}

static void small_stack(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
    pthread_t thread;
    printf("create %d\n", pthread_create(&thread, &attributes, worker, (void *)(intptr_t)2000));
    pthread_join(thread, NULL);
}

static void *late(void *unused)
{
    (void)unused;
    usleep(50000);
    work(20);
    puts("worker");
    return NULL;
}

static void main_leaves(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, late, NULL);
    pthread_detach(thread);
    pthread_exit(NULL);
}

static void *forks(void *rounds)
{
    int bad = 0;
    for (int i = 0; i < (int)(intptr_t)rounds; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            free(malloc(100));
            if (i % 10 == 0) {
                work(2);
                pthread_t thread;
                pthread_create(&thread, NULL, worker, (void *)1);
                pthread_join(thread, NULL);
            }
            _exit(i % 100);
        }
        int status = -1;
        waitpid(pid, &status, 0);
        bad += !WIFEXITED(status) || WEXITSTATUS(status) != i % 100;
    }
    printf("bad children %d\n", bad);
    return NULL;
}

static void fork_among_threads(int rounds)
{
    pthread_t busy[3], forker;
    for (int i = 0; i < 3; i++)
        pthread_create(&busy[i], NULL, until_stopped, NULL);
    while (started < 3)
        usleep(100);
    pthread_create(&forker, NULL, forks, (void *)(intptr_t)rounds);
    pthread_join(forker, NULL);
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(busy[i], NULL);
}

static void churn(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, (void *)(intptr_t)(i % 100 == 0)))
            puts("create");
        pthread_join(thread, NULL);
    }
}

static void *cancelled(void *unused)
{
    (void)unused;
    work(1);
    atomic_fetch_add(&started, 1);
    for (;;)
        pause();
}

static void cancel_many(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, cancelled, NULL);
        while (started <= i)
            sched_yield();
        pthread_cancel(thread);
        pthread_join(thread, NULL);
    }
}

static void many_alive(int count, int join)
{
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, waits, NULL))
            puts("create");
    while (started < count)
        usleep(1000);
    stop = join;
    for (int i = 0; i < count && join; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

/* The process ends while its threads are busiest. */
static void exit_among_threads(void)
{
    pthread_t thread;
    for (int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, worker, (void *)(intptr_t)1000000);
    while (started < 4)
        usleep(100);
    usleep(3000);
    exit(6);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    int number = count > 2 ? atoi(arguments[2]) : 0;
    if (strcmp(how, "small_stack") == 0)
        small_stack();
    if (strcmp(how, "main_leaves") == 0)
        main_leaves();
    if (strcmp(how, "fork") == 0)
        fork_among_threads(number);
    if (strcmp(how, "churn") == 0)
        churn(number);
    if (strcmp(how, "cancel") == 0)
        cancel_many(number);
    if (strcmp(how, "alive") == 0)
        many_alive(number, 1);
    if (strcmp(how, "alive_at_exit") == 0)
        many_alive(number, 0);
    if (strcmp(how, "exit") == 0)
        exit_among_threads();
    return 5;
}
