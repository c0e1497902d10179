/* SPDX-License-Identifier: MIT
 * Owns: a file that a command writes: under another name beside it, renamed when it is complete.
 * Must not know: what is written. */
#ifndef ANALYZER_OUTPUT_FILE_H
#define ANALYZER_OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct output_file {
    FILE *stream;
    const char *path;
    char *target;    /* what gets its name: path, or what the link leads to that path is; NULL as temporary is */
    char *temporary; /* NULL for standard output, and for what is no regular file (a pipe, a terminal) */
};

/* By the name "-", or another one that it has. */
bool output_file_is_standard(const char *path);
/* Returns false after one line on standard error. The path must live until the close. */
bool output_file_open(struct output_file *file, const char *path);
/* The same for a file of a trace, which may come from anywhere: what has this name, a link perhaps, is replaced. */
bool output_file_replace(struct output_file *file, const char *path);
/* Gives the file its name when it is complete, else removes it: what stood there before stays. `error` says why it is
 * not; 0 = it is. Returns false after one line when it could not be written whole. Standard output is left open. */
bool output_file_close(struct output_file *file, int error);
/* Instead of a close, without a line: removes it. For who has said why. */
void output_file_drop(struct output_file *file);

#endif
