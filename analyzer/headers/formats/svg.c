/* SPDX-License-Identifier: MIT
 * Owns: SVG 1.1 sections 5.1.2 (the root element), 7.2, 7.7 and 7.10 (size, viewBox, units); XML 1.0 sections 2.5, 2.6
 * and 2.8 (comments, processing instructions, prolog).
 * Must not know: drawings, entities, style sheets, encodings other than those that leave ASCII as it is. */
#include "analyzer/headers/formats/parsers.h"

#include <math.h>

#define PROLOG_MAX  65536 /* bytes in front of the root element */
#define SIZE_MAX_PX 1e9

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct header_bytes in, size_t *at)
{
    while (header_has(in, *at, 1) && is_space(in.data[*at]))
        ++*at;
}

/* Behind the next such text; false when it does not come. */
static bool skip_past(struct header_bytes in, size_t *at, const char *text, size_t text_bytes)
{
    for (; header_has(in, *at, text_bytes); ++*at)
        if (header_text_at(in, *at, text, text_bytes)) {
            *at += text_bytes;
            return true;
        }
    return false;
}

/* Behind a document type declaration, whose internal subset may hold further ones, quoted text and comments. */
static bool skip_doctype(struct header_bytes in, size_t *at)
{
    for (unsigned depth = 0; header_has(in, *at, 1);) {
        uint8_t c = in.data[(*at)++];
        if (c == '"' || c == '\'') {
            if (!skip_past(in, at, (const char *)&c, 1))
                return false;
        } else if (c == '<' && HEADER_TEXT_AT(in, *at, "!--")) {
            if (!skip_past(in, at, "-->", 3))
                return false;
        } else if (c == '<' || c == '[') {
            depth++;
        } else if (c == '>' || c == ']') {
            if (--depth == 0)
                return true;
        }
    }
    return false;
}

static bool is_name_end(struct header_bytes in, size_t at)
{
    return header_has(in, at, 1) && (is_space(in.data[at]) || in.data[at] == '>' || in.data[at] == '/');
}

bool header_svg_root(struct header_bytes in, size_t *root)
{
    in = header_slice(in, 0, PROLOG_MAX);
    size_t at = HEADER_TEXT_AT(in, 0, "\xef\xbb\xbf") ? 3 : 0;
    for (skip_space(in, &at); header_has(in, at, 1) && in.data[at] == '<'; skip_space(in, &at)) {
        bool more;
        if (HEADER_TEXT_AT(in, at, "<?"))
            more = skip_past(in, &at, "?>", 2);
        else if (HEADER_TEXT_AT(in, at, "<!--"))
            more = skip_past(in, &at, "-->", 3);
        else if (HEADER_TEXT_AT(in, at, "<!DOCTYPE svg")) /* a long one may be all that a head has */
            more = skip_doctype(in, &at) || (at = in.count, false);
        else
            break;
        if (!more) {
            *root = in.count;
            return HEADER_TEXT_AT(in, 0, "<!DOCTYPE svg");
        }
    }
    *root = at;
    if (HEADER_TEXT_AT(in, at, "<svg") && is_name_end(in, at + 4))
        return true;
    /* A prefix of its own: <svg:svg> and the like. */
    for (size_t i = at + 1; HEADER_TEXT_AT(in, at, "<") && i < at + 32 && header_has(in, i, 1); i++)
        if (in.data[i] == ':')
            return HEADER_TEXT_AT(in, i, ":svg") && is_name_end(in, i + 4);
        else if (is_name_end(in, i) || in.data[i] == '<')
            break;
    return false;
}

