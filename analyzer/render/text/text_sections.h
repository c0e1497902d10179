/* SPDX-License-Identifier: MIT
 * Owns: the sections of the text report, one function each: text.c says in which order.
 * Must not know: what stands in them. */
#ifndef ANALYZER_RENDER_TEXT_TEXT_SECTIONS_H
#define ANALYZER_RENDER_TEXT_TEXT_SECTIONS_H

#include "analyzer/render/text/text_parts.h"

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
/* What was retained of the pictures. */
void render_text_quality(const struct page *page);
/* What was lost between inputs and outputs, and where settings and files disagree. */
void render_text_facts(const struct page *page);

#endif
