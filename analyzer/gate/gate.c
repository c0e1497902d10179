/* SPDX-License-Identifier: MIT
 * Owns: whether a report, or a comparison, is past a limit that --fail-if names, and what is said then.
 * Must not know: the grammar, statistics. */
#include "analyzer/gate/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/compare/side.h"
#include "analyzer/gate/parts.h"
#include "analyzer/gate/schema.h"
#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/render/format_units.h"
#include "analyzer/render/json/json_images.h"
#include "analyzer/base/usage.h"

enum { KEY_FAIL_IF = 512, KEY_STRICT };

static const struct argp_option options[] = {
    {"fail-if", KEY_FAIL_IF, "EXPR", 0,
     "Exit with 3 when EXPR is true, as in 'memory.peak_rss_bytes>512MB' or 'any images.size_ratio>1'; several: when "
     "one is",
     0},
    {"strict", KEY_STRICT, NULL, 0, "Exit with 4 when an EXPR cannot be decided", 0},
    {0}};

/* Lists that a comparison does not keep. */
static bool is_long_list(const char *path)
{
    static const char *const lists[] = {"images", "files", "processes"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t bytes = strlen(lists[i]);
        if (!strncmp(path, lists[i], bytes) && (path[bytes] == '.' || path[bytes] == '['))
            return true;
    }
    return false;
}

static bool is_of_images(const char *path)
{
    return !strncmp(path, "images.", 7) || !strncmp(path, "images[", 7);
}

/* What can be said before a trace is read. */
static bool makes_sense(const struct gates *gates, const struct expression *expression, char *why, size_t capacity,
                        size_t *column)
{
    struct schema_place place = schema_find(expression->path);
    *column = expression->path_column + (place.leaf == SCHEMA_NONE ? place.known : 0);
    bool change = expression->value == VALUE_CHANGE || expression->value == VALUE_SPREAD;
    if (place.leaf == SCHEMA_NONE)
        snprintf(why, capacity, "no report has this path; docs/report.md lists all");
    else if (place.leaf == SCHEMA_OTHER)
        snprintf(why, capacity, "this is no single figure: the path goes on");
    else if (place.in_list && expression->scope == SCOPE_ONE)
        snprintf(why, capacity,
                 "a list lies on this path: say any or all in front of it, or select one as in "
                 "conversions[from=png,to=webp].n");
    else if (!place.in_list && expression->scope != SCOPE_ONE)
        snprintf(why, capacity, "there is one such figure: any and all are for lists");
    else if ((place.leaf == SCHEMA_TEXT) != (expression->value == VALUE_TEXT))
        snprintf(why, capacity,
                 place.leaf == SCHEMA_TEXT ? "this is a text: compare it with == or !=" : "this is a number");
    else if (change && !gates->compares)
        snprintf(why, capacity, "a change needs something to compare with: imgbench compare OLD NEW --fail-if …");
    else if (change && place.in_list && !gate_image_figure(expression->path))
        snprintf(why, capacity,
                 "changes of images are known of images.bytes_in, images.bytes_out and images.size_ratio");
    else if (gates->compares && is_long_list(expression->path) && !gate_image_figure(expression->path))
        snprintf(why, capacity,
                 "compare knows images.bytes_in, images.bytes_out and images.size_ratio; for others: imgbench report "
                 "--fail-if …");
    else
        return true;
    return false;
}