/* A decimal number as XML writes it; false when there is none. Independent of the locale. */
static bool read_number(struct header_bytes in, size_t *at, double *number)
{
    double sign = 1, value = 0, scale = 1;
    bool digits = false;
    skip_space(in, at);
    if (header_has(in, *at, 1) && (in.data[*at] == '-' || in.data[*at] == '+'))
        sign = in.data[(*at)++] == '-' ? -1 : 1;
    for (bool fraction = false; header_has(in, *at, 1); ++*at) {
        uint8_t c = in.data[*at];
        if (c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        digits = true;
        if (fraction)
            scale /= 10;
        value = fraction ? value + scale * (c - '0') : value * 10 + (c - '0');
    }
    if (header_has(in, *at, 2) && (in.data[*at] | 32) == 'e' && in.data[*at + 1] != 'm' && in.data[*at + 1] != 'x') {
        int exponent = 0;
        ++*at;
        bool negative = in.data[*at] == '-';
        *at += negative || in.data[*at] == '+';
        for (; header_has(in, *at, 1) && in.data[*at] >= '0' && in.data[*at] <= '9'; ++*at)
            exponent = exponent < 30 ? exponent * 10 + (in.data[*at] - '0') : exponent;
        value *= pow(10, negative ? -exponent : exponent);
    }
    *number = sign * value;
    return digits;
}

/* A length in pixels at 96 per inch; NAN when it is relative or none. */
static double read_length(struct header_bytes value)
{
    static const struct {
        const char *name;
        double pixels;
    } units[] = {{"px", 1}, {"pt", 96.0 / 72}, {"pc", 16}, {"mm", 96 / 25.4}, {"cm", 96 / 2.54}, {"in", 96}};
    size_t at = 0;
    double number;
    if (!read_number(value, &at, &number))
        return NAN;
    skip_space(value, &at);
    if (at == value.count)
        return number;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (header_text_at(value, at, units[i].name, 2))
            return number * units[i].pixels;
    return NAN; /* %, em and the like */
}

static int64_t pixels(double length)
{
    return length > 0 && length < SIZE_MAX_PX ? (int64_t)ceil(length - 1e-6) : -1;
}

/* The third and fourth number: size of what the drawing is in. */
static void read_view_box(struct header_bytes value, double size[2])
{
    double numbers[4];
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        while (header_has(value, at, 1) && (is_space(value.data[at]) || value.data[at] == ','))
            at++;
        if (!read_number(value, &at, &numbers[i]))
            return;
    }
    size[0] = numbers[2];
    size[1] = numbers[3];
}

void header_svg_parse(struct header_bytes in, struct image_facts *facts)
{
    double size[2] = {NAN, NAN}, box[2] = {NAN, NAN};
    size_t at;
    facts->frames = 1;
    facts->palette = facts->progressive = 0;
    facts->icc = facts->exif = 0; /* of itself; raster images inside may have them */
    facts->orientation = 1;
    if (!header_svg_root(in, &at))
        return;
    while (header_has(in, at, 1) && !is_name_end(in, at))
        at++;
    for (;;) {
        skip_space(in, &at);
        size_t name = at;
        while (header_has(in, at, 1) && in.data[at] != '=' && !is_name_end(in, at))
            at++;
        size_t name_bytes = at - name;
        skip_space(in, &at);
        if (!name_bytes || !HEADER_TEXT_AT(in, at, "="))
            break;
        at++;
        skip_space(in, &at);
        if (!HEADER_TEXT_AT(in, at, "\"") && !HEADER_TEXT_AT(in, at, "'"))
            break;
        size_t value = at + 1;
        char quote = (char)in.data[at++];
        if (!skip_past(in, &at, &quote, 1))
            break;
        struct header_bytes text = header_slice(in, value, at - 1 - value);
        if (name_bytes == 5 && HEADER_TEXT_AT(in, name, "width"))
            size[0] = read_length(text);
        else if (name_bytes == 6 && HEADER_TEXT_AT(in, name, "height"))
            size[1] = read_length(text);
        else if (name_bytes == 7 && HEADER_TEXT_AT(in, name, "viewBox"))
            read_view_box(text, box);
    }
    if (!HEADER_TEXT_AT(in, at, ">") && !HEADER_TEXT_AT(in, at, "/"))
        return; /* a later attribute may be the one */
    /* Without a size the box's; with one side only, the other follows from the box's shape. */
    for (int i = 0; i < 2; i++)
        if (isnan(size[i]))
            size[i] = isnan(size[!i]) ? box[i] : size[!i] * box[i] / box[!i];
    facts->width = pixels(size[0]);
    facts->height = pixels(size[1]);
}
