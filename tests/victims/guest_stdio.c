/* SPDX-License-Identifier: MIT
 * Owns: a program that uses FILEs in every way, each way with a file of its own. On descriptor 3 it says of each what
 * it took and gave, and what the kernel counted for it meanwhile. Must not know: the profiler. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

static void by_getc(void)
{
    FILE *in = open_it("r");
    while (fgetc(in) != EOF)
        taken++;
    check(feof(in) && getc(in) == EOF, "end");
    fclose(in);
}

/* Inlined: only what finds the buffer empty is a call. */
static void by_macro(void)
{
    FILE *in = open_it("r");
    while (getc_unlocked(in) != EOF)
        taken++;
    fclose(in);
    in = fopen(name, "r");
    for (int i = 0; i < 777; i++)
        taken += getc_unlocked(in) != EOF;
    fclose(in);
}

static void by_macro_out(void)
{
    FILE *out = open_it("w");
    for (int i = 0; i < 20000; i++)
        given += putc_unlocked("GIF89a"[i % 6], out) != EOF;
    fclose(out);
}

static void pushed_back(void)
{
    FILE *in = open_it("r");
    for (int i = 0; i < 2000; i++) {
        int byte = fgetc(in);
        check(ungetc(byte, in) == byte && fgetc(in) == byte, "pushed back");
        taken += 2;
    }
    for (int i = 0; i < 200; i++) { /* more than one, and others than were read */
        for (char c = 'a'; c < 'f'; c++)
            check(ungetc(c, in) == c, "pushed back");
        for (char c = 'e'; c >= 'a'; c--)
            check(fgetc(in) == c, "taken again");
        check(fgetc(in) != EOF, "and on");
        taken += 6;
    }
    fclose(in);
}

static void by_lines(void)
{
    char *line = NULL, part[100];
    size_t room = 0;
    ssize_t n;
    FILE *in = open_it("r");
    for (int i = 0; i < 20; i++) /* zeros inside: what was taken is not the length of the text */
        check(fgets(part, sizeof part, in) != NULL, "fgets");
    taken += ftell(in);
    for (int i = 0; i < 50 && (n = getline(&line, &room, in)) > 0; i++)
        taken += n;
    while ((n = getdelim(&line, &room, 'e', in)) > 0)
        taken += n;
    free(line);
    fclose(in);
}

static void by_format(void)
{
    int number;
    char word[50];
    FILE *out = open_it("w");
    for (int i = 0; i < 3000; i++)
        given += fprintf(out, "%d w%d ", i, i * 7);
    fclose(out);
    FILE *in = fopen(name, "r");
    while (fscanf(in, "%d %40s", &number, word) == 2)
        ;
    taken += given;
    fclose(in);
}

static void by_blocks(void)
{
    FILE *in = open_it("r");
    size_t n;
    for (int i = 0; (n = fread(text, 1, (size_t)(i * 37 % 9000), in)) > 0 || i == 0; i++)
        taken += (long)n;
    fclose(in);
    in = fopen(name, "r");
    taken += (long)fread(text, 7, 1000, in) * 7;
    taken += getw(in) != EOF ? 4 : 0;
    taken += (long)fread_unlocked(text, 1, 5, in);
    fclose(in);
}

static void by_everything_out(void)
{
    FILE *out = open_it("w");
    for (int i = 0; i < 700; i++) {
        given += (long)fwrite(text, 1, (size_t)(i * 13 % 6000), out);
        check(fputs("GIF89a\n", out) >= 0 && putw(i, out) == 0, "put");
        given += 7 + 4 + (putc('x', out) == 'x') + fprintf(out, "%*d", i % 50, i);
        given += (long)fwrite_unlocked(text, 3, 5, out) * 3;
        if (i % 100 == 99)
            check(fflush(out) == 0, "fflush");
    }
    fclose(out);
}

static void with_mode(int mode, char *memory, size_t bytes)
{
    FILE *out = open_it("w");
    setvbuf(out, memory, mode, bytes);
    for (int i = 0; i < 300; i++) {
        given += (long)fwrite(text, 1, (size_t)(i % 50), out) + fprintf(out, "line %d\n", i);
        given += fputc('\n', out) != EOF;
    }
    fclose(out);
    FILE *in = fopen(name, "r");
    setvbuf(in, memory, mode, bytes);
    for (int i = 0; i < 100; i++)
        taken += (fgetc(in) != EOF) + (long)fread(text, 1, 30, in);
    fclose(in);
}

