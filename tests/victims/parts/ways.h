/* SPDX-License-Identifier: MIT
 * Owns: what victims share that use FILEs in many ways, each way with a file of its own. On descriptor 3 they say of
 * each what it took and gave, and what the kernel counted for it meanwhile. Must not know: the profiler. */
#ifndef VICTIMS_WAYS_H
#define VICTIMS_WAYS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTES 50000L /* of the file that all read */

static const char *name;
static long taken, given, aside; /* aside: what the kernel counted for other files, or a child */
static char text[10000];

static long raw(long number, long a, const void *b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

/* rchar and wchar of this process, asked past everything, and what asking will have added to rchar. */
static void kernel_counts(long counts[3])
{
    static char answer[500];
    long fd = raw(SYS_open, (long)"/proc/self/io", O_RDONLY, 0);
    counts[2] = raw(SYS_read, fd, answer, sizeof answer - 1);
    raw(SYS_close, fd, NULL, 0);
    sscanf(answer, "rchar: %ld\nwchar: %ld", &counts[0], &counts[1]);
}

struct way {
    const char *name;
    void (*go)(void);
};

static void run(const char *file, void (*way)(void))
{
    long before[3], after[3];
    char line[200];
    name = file;
    taken = given = aside = 0;
    kernel_counts(before);
    way();
    kernel_counts(after);
    if (taken < 0)
        return;
    int n = snprintf(line, sizeof line, "%s %ld %ld %ld %ld\n", file, taken, given,
                     after[0] - before[0] - before[2] - (aside > 0 ? aside : 0), after[1] - before[1] - labs(aside));
    if (write(3, line, (size_t)n) != n)
        _exit(6);
}

static void check(int good, const char *what)
{
    if (!good)
        printf("%s: %s\n", name, what);
}

/* Opens the way's file; for reading it is made first, without stdio. */
static FILE *open_it(const char *mode)
{
    if (*mode == 'r') {
        int fd = open("source", O_RDONLY);
        char *all = malloc(BYTES);
        check(pread(fd, all, BYTES, 0) == BYTES, "source");
        close(fd);
        fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        check(write(fd, all, BYTES) == BYTES, "copy");
        close(fd);
        free(all);
        aside = BYTES;
    }
    FILE *stream = fopen(name, mode);
    check(stream != NULL, "fopen");
    return stream;
}

static void run_all(const struct way *ways, size_t count)
{
    memset(text, 0, sizeof text);
    int fd = open("source", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (long i = 0; i < BYTES; i += 10)
        dprintf(fd, i % 300 == 290 ? "lines ...\n" : i % 70 == 0 ? "zero%cs ab-" : "twentyabc-", 0);
    ftruncate(fd, BYTES);
    close(fd);
    for (size_t i = 0; i < count; i++)
        run(ways[i].name, ways[i].go);
    name = "left";
    fputs("left in the buffer", open_it("w"));
}

#endif
