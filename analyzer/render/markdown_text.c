/* SPDX-License-Identifier: MIT
 * Owns: text of unknown origin in Markdown.
 * Must not know: reports. */
#include "analyzer/render/markdown_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/render/format_text.h"

/* GitHub makes links of addresses, users and numbers in a text that is ready, where entities are characters again: a
 * comment makes two texts of one. */
#define APART "<!-- -->"

void markdown_text(FILE *out, const char *text)
{
    char *line = format_text_copy(text);
    for (const char *at = line; at && *at; at++) {
        if (*at == '@' || *at == '#')
            fprintf(out, "&#%d;" APART, *at);
        else if (!strncasecmp(at, "www.", 4))
            fprintf(out, "%c" APART, *at);
        else if (*at == '<' || *at == '>' || *at == '&' || *at == '|' || *at == ':')
            fprintf(out, "&#%d;", *at);
        else if (strchr("\\`*_{}[]()!~$", *at))
            fprintf(out, "\\%c", *at);
        else
            fputc(*at, out);
    }
    free(line);
}
