/* SPDX-License-Identifier: MIT
 * Owns: what a renderer of a comparison is.
 * Must not know: traces. Renderers format and compute nothing. */
#ifndef ANALYZER_COMPARE_RENDER_H
#define ANALYZER_COMPARE_RENDER_H

#include <stdio.h>

#include "analyzer/compare/comparison.h"

struct compare_options {
    bool ascii;
    size_t top; /* rows of images and of exploratory figures; 0 = all */
    const char *tool_version;
};
struct compare_renderer {
    const char *name;
    /* Returns 0, or -1 when the output failed. */
    int (*report)(const struct comparison *comparison, const struct compare_options *options, FILE *out);
};
extern const struct compare_renderer compare_text, compare_json, compare_md, compare_html;

#endif
