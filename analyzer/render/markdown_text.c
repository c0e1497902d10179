/* SPDX-License-Identifier: MIT
 * Owns: text of unknown origin in Markdown.
 * Must not know: reports. */
#include "analyzer/render/markdown_text.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/render/format_units.h"

void markdown_text(FILE *out, const char *text)
{
    char *line = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&line, &bytes);
    if (!memory)
        return;
    format_text(memory, text, false);
    if (fclose(memory) == 0)
        for (const char *at = line; *at; at++) {
            if (*at == '<' || *at == '>' || *at == '&' || *at == '@' || *at == '#' || *at == '|' || *at == ':')
                fprintf(out, "&#%d;", *at);
            else if (strchr("\\`*_{}[]()!~$", *at))
                fprintf(out, "\\%c", *at);
            else
                fputc(*at, out);
        }
    free(line);
}
