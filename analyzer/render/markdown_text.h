/* SPDX-License-Identifier: MIT
 * Owns: text of unknown origin in Markdown.
 * Must not know: reports. */
#ifndef ANALYZER_RENDER_MARKDOWN_TEXT_H
#define ANALYZER_RENDER_MARKDOWN_TEXT_H

#include <stdio.h>

/* Control characters as in the text report, then all that Markdown or HTML would act on: it cannot end a cell or a
 * line, or become markup. An @ or a # would mention people and issues. */
void markdown_text(FILE *out, const char *text);

#endif
