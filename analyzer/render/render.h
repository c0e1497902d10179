/* SPDX-License-Identifier: MIT
 * Owns: what a renderer is.
 * Must not know: records, files. Renderers format and compute nothing. */
#ifndef ANALYZER_RENDER_H
#define ANALYZER_RENDER_H

#include <stdio.h>

#include "analyzer/metrics/figures/figures.h"

struct render_options {
    bool ascii;     /* draw trees without UTF-8 */
    bool images;    /* text: the per-image table */
    bool no_images; /* json: leave images[] out */
    size_t top;     /* rows of per-image tables; 0 = all */
    const char *tool_version;
};

struct renderer {
    const char *name;
    const char *summary;
    /* Returns 0, or -1 when the output failed. */
    int (*report)(const struct metrics *metrics, const struct render_options *options, FILE *out);
};
extern const struct renderer render_text, render_json, render_csv, render_md, render_html;

#endif
