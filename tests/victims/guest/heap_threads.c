/* SPDX-License-Identifier: MIT
 * Owns: a program whose threads allocate together; argv[1] says how. It says on descriptor 3 what each thread and the
 * process allocated, and the highest that lived at once. Must not know: the profiler. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/victims/parts/sums.h"

#define MOST  8
#define KEPT  400
#define RING  64
#define TURNS 20000

static int threads;
static struct sums of_thread[MOST], of_start[MOST];
static void *kept[MOST][KEPT];
static pthread_barrier_t at_the_top, may_go_on;
static void *_Atomic ring[RING];

static uint32_t next(uint32_t *state)
{
    return (*state = *state * 1664525 + 1013904223) >> 8;
}

/* All are at their highest at once; a third of the blocks is never released. */
static void pattern(int number)
{
    uint32_t state = (uint32_t)number;
    for (int i = 0; i < TURNS; i++) {
        void *block = came(malloc(next(&state) % 3000));
        goes(block);
        free(block);
    }
    for (int i = 0; i < KEPT; i++)
        kept[number][i] = came(malloc(1000 + next(&state) % 4000 + (i % 50 ? 0 : 200000)));
    pthread_barrier_wait(&at_the_top);
    pthread_barrier_wait(&may_go_on);
    for (int i = 0; i < KEPT; i++)
        if (i % 3) {
            goes(kept[number][i]);
            free(kept[number][i]);
        }
}

/* Even threads allocate, odd ones release what those did. */
static void hand_over(int number)
{
    uint32_t state = (uint32_t)number;
    for (int i = 0; i < TURNS; i++) {
        void *_Atomic *place = &ring[(number / 2 * 16 + i % 16) % RING];
        void *block = NULL;
        if (number % 2 == 0) {
            block = came(malloc(10 + next(&state) % 6000));
            void *none = NULL;
            if (!atomic_compare_exchange_strong(place, &none, block)) {
                goes(block);
                free(block);
            }
        } else if ((block = atomic_exchange(place, NULL))) {
            goes(block);
            free(block);
        }
    }
}

/* The address that realloc gives up is the next malloc's of the other thread. */
static void race(int number)
{
    uint32_t state = (uint32_t)number;
    void *block = came(malloc(50000));
    for (int i = 0; i < TURNS; i++) {
        size_t size = 40000 + next(&state) % 8 * 16000;
        if (number % 2) {
            goes(block);
            free(block);
            block = came(malloc(size));
        } else {
            goes(block);
            block = came(realloc(block, size));
        }
    }
    kept[number][0] = block;
}

static void (*work)(int number);

/* pthread_create allocates a new thread's table of thread-local memory, which lives on with the stack that is kept for
 * later threads. Source: sysdeps/x86_64/nptl/tls.h, elf/dl-tls.c. */
static void *table_of_thread(void)
{
    char *table;
    __asm__("mov %%fs:8, %0" : "=r"(table));
    return table - 16;
}

static void *runs(void *argument)
{
    int number = (int)(intptr_t)argument;
    came(table_of_thread());
    of_start[number] = sums;
    memset(&sums, 0, sizeof sums);
    work(number);
    sums.thread = gettid();
    of_thread[number] = sums;
    return NULL;
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    pthread_t handles[MOST];
    pthread_attr_t small;
    threads = count > 2 ? atoi(arguments[2]) : 2;
    work = strcmp(how, "pattern") == 0 ? pattern : strcmp(how, "hand_over") == 0 ? hand_over : race;
    if (threads < 1 || threads > MOST)
        return 2;
    sums_before_main();
    came(malloc(100000)); /* large enough for the process to leave a trace */
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&at_the_top, NULL, (unsigned)threads + 1);
    pthread_barrier_init(&may_go_on, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&handles[i], &small, runs, (void *)(intptr_t)i))
            return 1;
    if (work == pattern) {
        pthread_barrier_wait(&at_the_top);
        pthread_barrier_wait(&may_go_on);
    }
    struct sums all = {0};
    for (int i = 0; i < threads; i++) {
        pthread_join(handles[i], NULL);
        sums_tell("thread", &of_thread[i]);
        sums_add(&all, &of_thread[i]);
        sums_add(&all, &of_start[i]);
        all.peak += of_thread[i].peak + of_start[i].peak;
    }
    all.peak += sums.live;
    for (int i = 0; i < RING; i++) {
        goes(ring[i]);
        free(ring[i]);
    }
    sums.thread = gettid();
    sums_add(&all, &sums);
    all.thread = threads;
    sums_tell(work == pattern ? "peak" : "process", &all);
    return 5;
}
