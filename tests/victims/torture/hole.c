/* SPDX-License-Identifier: MIT
 * Owns: a program that gives address space back for a while and takes the same range again, as allocators and virtual
 * machines do: in between nobody may be there. Must not know: the profiler. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGES 64
#define BYTES (PAGES * 4096)

static unsigned wrong;

static void work(int n)
{
    char name[32];
    snprintf(name, sizeof name, "%d.png", n);
    FILE *file = fopen(name, "wb");
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, file);
    fclose(file);
}

static void *thread(void *number)
{
    work((int)(long)number);
    return NULL;
}

int main(void)
{
    for (int n = 0; n < 50; n++) {
        char *range = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        unsigned char present[PAGES];
        munmap(range, BYTES);
        work(n);
        for (int page = 0; page < PAGES; page++)
            wrong += mincore(range + page * 4096, 4096, present) == 0 || errno != ENOMEM;
        if (mmap(range, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != range)
            return 2;
        memset(range, n, BYTES);
        pthread_t other; /* its stack is no concern of the range's: that is taken */
        pthread_create(&other, NULL, thread, (void *)(long)n);
        pthread_join(other, NULL);
        work(n);
        for (int i = 0; i < BYTES; i++)
            wrong += range[i] != (char)n;
        munmap(range, BYTES);
    }
    printf("%u wrong\n", wrong);
    return wrong != 0;
}
