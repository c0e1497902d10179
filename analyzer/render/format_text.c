/* SPDX-License-Identifier: MIT
 * Owns: text of unknown origin as it can be shown.
 * Must not know: where it is shown. */
#include "analyzer/render/format_text.h"

#include <stdlib.h>
#include <string.h>

size_t format_utf8_bytes(const char *text, uint32_t *code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf8 ? 4 : 0;
    if (!length || !at[0])
        return 0;
    uint32_t value = length == 1 ? at[0] : at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) /* also stops at the terminating NUL */
            return 0;
        value = value << 6 | (at[i] & 0x3fu);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code_point = value;
    return length;
}

static bool in_range(uint32_t value, uint32_t first, uint32_t last)
{
    return value >= first && value <= last;
}

/* Control characters, and marks that turn or break the line they stand in. */
static bool disturbs_terminal(uint32_t value)
{
    return value < 0x20 || in_range(value, 0x7f, 0x9f) || value == 0x61c || in_range(value, 0x200b, 0x200f) ||
           in_range(value, 0x2028, 0x202e) || in_range(value, 0x2060, 0x206f) || value == 0xfeff;
}

void format_text(FILE *out, const char *text, bool ascii)
{
    if (!text)
        text = "?";
    while (*text) {
        uint32_t value = 0;
        size_t length = format_utf8_bytes(text, &value);
        if (!length)
            fprintf(out, "\\x%02x", (unsigned char)*text);
        else if (value == '\n' || value == '\t' || value == '\r')
            fprintf(out, "\\%c", value == '\n' ? 'n' : value == '\t' ? 't' : 'r');
        else if (value < 0x80 && disturbs_terminal(value))
            fprintf(out, "\\x%02x", (unsigned)value);
        else if (disturbs_terminal(value) || (ascii && value >= 0x80))
            fprintf(out, "\\u{%x}", (unsigned)value);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
}

char *format_text_copy(const char *text)
{
    char *copy = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&copy, &bytes);
    if (!memory)
        return NULL;
    format_text(memory, text, false);
    if (fclose(memory) == 0)
        return copy;
    free(copy);
    return NULL;
}