static error_t add(struct argp_state *state, struct gates *gates, const char *text)
{
    size_t column;
    char why[300];
    struct expression *expression = MEMORY_APPEND(gates, list);
    if (expression_parse(expression, text, &column, why, sizeof why) &&
        makes_sense(gates, expression, why, sizeof why, &column))
        return 0;
    return usage_error(state, "--fail-if '%s': column %zu: %s", text, column, why);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct gates *gates = state->input;
    switch (key) {
    case KEY_FAIL_IF: return add(state, gates, argument);
    case KEY_STRICT: gates->strict = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp gate_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

void gates_release(struct gates *gates)
{
    for (size_t i = 0; i < gates->list_count; i++)
        expression_release(&gates->list[i]);
    free(gates->list);
    *gates = (struct gates){0};
}

/* ---- values that a path leads to ---- */

static bool text_holds(const struct expression *expression, const json_t *value)
{
    const char *text = json_is_string(value) ? json_string_value(value) : json_is_true(value) ? "true" : "false";
    return !strcmp(text, expression->text) == (expression->comparison == OPERATOR_EQUAL);
}

void gate_count(void *context, const json_t *value)
{
    struct gate_count *count = context;
    const struct expression *expression = count->expression;
    count->looked_at++;
    if (!value || json_is_null(value))
        return;
    count->known++;
    double number = json_is_number(value) ? json_number_value(value) : (double)NAN;
    bool holds = expression->value == VALUE_TEXT ? text_holds(expression, value)
                                                 : expression_holds(expression->comparison, number, expression->number);
    if (holds && !count->holding++) {
        count->first = number;
        count->first_place = count->looked_at - 1;
    }
    count->last = number;
}

bool gate_fails(const struct gate_count *count)
{
    /* Nothing in a list of findings is what one hopes for; no image in a run is not. */
    if (!count->looked_at && count->expression->scope != SCOPE_ONE)
        return is_of_images(count->expression->path);
    if (!count->known)
        return true;
    return count->expression->scope == SCOPE_ALL ? count->holding == count->looked_at : count->holding > 0;
}

/* A figure as people write it, by what its path says it is. */
static void gate_value(const char *path, double value, char text[40])
{
    struct figure_class class;
    figures_classify(path, &class);
    struct formatted formatted = class.unit == FIGURE_SECONDS ? format_duration(value)
                                 : class.unit == FIGURE_BYTES ? format_bytes(value)
                                 : class.unit == FIGURE_RATIO ? format_percent(value)
                                                              : format_number(value);
    memcpy(text, formatted.text, sizeof formatted.text);
}

void gate_say(const struct gate_count *count, const char *where)
{
    const struct expression *expression = count->expression;
    char value[40];
    gate_value(expression->path, count->first, value);
    if (!count->looked_at)
        message_error("gate failed: %s%s: there is no %s", expression->path, expression->limit,
                      is_of_images(expression->path) ? "image" : "such element in the list");
    else if (!count->known)
        message_error("gate failed: %s is not known%s (null)", expression->path, count->looked_at > 1 ? " of any" : "");
    else if (expression->scope != SCOPE_ONE)
        message_error("gate failed: %s%s: %zu of %zu%s%s%s%s", expression->path, expression->limit, count->holding,
                      count->looked_at, where ? ", the first " : "", where ? where : "",
                      isnan(count->first) ? "" : ": ", isnan(count->first) ? "" : value);
    else if (expression->value == VALUE_TEXT)
        message_error("gate failed: %s%s", expression->path, expression->limit);
    else
        message_error("gate failed: %s is %s, limit %s", expression->path, value, expression->limit);
}

/* ---- a report ---- */

static const char *image_name(const struct run *run, size_t place)
{
    const struct image *image = place < run->image_count ? &run->images[place] : NULL;
    const uint32_t *ids = !image                ? NULL
                          : image->output_count ? image->outputs
                          : image->input_count  ? image->inputs
                                                : NULL;
    return ids ? run->files[*ids].path : NULL;
}

/* A PPM between two programs is larger than what it came from, and nobody keeps it. */
static bool is_intermediate(const struct run *run, const struct image *image)
{
    for (size_t i = 0; i < image->output_count; i++)
        if (run->files[image->outputs[i]].role != FILE_ROLE_INTERMEDIATE)
            return false;
    return image->output_count > 0;
}

/* Image by image: a report of 100,000 images needs the memory of one. */
static void count_images(const struct metrics *metrics, struct gate_count *count)
{
    for (size_t i = 0; i < metrics->run->image_count; i++) {
        if (is_intermediate(metrics->run, &metrics->run->images[i]))
            continue;
        size_t before = count->holding;
        json_t *report = json_pack("{s:[o]}", "images", render_json_image(metrics, i));
        schema_walk(report, count->expression->path, gate_count, count);
        json_decref(report);
        if (!before && count->holding)
            count->first_place = i;
    }
}

int gates_check_report(const struct gates *gates, const struct metrics *metrics)
{
    json_t *report = gates->list_count ? side_report(metrics) : NULL;
    int result = CMD_OK;
    for (size_t i = 0; i < gates->list_count; i++) {
        struct gate_count count = {.expression = &gates->list[i]};
        bool images = is_of_images(gates->list[i].path);
        if (images)
            count_images(metrics, &count);
        else
            schema_walk(report, gates->list[i].path, gate_count, &count);
        if (!gate_fails(&count))
            continue;
        gate_say(&count, images ? image_name(metrics->run, count.first_place) : NULL);
        result = CMD_GATE_FAILED;
    }
    json_decref(report);
    return result;
}
