/* SPDX-License-Identifier: MIT
 * Owns: a program that reads and writes FILEs by every function, with every kind of buffer.
 * Must not know: the profiler. */
#include "tests/victims/parts/ways.h"

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

int main(void)
{
    static const struct way ways[] = {
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
    };
    run_all(ways, sizeof ways / sizeof *ways);
    return 5;
}
