/* SPDX-License-Identifier: MIT
 * Owns: what a trace says while it is being written: files that images were read from and written to so far.
 * Must not know: inference; terminals. A glance, not a report: files are counted as they are closed. */
#ifndef ANALYZER_RUN_FOLLOW_H
#define ANALYZER_RUN_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

struct follow_glance {
    uint64_t written;             /* image files that were written and closed */
    uint64_t bytes_in, bytes_out; /* of image files that were read, each once; were written */
    uint32_t working;             /* processes alive that have had an image file in hand */
    char current[256];            /* last part of the path of the newest image file, or "" */
};

struct follow; /* opaque */
/* Follows a trace directory, which need not be there yet. */
struct follow *follow_begin(const char *trace);
/* Reads what has come since, at most some megabytes of it. */
void follow_read(struct follow *follow, struct follow_glance *glance);
void follow_end(struct follow *follow);

#endif
