/* SPDX-License-Identifier: MIT
 * Owns: what the parts of the HTML report share.
 * Must not know: records. For analyzer/render/html/ only. */
#ifndef ANALYZER_RENDER_HTML_PARTS_H
#define ANALYZER_RENDER_HTML_PARTS_H

#include "analyzer/render/render.h"

/* A stream that writes JSON to out so that no HTML parser sees anything in it: <, >, & and the line ends of Unicode
 * become \u escapes, which is the same JSON, for these only occur in its strings. Close it before out; NULL when memory
 * ends. */
FILE *html_escaping(FILE *out);

/* {"count":…, "columns":[…]}: the images as columns, see docs/report.md. Returns 0, or -1 when memory ended. */
int html_images(const struct metrics *metrics, FILE *out);

#endif
