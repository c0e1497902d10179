/* SPDX-License-Identifier: MIT
 * Owns: what the parts of the text report share: the page, its tree rows, one function per section.
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
void render_text_workers(const struct page *page);
void render_text_value(const struct page *page);
void render_text_findings(const struct page *page);
void render_text_sizes(const struct page *page);
void render_text_memory(const struct page *page);
/* Named moments and spans, front end, sidecar: nothing where a run has none. */
void render_text_marks(const struct page *page);
void render_text_trust(const struct page *page);
/* What a run without images did instead. */
void render_text_nothing(const struct page *page);
void render_text_images(const struct page *page);
/* What was retained of the pictures; and behind the figures of n of them. */
void render_text_quality(const struct page *page);
void render_text_retained(const struct page *page, const struct retained *retained, uint64_t n);
/* What was lost between inputs and outputs, and where settings and files disagree. */
void render_text_facts(const struct page *page);
/* The same of one image, and what its output's file says: rows of the list of images. */
void render_text_image_facts(const struct page *page, const struct image *image);

#endif
