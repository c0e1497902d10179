/* SPDX-License-Identifier: MIT
 * Owns: a trace directory that a fuzzer fills again and again, and the way of it to all that is made of a trace.
 * Must not know: what is in the packets. */
#ifndef TESTS_FUZZ_REPORT_H
#define TESTS_FUZZ_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The directory, with as many processes as asked for; made once, in memory, and gone when the fuzzer is. */
const char *fuzz_directory(unsigned processes);
/* A file of it; NULL removes what was there. */
void fuzz_file(const char *name, const void *bytes, size_t count);
void fuzz_packet(unsigned process, unsigned stream, unsigned sequence, const void *bytes, size_t count);

/* Reads the directory as a trace and renders and exports it in every form. Ends the fuzzer where one form is not what
 * it says it is: JSON that does not parse, a text that holds what a terminal acts on. `all`: also what takes
 * milliseconds: the page for a browser and the database. */
void fuzz_report(bool all);
/* Reads the directory as a trace, and no more: a hundred times as often. Ends the fuzzer where time runs back,
 * or passing over the records finds others. */
void fuzz_read(void);

/* A stream into memory; fuzz_text() and its like take what was written, and must be called for each. */
struct fuzz_output {
    FILE *stream;
    char *text;
    size_t bytes;
};
FILE *fuzz_output(struct fuzz_output *output);
void fuzz_text(struct fuzz_output *output);  /* nothing that a terminal acts on but the ends of lines */
void fuzz_json(struct fuzz_output *output);  /* one object */
void fuzz_lines(struct fuzz_output *output); /* an object per line */
void fuzz_page(struct fuzz_output *output);  /* HTML; tags: only those that it had without a trace */
void fuzz_bytes(struct fuzz_output *output); /* anything */

#endif
