/* SPDX-License-Identifier: MIT
 * Owns: the numbers of reports by their JSON paths, and what each of them is.
 * Must not know: where reports come from, statistics. */
#ifndef ANALYZER_COMPARE_FIGURES_H
#define ANALYZER_COMPARE_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Stages with a smaller part of an image's time are not asked about: nobody would act on them, and each question makes
 * the others harder to answer. */
#define FIGURE_STAGE_LEAST 0.01

enum figure_kind { FIGURE_EXACT, FIGURE_MEASURED };
enum figure_better { FIGURE_NEITHER, FIGURE_LOWER, FIGURE_HIGHER };
enum figure_unit { FIGURE_NUMBER, FIGURE_SECONDS, FIGURE_BYTES, FIGURE_RATIO };

/* What the path of a figure says about it. `asked`: one of the few that a comparison is about (docs/report.md). */
struct figure_class {
    enum figure_kind kind;
    enum figure_better better;
    enum figure_unit unit;
    bool asked;
};

/* False where what lies at the path is no figure: an id, a moment, the machine. */
bool figures_classify(const char *path, struct figure_class *class);

/* One number of a report, in each of some reports. */
struct figure {
    char *path; /* as in --fail-if: formats.webp.size_ratio, conversions[from=png,to=webp].n */
    struct figure_class class;
    double *values; /* one per report; NAN = null, or not in it */
};
struct figures {
    struct figure *list; /* in the order of the report */
    size_t list_count, list_capacity;
    size_t reports; /* values of each */
    json_t *places; /* path to index */
};

/* Room for the figures of so many reports. Release in any case. */
void figures_begin(struct figures *figures, size_t reports);
/* All numbers of a report, as its `place`-th. */
void figures_add(struct figures *figures, size_t place, const json_t *report);
const struct figure *figures_find(const struct figures *figures, const char *path);
void figures_release(struct figures *figures);

#endif
