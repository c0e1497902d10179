/* SPDX-License-Identifier: MIT
 * Owns: a program that moves about in FILEs, reopens and shares them, and asks them for what they cannot.
 * Must not know: the profiler. */
#include <pthread.h>
#include <sys/wait.h>
#include <wchar.h>

#include "tests/victims/parts/ways.h"

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

/* Skips inside the buffer, forwards and back. */
static void skipping_reader(void)
{
    FILE *in = open_it("r");
    for (int i = 0; i < 300; i++) {
        taken += (long)fread(text, 1, 100, in);
        check(fseek(in, i % 3 ? 70 : -40, SEEK_CUR) == 0, "fseek");
        for (int byte = 0; byte < 20; byte++)
            taken += getc_unlocked(in) != EOF;
    }
    fclose(in);
}

/* What inlined macros put after a move. */
static void macros_after_moves(void)
{
    FILE *out = open_it("w");
    for (int i = 0; i < 3; i++) {
        for (int byte = 0; byte < 3000; byte++)
            given += putc_unlocked('x', out) == 'x';
        check(fseek(out, i * 100, SEEK_SET) == 0, "fseek");
    }
    for (int byte = 0; byte < 5000; byte++)
        given += putc_unlocked('y', out) == 'y';
    fclose(out);
    FILE *in = fopen(name, "r");
    check(fseek(in, 1000, SEEK_SET) == 0, "fseek");
    for (int byte = 0; byte < 100; byte++)
        taken += getc_unlocked(in) != EOF;
    rewind(in);
    while (getc_unlocked(in) != EOF)
        taken++;
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
    FILE *out = open_it("w");
    given += (long)fwrite(text, 1, 5000, out);
    memory = open_memstream(&made, &bytes);
    memory->_fileno = fileno(out); /* what the memory of a FILE of memory held before: libc does not set it */
    for (int i = 0; i < 1000; i++)
        fputs("not in the file", memory);
    fflush(memory);
    rewind(memory);
    fclose(memory);
    free(made);
    given += (long)fwrite(text, 1, 5000, out);
    fclose(out);
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
    static const struct way ways[] = {
        {"reader", moving_reader},
        {"skips", skipping_reader},
        {"moves", macros_after_moves},
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
    run_all(ways, sizeof ways / sizeof *ways);
    return 5;
}
