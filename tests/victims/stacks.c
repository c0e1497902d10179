/* SPDX-License-Identifier: MIT
 * Owns: a victim: large blocks from functions with known names, in the program, in a library that it is linked with and
 * in one that it loads, by recursion and in threads. Its journal says what each function holds when all are live.
 * "fork": a child does it. "storm": threads that allocate, signals, objects loaded and unloaded, and forks at once.
 * Must not know: the profiler. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/victims/parts/journal.h"

#define APART  __attribute__((noinline, noclone))
#define BLOCKS 64

void *linked_make(size_t bytes);
typedef void *maker(size_t bytes);

static void *kept[BLOCKS];
static unsigned kept_count;

APART void keep(void *block, const char *function)
{
    if (!block || kept_count == BLOCKS)
        abort();
    memset(block, 1, 100);
    kept[kept_count++] = block;
    journal_line("{\"line\":\"block\",\"function\":\"%s\",\"bytes\":%zu}", function, malloc_usable_size(block));
}

APART void victim_once(void)
{
    keep(malloc(100000), __func__);
}

APART void victim_many(void)
{
    for (unsigned i = 0; i < 5; i++)
        keep(calloc(7, 10000), __func__);
}

APART void victim_grow(void)
{
    keep(realloc(malloc(80000), 400000), __func__);
}

APART void victim_leaf(size_t bytes)
{
    keep(malloc(bytes), __func__);
}

APART void victim_recursion(unsigned depth, size_t bytes)
{
    if (depth)
        victim_recursion(depth - 1, bytes);
    else
        victim_leaf(bytes);
    __asm__ volatile("" ::: "memory");
}

APART void victim_fleeting(void)
{
    void *volatile block = malloc(500000);
    free(block);
}

APART void *victim_thread(void *unused)
{
    void *block = malloc(90000);
    return unused ? unused : block;
}

static void *load(const char *program, const char *symbol, void **object)
{
    char path[4096];
    snprintf(path, sizeof path, "%.*s/lib/stacks_plugin.so", (int)(strrchr(program, '/') - program), program);
    *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return *object ? dlsym(*object, symbol) : NULL;
}

static void script(const char *program)
{
    victim_fleeting();
    victim_once();
    victim_many();
    victim_grow();
    victim_recursion(10, 300000);
    victim_recursion(200, 150000);
    keep(linked_make(200000), "linked_make");
    void *object, *found = load(program, "plugin_make", &object);
    maker *make;
    memcpy(&make, &found, sizeof make);
    keep(make(250000), "plugin_make");
    for (unsigned i = 0; i < 2; i++) {
        pthread_t thread;
        void *block;
        if (pthread_create(&thread, NULL, victim_thread, NULL) || pthread_join(thread, &block))
            abort();
        keep(block, "victim_thread");
    }
    for (unsigned i = 0; i < kept_count; i++)
        free(kept[i]);
}

/* ---- storm ---- */

static volatile sig_atomic_t over;

static void on_signal(int number)
{
    (void)number;
    int saved = errno;
    void *volatile block = malloc(66000); /* raise() is the only source of this signal: nothing is interrupted */
    free(block);
    errno = saved;
}

APART void storm_deeper(unsigned depth)
{
    if (depth) {
        storm_deeper(depth - 1);
    } else {
        void *block = malloc(70000);
        memset(block, 2, 64);
        free(block);
    }
    __asm__ volatile("" ::: "memory");
}

static void *storm_thread(void *program)
{
    for (unsigned i = 0; !over; i++) {
        storm_deeper(i % 40);
        if (program && i % 50 == 0) {
            void *object, *found = load(program, "plugin_make", &object);
            maker *make;
            memcpy(&make, &found, sizeof make);
            free(make(80000));
            dlclose(object);
        }
    }
    return NULL;
}

static int storm(char *program)
{
    pthread_t threads[3];
    for (unsigned i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, storm_thread, i ? NULL : program))
            abort();
    signal(SIGUSR1, on_signal);
    int failed = 0;
    struct timespec pause = {0, 2000000};
    for (unsigned i = 0; i < 100; i++) {
        raise(SIGUSR1);
        pid_t child = i % 10 == 0 ? fork() : -1;
        if (child == 0) {
            storm_deeper(5);
            _exit(3);
        }
        int status = 3 << 8;
        if (child > 0 && (waitpid(child, &status, 0) != child || status != 3 << 8))
            failed++;
        nanosleep(&pause, NULL);
    }
    over = 1;
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("storm over, %d children failed\n", failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    journal_begin("stacks");
    const char *mode = argc > 1 ? argv[1] : "";
    int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const char *error = dlerror();
    printf("next descriptor %d, pending error %s\n", descriptor, error ? error : "none");
    fflush(stdout);
    close(descriptor);
    if (strcmp(mode, "storm") == 0)
        return storm(argv[0]);
    if (strcmp(mode, "fork") == 0) {
        pid_t child = fork();
        if (child > 0) {
            int status;
            return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        }
        close(open("/dev/null", O_RDONLY | O_CLOEXEC)); /* a file is what children of optimizers begin with */
    }
    script(argv[0]);
    say("stacks done\n");
    journal_end(6);
    return 6;
}
