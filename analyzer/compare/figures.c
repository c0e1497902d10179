/* SPDX-License-Identifier: MIT
 * Owns: the numbers of reports by their JSON paths, and what each of them is.
 * Must not know: where reports come from, statistics. */
#include "analyzer/compare/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define PATH_BYTES 512

static const struct pattern {
    const char *text;
    bool skip;
    enum figure_kind kind;
    enum figure_better better;
    bool asked;
} patterns[] = {
#define FIGURE_SKIP                       FIGURE_EXACT
#define FIGURE(text, kind, better, asked) {text, #kind[0] == 'S', FIGURE_##kind, FIGURE_##better, asked},
#include "analyzer/compare/figures.def"
};

/* Lists whose elements are told apart by some of their texts; of all others the elements are no figures. */
static const struct {
    const char *name, *keys[2];
} keyed[] = {{"conversions", {"from", "to"}}, {"qualities", {"encoder", "label"}}};

/* One step of a path: up to the next dot that is not between brackets. */
static size_t step_bytes(const char *path)
{
    size_t bytes = 0;
    for (bool inside = false; path[bytes] && (inside || path[bytes] != '.'); bytes++)
        inside = path[bytes] == '[' || (inside && path[bytes] != ']');
    return bytes;
}

/* "conversions[from=png]" is the list and which of its elements: two steps of a pattern. */
static const char *next_step(const char *path, size_t *bytes)
{
    path += *bytes;
    path += *path == '.';
    *bytes = *path == '[' ? step_bytes(path) : strcspn(path, ".[");
    return path;
}

static bool step_fits(const char *pattern, size_t pattern_bytes, const char *step, size_t bytes)
{
    if (pattern[0] != '*')
        return bytes == pattern_bytes && !memcmp(step, pattern, bytes);
    size_t end = pattern_bytes - 1; /* "*_bytes" */
    return bytes >= end && !memcmp(step + bytes - end, pattern + 1, end);
}

static bool fits(const char *pattern, const char *path)
{
    size_t bytes = 0;
    path = next_step(path, &bytes);
    while (*pattern && bytes) {
        size_t pattern_bytes = strcspn(pattern, ".");
        if (pattern_bytes == 2 && !memcmp(pattern, "**", 2))
            return true;
        if (!step_fits(pattern, pattern_bytes, path, bytes))
            return false;
        pattern += pattern_bytes + (pattern[pattern_bytes] == '.');
        path = next_step(path, &bytes);
    }
    return !*pattern && !bytes;
}

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), length = strlen(end);
    return bytes >= length && !strcmp(text + bytes - length, end);
}

static enum figure_unit unit_of(const char *path)
{
    static const char *const timings[] = {".min", ".max", ".mean", ".sum", ".stddev", ".p50", ".p95"};
    if (ends_with(path, "bytes") || ends_with(path, "bytes_in") || ends_with(path, "bytes_out") ||
        ends_with(path, "bytes_saved") || ends_with(path, "bytes_seen") || ends_with(path, "bytes_kernel"))
        return FIGURE_BYTES;
    if (ends_with(path, "ratio") || ends_with(path, "efficiency") || ends_with(path, "reduction"))
        return FIGURE_RATIO;
    if ((ends_with(path, "_s") && !ends_with(path, "per_s")) || ends_with(path, "cpu_s_per_mb_saved"))
        return FIGURE_SECONDS;
    for (size_t i = 0; i < sizeof timings / sizeof *timings; i++)
        if (ends_with(path, timings[i]))
            return FIGURE_SECONDS;
    return FIGURE_NUMBER;
}

bool figures_classify(const char *path, struct figure_class *class)
{
    *class = (struct figure_class){FIGURE_MEASURED, FIGURE_NEITHER, unit_of(path), false};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (!fits(patterns[i].text, path))
            continue;
        class->kind = patterns[i].kind;
        class->better = patterns[i].better;
        class->asked = patterns[i].asked;
        return !patterns[i].skip;
    }
    return true;
}

void figures_begin(struct figures *figures, size_t reports)
{
    *figures = (struct figures){.reports = reports, .places = memory_checked(json_object())};
}

static void add_number(struct figures *figures, size_t place, const char *path, double value)
{
    const json_t *known = json_object_get(figures->places, path);
    struct figure_class class;
    if (!known) {
        if (!figures_classify(path, &class))
            return;
        struct figure *figure = MEMORY_APPEND(figures, list);
        *figure =
            (struct figure){memory_text(path, strlen(path)), class, memory_zeroed(figures->reports, sizeof(double))};
        for (size_t i = 0; i < figures->reports; i++)
            figure->values[i] = NAN;
        known = json_integer((json_int_t)figures->list_count - 1);
        json_object_set_new(figures->places, path, (json_t *)known);
    }
    figures->list[json_integer_value(known)].values[place] = value;
}

static void add(struct figures *figures, size_t place, const char *path, const json_t *json);

/* The element's path says which it is: its place in the list is another one in another report. */
static void add_elements(struct figures *figures, size_t place, const char *path, const char *name, const json_t *array)
{
    for (size_t k = 0; k < sizeof keyed / sizeof *keyed; k++) {
        if (strcmp(keyed[k].name, name) != 0)
            continue;
        for (size_t i = 0; i < json_array_size(array); i++) {
            const json_t *element = json_array_get(array, i);
            const char *first = json_string_value(json_object_get(element, keyed[k].keys[0]));
            const char *second = json_string_value(json_object_get(element, keyed[k].keys[1]));
            char longer[PATH_BYTES];
            /* Whole texts: a part of one may end within a character, and is no JSON key then. */
            if (snprintf(longer, sizeof longer, "%s[%s=%s,%s=%s]", path, keyed[k].keys[0], first ? first : "null",
                         keyed[k].keys[1], second ? second : "null") < (int)sizeof longer)
                add(figures, place, longer, element);
        }
    }
}

static void add(struct figures *figures, size_t place, const char *path, const json_t *json)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        char longer[PATH_BYTES];
        bool dotted = strpbrk(key, ".[") != NULL; /* a name that somebody chose: spans[load.icc].n */
        if (strchr(key, ']') || snprintf(longer, sizeof longer, dotted ? "%s[%s%s]" : "%s%s%s", path,
                                         *path && !dotted ? "." : "", key) >= (int)sizeof longer)
            continue;
        if (json_is_object(value))
            add(figures, place, longer, value);
        else if (json_is_array(value))
            add_elements(figures, place, longer, key, value);
        else if (json_is_number(value) || json_is_null(value))
            add_number(figures, place, longer, json_is_null(value) ? (double)NAN : json_number_value(value));
    }
}

void figures_add(struct figures *figures, size_t place, const json_t *report)
{
    add(figures, place, "", report);
}

const struct figure *figures_find(const struct figures *figures, const char *path)
{
    const json_t *place = json_object_get(figures->places, path);
    return place ? &figures->list[json_integer_value(place)] : NULL;
}

void figures_release(struct figures *figures)
{
    for (size_t i = 0; i < figures->list_count; i++) {
        free(figures->list[i].path);
        free(figures->list[i].values);
    }
    free(figures->list);
    json_decref(figures->places);
    *figures = (struct figures){0};
}
