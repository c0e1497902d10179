/* SPDX-License-Identifier: MIT
 * Owns: a program with functions of its own that are called like libc's. Must not know: the profiler. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int open(const char *path, int flags, ...)
{
    printf("own open of %s %d\n", path, flags);
    return -1;
}

FILE *fopen(const char *path, const char *mode)
{
    printf("own fopen of %s %s\n", path, mode);
    return NULL;
}

int main(void)
{
    printf("%d\n", open("/dev/null", O_RDONLY));
    printf("%d\n", open64("/dev/null", O_RDONLY) >= 0);
    printf("%d\n", fopen("/dev/null", "r") != NULL);
    printf("%d\n", fopen64("/dev/null", "r") != NULL);
    return 5;
}
