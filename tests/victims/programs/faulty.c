/* SPDX-License-Identifier: MIT
 * Owns: a program that turns an image file over and, as its argument says, has a fault that a sanitizer finds.
 * Must not know: the profiler; whether a sanitizer is there. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *kept;
static volatile int seen; /* what is read is not optimized away */

static unsigned char *turned_over(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        exit(2);
    unsigned char *data = malloc(1 << 20);
    *size = fread(data, 1, 1 << 20, file);
    fclose(file);
    unsigned char *out = calloc(1, *size);
    for (size_t i = 0; i < *size; i++)
        out[*size - 1 - i] = data[i];
    free(data);
    return out;
}

static void *churn(void *unused)
{
    for (int i = 0; i < 20000; i++)
        free(realloc(malloc((size_t)(i * 37 % 3000)), (size_t)(i * 53 % 5000 + 1)));
    return unused;
}

static void *count(void *number)
{
    for (int i = 0; i < 1000; i++)
        ++*(int *)number;
    return NULL;
}

static void faulty(const char *fault, unsigned char *data, size_t size)
{
    volatile int most = INT_MAX;
    volatile size_t at = size;
    if (!strcmp(fault, "overflow"))
        seen = data[at];
    if (!strcmp(fault, "after free")) {
        free(data);
        seen = data[at / 2];
        exit(0);
    }
    if (!strcmp(fault, "twice")) {
        free(data);
        free(data);
    }
    if (!strcmp(fault, "libc overflow"))
        memset(data, 0, at + 1);
    if (!strcmp(fault, "read overflow")) { /* found in the sanitizer's own wrapper of a call that is hooked */
        FILE *file = fopen("/dev/zero", "rb");
        at = fread(data, 1, at + 9, file);
        fclose(file);
    }
    if (!strcmp(fault, "leak")) {
        kept = malloc(12345);
        kept = NULL;
    }
    if (!strcmp(fault, "race")) {
        static int number;
        pthread_t thread;
        pthread_create(&thread, NULL, count, &number);
        count(&number);
        pthread_join(thread, NULL);
    }
    if (!strcmp(fault, "arithmetic"))
        seen = most + 1;
}

int main(int argc, char **argv)
{
    size_t size;
    unsigned char *data = turned_over(argv[1], &size);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, churn, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    FILE *file = fopen("a.out.png", "wb");
    fwrite(data, 1, size, file);
    fclose(file);
    printf("%zu bytes\n", size);
    fflush(stdout);
    if (argc > 2)
        faulty(argv[2], data, size);
    if (!argv[2] || strcmp(argv[2], "twice") != 0)
        free(data);
    return 0;
}
