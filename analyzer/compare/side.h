/* SPDX-License-Identifier: MIT
 * Owns: one side of a comparison: the reports of a trace, of a set of runs, or of a file with a JSON report.
 * Must not know: the other side, statistics. */
#ifndef ANALYZER_COMPARE_SIDE_H
#define ANALYZER_COMPARE_SIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/metrics/figures/figures.h"

/* An image of the side's first run. Texts are the side's. */
struct side_image {
    char *source, *output; /* paths, or NULL: no file */
    char *format;          /* of the output */
    char *likeness;        /* format, size and dimensions of the input: "png 12345 640x480"; NULL = not known */
    char *setting;         /* "q=85", or "" */
    char *status;
    uint64_t bytes_in, bytes_out; /* or UNKNOWN */
    double busy_s;                /* NAN = unknown */
};

struct side_run {
    char *name;     /* of its trace or file */
    json_t *report; /* without images[], files[] and processes[] */
    unsigned round; /* of its session, from 1; 0 = it was in none */
};

struct side {
    char *path;
    struct side_run *runs;
    size_t runs_count, runs_capacity;
    char *session; /* which `imgbench run` made it, or NULL; sides with the same one were interleaved */
    struct side_image *images;
    size_t images_count, images_capacity;
};

/* False after one line on standard error. Release in any case. */
bool side_load(struct side *side, const char *path);
/* A run that has been read already. */
void side_add_run(struct side *side, const struct metrics *metrics, const char *name);
void side_release(struct side *side);

/* The JSON report as an object, without its long lists. NULL when memory ends. */
json_t *side_report(const struct metrics *metrics);

/* What a set of runs says of itself, in its directory; written by `imgbench run`. */
#define SIDE_SET_NAME   "set.json"
#define SIDE_SET_SCHEMA "imgbench-set/1"

#endif
