/* SPDX-License-Identifier: MIT
 * Owns: what the parts of the text report share: the page, its tree rows, what several sections show.
 * Must not know: records. For analyzer/render/text/ only. */
#ifndef ANALYZER_RENDER_TEXT_PARTS_H
#define ANALYZER_RENDER_TEXT_PARTS_H

#include "analyzer/render/format_units.h"
#include "analyzer/render/render.h"

struct page {
    FILE *out;
    const struct metrics *metrics;
    const struct render_options *options;
    const char *arrow, *branch, *last_branch, *bar;
};

/* Starts a row below a "- " line; the caller writes its text and the line end. Depth 2 rows stand below a depth 1 row
 * that is not its section's last. */
void render_text_row(const struct page *page, int depth, bool last);
/* Writes text of unknown origin. */
void render_text_foreign(const struct page *page, const char *text);
/* The last part of the path of an image's first input, else output; without either, whose attempt it was. */
void render_text_image_name(const struct page *page, uint32_t id);
/* What was retained of the pictures, behind the figures of n of them. */
void render_text_retained(const struct page *page, const struct retained *retained, uint64_t n);
/* What one image lost, where its settings and file disagree, what its output's file says: rows of the list of images.
 */
void render_text_image_facts(const struct page *page, const struct image *image);

#endif
