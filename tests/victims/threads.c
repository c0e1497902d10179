/* SPDX-License-Identifier: MIT
 * Owns: a victim: worker threads (first argument: how many) that each take two images of their own. With more threads
 * than processors the spins last longer than they burn; the journal has both.
 * Must not know: the profiler. */
#include <pthread.h>
#include <stdlib.h>

#include "tests/victims/parts/pipeline.h"

#define MOST_THREADS 8
#define IMAGES_EACH  2

static void *worker(void *first)
{
    idle_us(10000);
    for (unsigned i = 0; i < IMAGES_EACH; i++) {
        struct image_plan plan = default_plan(*(const unsigned *)first + i);
        if (i)
            idle_us(30000);
        pipeline_image(&plan);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    pthread_t threads[MOST_THREADS];
    unsigned first[MOST_THREADS];
    if (count < 1 || count > MOST_THREADS)
        return 2;
    journal_begin("threads");
    for (unsigned i = 0; i < count; i++) {
        first[i] = i * IMAGES_EACH;
        if (pthread_create(&threads[i], NULL, worker, &first[i]))
            return 1;
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    say("threads done\n");
    journal_end(0);
    return 0;
}
