/* SPDX-License-Identifier: MIT
 * Owns: a program that changes its root directory or its user between its transfers; argv[1] says which.
 * Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int transfer(const char *name)
{
    char line[64];
    int good = 0;
    for (int i = 0; i < 400; i++) {
        int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
        good += fd >= 0 && write(fd, "GIF89a, twenty bytes", 20) == 20 && lseek(fd, 0, SEEK_SET) == 0 &&
                read(fd, line, 64) == 20 && close(fd) == 0;
        free(malloc(100000));
    }
    return good;
}

static void roots(void)
{
    int before = transfer("outside");
    mkdir("root", 0755);
    mkdir("root/below", 0755);
    int outside = open(".", O_RDONLY | O_DIRECTORY);
    int made = chroot("root"), moved = chdir("/below");
    int inside = transfer("inside"), absolute = transfer("/absolute");
    int back = fchdir(outside); /* the well-known way out */
    int after = transfer("outside-again");
    printf("%d %d %d %d %d %d %d\n", before, made, moved, inside, absolute, back, after);
}

static void users(int early)
{
    int before = early ? 0 : transfer("as-root");
    int groups = setgroups(0, NULL), group = setgid(65534), user = setuid(65534);
    int after = transfer("as-nobody");
    int refused = transfer("as-root");
    printf("%d %d %d %d %d %d %u\n", before, groups, group, user, after, early ? -1 : refused, getuid());
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    umask(022);
    if (strcmp(how, "chroot") == 0)
        roots();
    if (strcmp(how, "setuid") == 0)
        users(count > 2 && strcmp(arguments[2], "early") == 0);
    return 5;
}
