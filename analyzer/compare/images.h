/* SPDX-License-Identifier: MIT
 * Owns: which image of one side is which of the other.
 * Must not know: figures, where images come from. */
#ifndef ANALYZER_COMPARE_IMAGES_H
#define ANALYZER_COMPARE_IMAGES_H

#include "analyzer/compare/side.h"

/* By what two images were taken for the same, surest first: source and output, source and format, source, what the
 * source is. */
enum image_match { MATCH_PATHS, MATCH_FORMAT, MATCH_SOURCE, MATCH_LIKENESS };
struct image_pair {
    size_t old, new; /* places in the sides' images */
    enum image_match match;
};
struct image_pairs {
    struct image_pair *list; /* in the order of the old side */
    size_t list_count, list_capacity;
    size_t only_old, only_new; /* images without a partner */
};

/* Paths count from the directory that all sources, or all outputs, of a side have in common. A path of the old side
 * that begins with map_from begins with map_to instead (NULL: none does). An image has at most one partner. */
void images_match(const struct side *old, const struct side *new, const char *map_from, const char *map_to,
                  struct image_pairs *pairs);
void images_release(struct image_pairs *pairs);

#endif