static void unbuffered(void)
{
    with_mode(_IONBF, NULL, 0);
}
static void by_line(void)
{
    with_mode(_IOLBF, NULL, 1024);
}
static void large_buffer(void)
{
    static char memory[200000];
    with_mode(_IOFBF, memory, sizeof memory);
}

static void moving_reader(void)
{
    fpos_t place;
    FILE *in = open_it("r");
    taken += (long)fread(text, 1, 100, in);
    fgetpos(in, &place);
    for (int i = 0; i < 50; i++) {
        check(fseek(in, i * 997 % BYTES, SEEK_SET) == 0, "fseek");
        taken += (long)fread(text, 1, (size_t)(i % 7 * 20), in);
        check(fseeko(in, 50, SEEK_CUR) == 0, "fseeko");
        taken += fgetc(in) != EOF;
        check(fseek(in, 10000, SEEK_END) == 0 && fgetc(in) == EOF, "behind the end");
        check(fseek(in, -1, SEEK_SET) == -1 && errno == EINVAL, "before the beginning");
    }
    rewind(in);
    taken += (long)fread(text, 1, 5000, in);
    check(fsetpos(in, &place) == 0, "fsetpos");
    taken += (long)fread(text, 1, 5000, in);
    fclose(in);
}

static void moving_writer(void)
{
    FILE *out = open_it("w");
    for (int i = 0; i < 40; i++) {
        given += (long)fwrite(text, 1, 3000, out);
        check(fseek(out, i * 10, SEEK_SET) == 0, "fseek"); /* a header is filled in */
        given += (long)fwrite("GIF89a", 1, 6, out);
        check(fseeko(out, 0, SEEK_END) == 0, "fseeko");
    }
    fclose(out);
}

static void both_ways(void)
{
    FILE *both = open_it("r+");
    for (int i = 0; i < 50; i++) {
        taken += (long)fread(text, 1, 100, both);
        check(fseek(both, 0, SEEK_CUR) == 0, "fseek");
        given += (long)fwrite(text, 1, 50, both);
        check(fflush(both) == 0, "fflush");
        rewind(both);
        taken += fgetc(both) != EOF;
        check(fseek(both, i * 700, SEEK_SET) == 0, "fseek");
    }
    fclose(both);
}

static void appended(void)
{
    FILE *out = open_it("a");
    given += (long)fwrite(text, 1, 300, out);
    fclose(out);
    out = fopen(name, "a+");
    given += (long)fwrite(text, 1, 300, out);
    rewind(out);
    taken += (long)fread(text, 1, 1000, out);
    check(fseek(out, 0, SEEK_CUR) == 0, "fseek");
    given += fputs("tail", out) >= 0 ? 4 : 0;
    fclose(out);
}

static void reopened(void)
{
    FILE *out = open_it("w");
    given += (long)fwrite(text, 1, 500, out);
    out = freopen(name, "a", out);
    given += (long)fwrite(text, 1, 6000, out);
    check(freopen("/missing/file", "r", out) == NULL && errno == ENOENT, "freopen");
}

static void second_descriptor(void)
{
    FILE *first = open_it("w");
    given += (long)fwrite(text, 1, 500, first);
    fflush(first);
    FILE *second = fdopen(dup(fileno(first)), "w");
    given += (long)fwrite(text, 1, 700, second);
    fclose(second);
    given += (long)fwrite(text, 1, 300, first);
    fclose(first);
    check(fdopen(12345, "r") == NULL && errno == EBADF, "fdopen");
}

