/* SPDX-License-Identifier: MIT
 * Owns: the CSV report: one row per image, columns of image_table.h, as RFC 4180 has it (but line ends of \n).
 * Must not know: which columns there are, how figures come about.
 *
 * Numbers are SI units with a decimal point whatever the locale; an empty cell is unknown. A text that a spreadsheet
 * would take for a formula begins with an apostrophe. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analyzer/render/image_table.h"
#include "analyzer/render/json_values.h"
#include "analyzer/render/render.h"

/* Bytes that are not UTF-8 become U+FFFD, as in JSON. */
static void text_cell(FILE *out, const char *text)
{
    json_t *clean = render_json_text(text);
    const char *at = clean && json_is_string(clean) ? json_string_value(clean) : "";
    bool formula = *at && strchr("=+-@\t\r", *at);
    bool quoted = strpbrk(at, ",\"\r\n") != NULL;
    if (quoted)
        fputc('"', out);
    if (formula)
        fputc('\'', out);
    for (; *at; at++) {
        if (*at == '"')
            fputc('"', out);
        fputc(*at, out);
    }
    if (quoted)
        fputc('"', out);
    json_decref(clean);
}

/* Whole numbers without a fraction; the program never sets LC_NUMERIC, so the point is one. */
static void number_cell(FILE *out, enum column_unit unit, double value)
{
    if (!isfinite(value))
        return;
    if (unit == COLUMN_BOOL)
        fputs(value != 0 ? "true" : "false", out);
    else if (value == floor(value) && fabs(value) < 9007199254740992.0)
        fprintf(out, "%.0f", value);
    else
        fprintf(out, "%.9g", value);
}

static void row(const struct metrics *metrics, size_t image, FILE *out)
{
    char room[IMAGE_COLUMN_TEXT];
    for (size_t i = 0; i < image_column_count; i++) {
        const struct image_column *column = &image_columns[i];
        if (i)
            fputc(',', out);
        if (column->text)
            text_cell(out, column->text(metrics, image, room));
        else
            number_cell(out, column->unit, column->number(metrics, image));
    }
    fputc('\n', out);
}

static int report(const struct metrics *metrics, const struct render_options *options, FILE *out)
{
    (void)options;
    for (size_t i = 0; i < image_column_count; i++)
        fprintf(out, "%s%s", i ? "," : "", image_columns[i].key);
    fputc('\n', out);
    for (size_t i = 0; i < metrics->run->image_count; i++)
        row(metrics, i, out);
    return fflush(out) || ferror(out) ? -1 : 0;
}

const struct renderer render_csv = {"csv", "one row per image", report};
