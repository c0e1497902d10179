/* SPDX-License-Identifier: MIT
 * Owns: the time from starting a program to its end, over many runs of it, one after the other.
 * Must not know: the profiler.
 * Usage: spawn COUNT [NAME=VALUE]... PROGRAM [ARGUMENT]...
 * Prints the lower quartile. Whatever else the machine does can only add to a run; but unlike a loop a start has no
 * floor that it keeps coming back to, address layout and page cache give each one its own, and the least is an oddity.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/victims/parts/clock.h"

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    char **command = argv + 2;
    while (count && *command && strchr(*command, '='))
        putenv(*command++);
    uint64_t *took_ns = count && *command ? calloc(count, sizeof *took_ns) : NULL;
    posix_spawn_file_actions_t quiet;
    if (!took_ns || posix_spawn_file_actions_init(&quiet)) {
        fprintf(stderr, "usage: spawn COUNT [NAME=VALUE]... PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    posix_spawn_file_actions_addopen(&quiet, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    for (unsigned i = 0; i < count; i++) {
        pid_t pid;
        int status, error;
        uint64_t start_ns = wall_now();
        error = posix_spawnp(&pid, *command, &quiet, NULL, command, environ);
        if (error || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "spawn: %s: %s\n", *command, error ? strerror(error) : "it failed");
            return 1;
        }
        took_ns[i] = wall_now() - start_ns;
    }
    qsort(took_ns, count, sizeof *took_ns, by_size);
    printf("value %.1f\ncalls %u\n", (double)took_ns[count / 4], count);
    return 0;
}
