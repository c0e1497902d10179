/* SPDX-License-Identifier: MIT
 * Owns: which rows a comparison has for people, and the words in them: the same in text, Markdown and HTML.
 * Must not know: layout. */
#ifndef ANALYZER_COMPARE_WORDS_H
#define ANALYZER_COMPARE_WORDS_H

#include "analyzer/compare/comparison.h"
#include "analyzer/render/format_units.h"

enum words_section {
    WORDS_ASKED,      /* duration, means of stages, peak memory */
    WORDS_EXACT,      /* sizes, settings, counts that differ */
    WORDS_EXPLORATORY /* other figures that differ by their own p: one of 20 does so by chance */
};
/* Places of the section's rows in comparison->list, the largest changes of the latter two first. Returns how many; the
 * caller frees *places. */
size_t words_rows(const struct comparison *comparison, enum words_section section, size_t **places);

/* Cells of a row. */
struct formatted words_value(const struct compared_figure *row, double value);
struct formatted words_change(const struct compared_figure *row, bool ascii);   /* "-12.0%", "n/a" */
struct formatted words_interval(const struct compared_figure *row, bool ascii); /* "-14.1% to -9.8%", "" */
struct formatted words_p(const struct compared_figure *row);                    /* "p=0.014", "" */
const char *words_verdict(const struct compared_figure *row); /* "better", "~", "?", "" of exact ones */

/* Pairs whose outputs' sizes differ most, largest change of bytes first; those with the same bytes are left out. */
size_t words_pairs(const struct comparison *comparison, size_t **places);

/* "2 single runs: …": how far the figures can be trusted, in one or two sentences. The caller frees it. */
char *words_design(const struct comparison *comparison);

#endif
