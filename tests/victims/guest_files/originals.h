/* SPDX-License-Identifier: MIT
 * Owns: what victims that lose files from before they began have in common: such a file, and saying what a call did.
 * Must not know: the profiler. */
#ifndef TESTS_VICTIMS_GUEST_ORIGINALS_H
#define TESTS_VICTIMS_GUEST_ORIGINALS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES 100000

/* Last read and changed so many seconds after a morning in 2001: an open that reads it would change the former. */
static void make(const char *name, int second)
{
    static char content[BYTES];
    snprintf(content, sizeof content, "%s of %d", name, second);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(fd, content, sizeof content) != (ssize_t)sizeof content)
        puts("cannot be made");
    close(fd);
    struct timespec times[2] = {{1000000000 + second, 5}, {1000000000 + second, 7}};
    utimensat(AT_FDCWD, name, times, 0);
}

static void tell(const char *what, int result)
{
    printf("%s %d errno %d\n", what, result, errno);
    errno = 77;
}

static void tell_file(const char *name)
{
    struct stat status = {0};
    int error = lstat(name, &status);
    printf("%s: %d %lld bytes, %d names, changed %lld.%09ld, read %lld\n", name, error, (long long)status.st_size,
           (int)status.st_nlink, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
           (long long)status.st_atim.tv_sec);
    errno = 77;
}

#endif