/* Locked from outside, each call is one. */
static FILE *common;
static int is_locked;
static void *puts_lines(void *line)
{
    for (int i = 0; i < 3000; i++) {
        if (is_locked)
            flockfile(common);
        fputs(line, common);
        if (is_locked)
            funlockfile(common);
    }
    return NULL;
}
static void *takes_bytes(void *count)
{
    int byte;
    do {
        if (is_locked)
            flockfile(common);
        byte = fgetc(common);
        *(long *)count += byte != EOF;
        if (is_locked)
            funlockfile(common);
    } while (byte != EOF);
    return NULL;
}
static void two_threads(void)
{
    pthread_t threads[2];
    long counts[2] = {0, 0};
    common = open_it("w");
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, puts_lines, "GIF89a is a line\n");
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    fclose(common);
    given = 2 * 3000 * 17;
    common = fopen(name, "r");
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, takes_bytes, &counts[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    fclose(common);
    taken = counts[0] + counts[1];
}
static void locked_threads(void)
{
    is_locked = 1;
    two_threads();
}
/* Who moved how much of what calls at once moved cannot be told. */
static void racing_threads(void)
{
    is_locked = 0;
    two_threads();
    check(taken == given, "bytes");
    taken = -1;
}

/* Parent and child each write what waited. */
static void forked(void)
{
    FILE *out = open_it("a");
    given += (long)fwrite(text, 1, 100, out);
    fflush(stdout);
    if (fork() == 0) {
        fputs("by the child", out);
        exit(fclose(out));
    }
    wait(NULL);
    aside = -112; /* what it wrote, and nothing that it read */
    given += fputs("by the parent", out) >= 0 ? 13 : 0;
    fclose(out);
}

static void refused(void)
{
    FILE *out = open_it("w");
    check(fgetc(out) == EOF && errno == EBADF, "fgetc");
    given += fputc('x', out) == 'x';
    fclose(out);
    FILE *in = fopen(name, "r");
    check(fputc('y', in) == EOF && errno == EBADF, "fputc");
    check(fprintf(in, "%d", 5) < 0, "fprintf");
    clearerr(in);
    taken += fgetc(in) == 'x';
    fclose(in);
    FILE *directory = fopen(".", "r");
    check(fgetc(directory) == EOF && errno == EISDIR, "directory");
    fclose(directory);
}

/* No descriptor behind them. */
static void in_memory(void)
{
    char *made = NULL;
    size_t bytes = 0;
    FILE *memory = fmemopen(text, 1000, "w+");
    fprintf(memory, "%d", 12345);
    rewind(memory);
    check(fgetc(memory) == '1', "fmemopen");
    fclose(memory);
    memory = open_memstream(&made, &bytes);
    fputs("something", memory);
    fclose(memory);
    check(bytes == 9, "open_memstream");
    free(made);
}

static void wide(void)
{
    FILE *out = open_it("w");
    fwprintf(out, L"%d wide %ls\n", 5, L"text");
    fputwc(L'x', out);
    fclose(out);
    FILE *in = fopen(name, "r");
    check(fgetwc(in) == L'5', "fgetwc");
    fclose(in);
    taken = -1; /* wide functions are not watched */
}

int main(void)
{
    static const struct {
        const char *name;
        void (*way)(void);
    } ways[] = {
        {"getc", by_getc},
        {"macro", by_macro},
        {"macro_out", by_macro_out},
        {"ungetc", pushed_back},
        {"lines", by_lines},
        {"format", by_format},
        {"blocks", by_blocks},
        {"everything", by_everything_out},
        {"unbuffered", unbuffered},
        {"by_line", by_line},
        {"large_buffer", large_buffer},
        {"reader", moving_reader},
        {"writer", moving_writer},
        {"both", both_ways},
        {"appended", appended},
        {"reopened", reopened},
        {"second", second_descriptor},
        {"locked", locked_threads},
        {"racing", racing_threads},
        {"forked", forked},
        {"refused", refused},
        {"memory", in_memory},
        {"wide", wide},
    };
    memset(text, 0, sizeof text);
    int fd = open("source", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (long i = 0; i < BYTES; i += 10)
        dprintf(fd, i % 300 == 290 ? "lines ...\n" : i % 70 == 0 ? "zero%cs ab-" : "twentyabc-", 0);
    ftruncate(fd, BYTES);
    close(fd);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        run(ways[i].name, ways[i].way);
    name = "left";
    fputs("left in the buffer", open_it("w"));
    return 5;
}
