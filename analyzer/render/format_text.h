/* SPDX-License-Identifier: MIT
 * Owns: text of unknown origin as it can be shown: valid UTF-8, nothing that controls a terminal.
 * Must not know: where it is shown. */
#ifndef ANALYZER_RENDER_FORMAT_TEXT_H
#define ANALYZER_RENDER_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Length of the valid UTF-8 sequence at text, which ends with NUL; 0 when there is none. */
size_t format_utf8_bytes(const char *text, uint32_t *code_point);
/* Writes text of unknown origin on one terminal line: control characters, invalid bytes and marks that reorder or
 * break lines are escaped (\n, \x1b, \u{202e}); with ascii everything beyond ASCII is. NULL is written "?". */
void format_text(FILE *out, const char *text, bool ascii);
/* The same in memory, for who has more to replace in it; the caller's. NULL: out of memory. */
char *format_text_copy(const char *text);

#endif
