/* SPDX-License-Identifier: MIT
 * Owns: two sides to what differs between them, and how sure that is.
 * Must not know: traces, formatting. Formulas are defined in docs/report.md, "Comparing runs". */
#ifndef ANALYZER_COMPARE_COMPARISON_H
#define ANALYZER_COMPARE_COMPARISON_H

#include "analyzer/compare/figures.h"
#include "analyzer/compare/images.h"
#include "analyzer/compare/side.h"
#include "analyzer/compare/texts.h"

enum verdict {
    VERDICT_EQUAL,     /* exact, and the same */
    VERDICT_BETTER,    /* exact or significant */
    VERDICT_WORSE,     /* exact or significant */
    VERDICT_DIFFERENT, /* exact or significant; neither way is better */
    VERDICT_NOISE,     /* "~": tested, and not significant */
    VERDICT_UNTESTED,  /* "?": too few runs to tell */
    VERDICT_ONE_SIDED  /* null on one side */
};
/* "equal", "better", …: the JSON value. */
const char *verdict_name(enum verdict verdict);

struct compared_figure {
    const struct figure *figure;
    bool exact;           /* no noise in it: the same in all runs of each side */
    bool asked;           /* among those that the comparison is about: p is adjusted for all of them */
    size_t n_old, n_new;  /* runs that have it */
    double old, new;      /* medians over runs; NAN = null */
    double ratio;         /* new ÷ old; NAN = null */
    double low, high;     /* of the ratio, 95 %; NAN = null */
    double p;             /* NAN = not tested */
    enum verdict verdict; /* of figures that were not asked: by their own p, exploratory */
};

/* How the runs of the two sides lie to each other. */
enum design {
    DESIGN_SINGLE,      /* one run on a side: times and memory cannot be told from noise */
    DESIGN_INTERLEAVED, /* rounds: what changed meanwhile is on both sides */
    DESIGN_APART        /* recorded apart: a drift of the machine is not excluded */
};
const char *design_name(enum design design);

struct comparison {
    const struct side *old_side, *new_side;
    enum design design;
    size_t rounds; /* that both sides are in */
    struct figures figures;
    struct compared_figure *list; /* in the order of the report */
    size_t list_count, list_capacity;
    size_t asked; /* how many were asked together */
    struct image_pairs images;
    uint64_t pairs_bytes_old,
        pairs_bytes_new; /* outputs of pairs that are ok on both sides and whose sizes are known */
    uint64_t pairs_sized;
    struct compared_texts texts;
};

/* The sides must outlive the result. map_from and map_to as images_match() takes them. */
void comparison_make(struct comparison *comparison, const struct side *old, const struct side *new,
                     const char *map_from, const char *map_to);
const struct compared_figure *comparison_find(const struct comparison *comparison, const char *path);
void comparison_release(struct comparison *comparison);

#endif
