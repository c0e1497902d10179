/* SPDX-License-Identifier: MIT
 * Owns: the program that AFL++ runs: its argument is a packet file, of which it makes a trace, in memory, and calls
 * `imgbench report` on it. Many inputs per process where AFL++ is there to give them.
 * Must not know: records. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/commands/cmd.h"

#ifndef __AFL_LOOP
#define __AFL_LOOP(count) (!served++)
static int served;
#endif

static void copy(const char *from, const char *to)
{
    static char bytes[1 << 20];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t count = in < 0 || out < 0 ? -1 : read(in, bytes, sizeof bytes);
    if (count < 0 || write(out, bytes, (size_t)count) != count)
        err(1, "%s", from);
    close(in);
    close(out);
}

int main(int argc, char **argv)
{
    char root[64], process[80], packet[96];
    if (argc != 2)
        errx(2, "one packet file is needed");
    snprintf(root, sizeof root, "/dev/shm/imgbench-afl-%d", (int)getpid());
    snprintf(process, sizeof process, "%s/100-1", root);
    snprintf(packet, sizeof packet, "%s/0.0", process);
    if (mkdir(root, 0700) || mkdir(process, 0700))
        err(1, "%s", root);
    while (__AFL_LOOP(2000)) {
        char *words[] = {"imgbench report", "--images", "--md=/dev/null", "--json=/dev/zero", root, NULL};
        copy(argv[1], packet);
        cmd_report.run(sizeof words / sizeof *words - 1, words);
        fflush(stdout);
    }
    unlink(packet);
    rmdir(process);
    rmdir(root);
    return 0;
}
