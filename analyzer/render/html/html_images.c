/* SPDX-License-Identifier: MIT
 * Owns: the images of the HTML report as columns of JSON: what repeats is named once, what nobody knows is left out.
 * Must not know: what a column means (image_table.c), how figures come about. */
#include "analyzer/render/html/html_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/render/image_table.h"
#include "analyzer/render/json_values.h"

#define NAMES_MAX 256 /* a column with more distinct texts is a plain list */

struct names {
    char *name[NAMES_MAX];
    size_t count;
    size_t last; /* found: as a rule the next one is the same */
};

/* NAMES_MAX: there are too many; NAMES_MAX + 1: memory ended. */
static size_t name_index(struct names *names, const char *text)
{
    for (size_t i = 0, at = names->last; i < names->count; i++, at = (at + 1) % names->count)
        if (!strcmp(names->name[at], text))
            return names->last = at;
    if (names->count == NAMES_MAX)
        return NAMES_MAX;
    names->name[names->count] = strdup(text);
    if (!names->name[names->count])
        return NAMES_MAX + 1;
    return names->last = names->count++;
}

static void names_release(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
}

static bool write_text(FILE *out, const char *text)
{
    json_t *json = render_json_text(text);
    int result = json ? json_dumpf(json, out, JSON_ENCODE_ANY) : -1;
    json_decref(json);
    return !result;
}

/* Length of the directories that all paths of a column begin with. */
static size_t common_prefix(const struct metrics *metrics, const struct image_column *column)
{
    char room[IMAGE_COLUMN_TEXT], *first = NULL;
    size_t length = 0;
    for (size_t i = 0; i < metrics->run->image_count; i++) {
        const char *text = column->text(metrics, i, room);
        if (!text)
            continue;
        if (!first) {
            first = strdup(text);
            length = first ? strlen(first) : 0;
        }
        size_t same = 0;
        while (same < length && text[same] == first[same])
            same++;
        length = same;
    }
    while (length && first[length - 1] != '/')
        length--;
    free(first);
    return length > 1 ? length : 0; /* the root alone is no directory worth naming */
}

static bool write_prefix(const struct metrics *metrics, const struct image_column *column, size_t prefix, FILE *out)
{
    char room[IMAGE_COLUMN_TEXT];
    for (size_t i = 0; prefix && i < metrics->run->image_count; i++) {
        const char *text = column->text(metrics, i, room);
        if (!text)
            continue;
        char *start = strndup(text, prefix);
        bool good = start && fputs(",\"prefix\":", out) >= 0 && write_text(out, start);
        free(start);
        return good;
    }
    return true;
}

static bool write_texts(const struct metrics *metrics, const struct image_column *column, FILE *out)
{
    char room[IMAGE_COLUMN_TEXT];
    bool is_path = !strcmp(column->key, "input") || !strcmp(column->key, "output"), good;
    size_t prefix = is_path ? common_prefix(metrics, column) : 0;
    good = write_prefix(metrics, column, prefix, out);
    fputs(",\"values\":[", out);
    for (size_t i = 0; good && i < metrics->run->image_count; i++) {
        const char *text = column->text(metrics, i, room);
        fputs(i ? "," : "", out);
        good = write_text(out, text ? text + prefix : NULL);
    }
    fputc(']', out);
    return good;
}

/* Writes the indexes as it finds the names, and the names behind them; or nothing, when there are too many. */
static bool write_names(const struct metrics *metrics, const struct image_column *column, FILE *out)
{
    char room[IMAGE_COLUMN_TEXT], *indexes = NULL;
    size_t bytes = 0, found = 0, unknown = 0;
    struct names names = {.count = 0};
    FILE *list = open_memstream(&indexes, &bytes);
    for (size_t i = 0; list && found < NAMES_MAX && i < metrics->run->image_count; i++) {
        const char *text = column->text(metrics, i, room);
        if (text)
            found = name_index(&names, text);
        unknown += !text;
        fprintf(list, text ? "%s%zu" : "%snull", i ? "," : "", found);
    }
    bool good = list && !fclose(list) && found <= NAMES_MAX;
    if (good && found == NAMES_MAX) {
        good = write_texts(metrics, column, out);
    } else if (good && names.count == 1 && !unknown) {
        fputs(",\"same\":", out);
        good = write_text(out, names.name[0]);
    } else if (good) {
        fputs(",\"names\":[", out);
        for (size_t i = 0; good && i < names.count; i++) {
            fputs(i ? "," : "", out);
            good = write_text(out, names.name[i]);
        }
        fprintf(out, "],\"index\":[%s]", indexes);
    }
    free(indexes);
    names_release(&names);
    return good;
}

static void write_number(enum column_unit unit, double value, FILE *out)
{
    bool whole = unit == COLUMN_ID || unit == COLUMN_BYTES || unit == COLUMN_COUNT;
    if (!isfinite(value))
        fputs("null", out);
    else if (unit == COLUMN_BOOL)
        fputs(value != 0 ? "true" : "false", out);
    else if (whole && fabs(value) < 1e15)
        fprintf(out, "%" PRId64, (int64_t)value);
    else if (unit == COLUMN_MOMENT) /* of long runs, too, to the microsecond */
        fprintf(out, "%.12g", round(value * 1e6) / 1e6);
    else if (unit == COLUMN_SECONDS && fabs(value) < 1) /* one digit more than is shown */
        fprintf(out, "%.4g", round(value * 1e7) / 1e7);
    else
        fprintf(out, "%.6g", value);
}

static void write_numbers(const struct metrics *metrics, const struct image_column *column, FILE *out)
{
    size_t count = metrics->run->image_count;
    double first = column->number(metrics, 0);
    bool same = true, counting = true;
    for (size_t i = 0; i < count && (same || counting); i++) {
        double value = column->number(metrics, i);
        same = same && value == first;
        counting = counting && value == first + (double)i;
    }
    if (same || counting) {
        fprintf(out, same ? ",\"same\":" : ",\"from\":");
        write_number(column->unit, first, out);
        return;
    }
    fputs(",\"values\":[", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? "," : "", out);
        write_number(column->unit, column->number(metrics, i), out);
    }
    fputc(']', out);
}

static bool all_unknown(const struct metrics *metrics, const struct image_column *column)
{
    char room[IMAGE_COLUMN_TEXT];
    for (size_t i = 0; i < metrics->run->image_count; i++)
        if (column->text ? column->text(metrics, i, room) != NULL : isfinite(column->number(metrics, i)))
            return false;
    return true;
}

int html_images(const struct metrics *metrics, FILE *out)
{
    bool good = true, started = false;
    fprintf(out, "{\"count\":%zu,\"columns\":[", metrics->run->image_count);
    for (size_t i = 0; good && i < image_column_count; i++) {
        const struct image_column *column = &image_columns[i];
        if (all_unknown(metrics, column))
            continue;
        fprintf(out, "%s\n{\"key\":\"%s\",\"title\":\"%s\",\"unit\":\"%s\",\"definition\":", started ? "," : "",
                column->key, column->title, image_column_unit_name(column->unit));
        started = true;
        good = write_text(out, column->definition);
        if (!column->text)
            write_numbers(metrics, column, out);
        else if (!strcmp(column->key, "input") || !strcmp(column->key, "output"))
            good = good && write_texts(metrics, column, out);
        else
            good = good && write_names(metrics, column, out);
        fputc('}', out);
    }
    fputs("]}", out);
    return good && !ferror(out) ? 0 : -1;
}
