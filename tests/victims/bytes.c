/* SPDX-License-Identifier: MIT
 * Owns: a victim: known numbers of bytes through every way to read and write a file. It decodes nothing and writes
 * nothing but its outputs; each output is a copy of its input. Ends with code 7.
 * Must not know: the profiler. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/victims/parts/journal.h"

#define BYTES ((size_t)300007) /* of every file; not a multiple of any buffer */
#define PART  ((size_t)4999)

static uint8_t data[BYTES];
static uint64_t read_bytes, written_bytes, mapped_bytes;

static void check(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static int open_file(char *name, const char *prefix, unsigned n, int flags)
{
    snprintf(name, 64, "%s_%u.webp", prefix, n);
    int fd = open(name, flags | O_CLOEXEC, 0644);
    check(fd >= 0, "open");
    return fd;
}

static size_t part_at(size_t at)
{
    return BYTES - at < PART ? BYTES - at : PART;
}

static void by_read_write(int in, int out)
{
    for (size_t at = 0; at < BYTES; at += part_at(at))
        check(read(in, data + at, part_at(at)) == (ssize_t)part_at(at), "read");
    check(read(in, data, 1) == 0, "read at the end");
    for (size_t at = 0; at < BYTES; at += part_at(at))
        check(write(out, data + at, part_at(at)) == (ssize_t)part_at(at), "write");
    read_bytes += BYTES;
    written_bytes += BYTES;
}

/* The first part is read twice: its bytes count twice, the file's length does not. */
static void by_pread_pwrite(int in, int out)
{
    check(pread(in, data, PART, 0) == (ssize_t)PART, "pread");
    for (size_t at = 0; at < BYTES; at += part_at(at))
        check(pread(in, data + at, part_at(at), (off_t)at) == (ssize_t)part_at(at), "pread");
    for (size_t at = 0; at < BYTES; at += part_at(at))
        check(pwrite(out, data + at, part_at(at), (off_t)at) == (ssize_t)part_at(at), "pwrite");
    read_bytes += PART + BYTES;
    written_bytes += BYTES;
}

static void by_readv_writev(int in, int out)
{
    struct iovec parts[3] = {{data, 12}, {data + 12, 100000}, {data + 100012, BYTES - 100012}};
    check(readv(in, parts, 3) == (ssize_t)BYTES, "readv");
    check(writev(out, parts, 3) == (ssize_t)BYTES, "writev");
    read_bytes += BYTES;
    written_bytes += BYTES;
}

static void by_stdio(int in, int out)
{
    FILE *reader = fdopen(in, "rb"), *writer = fdopen(out, "wb");
    check(reader && writer, "fdopen");
    for (size_t at = 0; at < BYTES; at += part_at(at))
        check(fread(data + at, 1, part_at(at), reader) == part_at(at), "fread");
    check(getc(reader) == EOF, "getc");
    for (size_t at = 0; at < BYTES; at += part_at(at))
        check(fwrite(data + at, 1, part_at(at), writer) == part_at(at), "fwrite");
    check(fclose(reader) == 0 && fclose(writer) == 0, "fclose");
    read_bytes += BYTES;
    written_bytes += BYTES;
}

static void by_mmap(int in, int out)
{
    uint8_t *map = mmap(NULL, BYTES, PROT_READ, MAP_PRIVATE, in, 0);
    check(map != MAP_FAILED, "mmap");
    memcpy(data, map, BYTES);
    munmap(map, BYTES);
    check(write(out, data, BYTES) == (ssize_t)BYTES, "write");
    mapped_bytes += BYTES;
    written_bytes += BYTES;
}

int main(void)
{
    static const struct {
        void (*copy)(int in, int out);
        int closes;
    } ways[] = {{by_read_write, 0}, {by_pread_pwrite, 0}, {by_readv_writev, 0}, {by_stdio, 1}, {by_mmap, 0}};
    journal_begin("bytes");
    for (unsigned n = 0; n < sizeof ways / sizeof *ways; n++) {
        char input[64], output[64];
        int in = open_file(input, "in", n, O_RDONLY);
        int out = open_file(output, "out", n, O_WRONLY | O_CREAT | O_TRUNC);
        ways[n].copy(in, out);
        if (!ways[n].closes)
            check(close(in) == 0 && close(out) == 0, "close");
        journal_line("{\"line\":\"copy\",\"input\":\"%s\",\"output\":\"%s\",\"bytes\":%zu}", input, output, BYTES);
    }
    journal_line("{\"line\":\"io\",\"read_bytes\":%lu,\"written_bytes\":%lu,\"mapped_bytes\":%lu}", read_bytes,
                 written_bytes, mapped_bytes);
    journal_end(7);
    exit(7);
}
