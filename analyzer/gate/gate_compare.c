/* SPDX-License-Identifier: MIT
 * Owns: gates on a comparison: changes, and limits that the new side is held against.
 * Must not know: the grammar, how intervals come about. */
#include <math.h>
#include <string.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/compare/statistics.h"
#include "analyzer/gate/gate.h"
#include "analyzer/gate/parts.h"
#include "analyzer/gate/schema.h"
#include "analyzer/base/message.h"
#include "analyzer/render/format_units.h"

enum outcome { PASSED, FAILED, UNDECIDED };

const char *gate_image_figure(const char *path)
{
    static const char *const figures[] = {"images.bytes_in", "images.bytes_out", "images.size_ratio"};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (!strcmp(figures[i], path))
            return path + strlen("images.");
    return NULL;
}

/* The change that is nearest to 0 is past the limit: then all of the interval is. */
static bool change_holds(const struct expression *expression, double low, double high)
{
    bool upwards = expression->comparison == OPERATOR_ABOVE || expression->comparison == OPERATOR_AT_LEAST;
    if (expression->comparison == OPERATOR_EQUAL || expression->comparison == OPERATOR_UNEQUAL)
        return low == high && expression_holds(expression->comparison, low - 1, expression->number);
    if (expression->value == VALUE_SPREAD) {
        double near = low > 1 ? low - 1 : high < 1 ? 1 - high : 0, far = fmax(fabs(low - 1), fabs(high - 1));
        return expression_holds(expression->comparison, upwards ? near : far, expression->number);
    }
    return expression_holds(expression->comparison, (upwards ? low : high) - 1, expression->number);
}

static enum outcome check_change(const struct expression *expression, const struct comparison *comparison)
{
    const struct compared_figure *row = comparison_find(comparison, expression->path);
    if (!row || isnan(row->ratio)) {
        message_error("gate failed: the change of %s is not known: %s", expression->path,
                      !row || !row->n_old || !row->n_new ? "it is null on one side" : "the old one is 0");
        return FAILED;
    }
    if (row->exact) {
        if (!change_holds(expression, row->ratio, row->ratio))
            return PASSED;
        message_error("gate failed: %s changed by %s, limit %s", expression->path, format_change(row->ratio, true).text,
                      expression->limit);
        return FAILED;
    }
    if (isnan(row->low)) {
        message_error("gate undecided: %s: %s with %zu and %zu runs, and noise is in it; %d rounds are needed: "
                      "imgbench run --runs %d … --versus …",
                      expression->path, format_change(row->ratio, true).text, row->n_old, row->n_new,
                      STATISTICS_RUNS_NEEDED, STATISTICS_RUNS_NEEDED);
        return UNDECIDED;
    }
    if (change_holds(expression, row->low, row->high)) {
        message_error("gate failed: %s changed by %s (%s to %s), limit %s", expression->path,
                      format_change(row->ratio, true).text, format_change(row->low, true).text,
                      format_change(row->high, true).text, expression->limit);
        return FAILED;
    }
    /* past the limit by its estimate, not by all of its interval */
    if (change_holds(expression, row->ratio, row->ratio)) {
        message_error("gate undecided: %s changed by %s (%s to %s), limit %s; more runs narrow it", expression->path,
                      format_change(row->ratio, true).text, format_change(row->low, true).text,
                      format_change(row->high, true).text, expression->limit);
        return UNDECIDED;
    }
    return PASSED;
}

static double image_value(const struct side_image *image, const char *figure)
{
    double in = format_known(image->bytes_in), out = format_known(image->bytes_out);
    if (!strcmp(figure, "bytes_in"))
        return in;
    if (!strcmp(figure, "bytes_out"))
        return out;
    return in > 0 && image->status && !strcmp(image->status, "ok") ? out / in : (double)NAN;
}

/* Sizes are exact: each pair for itself. */
static enum outcome check_image_changes(const struct expression *expression, const struct comparison *comparison)
{
    const char *figure = gate_image_figure(expression->path), *first = NULL;
    size_t known = 0, holding = 0;
    double worst = NAN;
    for (size_t i = 0; i < comparison->images.list_count; i++) {
        const struct side_image *old = &comparison->old_side->images[comparison->images.list[i].old];
        const struct side_image *new = &comparison->new_side->images[comparison->images.list[i].new];
        double ratio = image_value(new, figure) / image_value(old, figure);
        if (!isfinite(ratio))
            continue;
        known++;
        if (!change_holds(expression, ratio, ratio))
            continue;
        if (!holding++ || fabs(ratio - 1) > fabs(worst - 1)) {
            worst = ratio;
            first = new->output ? new->output : new->source;
        }
    }
    if (!known) {
        message_error("gate failed: the change of %s is not known of any image: %zu pairs", expression->path,
                      comparison->images.list_count);
        return FAILED;
    }
    if (expression->scope == SCOPE_ALL ? holding < comparison->images.list_count : !holding)
        return PASSED;
    message_error("gate failed: %s%s: %zu of %zu pairs, most %s: %s", expression->path, expression->limit, holding,
                  known, format_change(worst, true).text, first ? first : "an image that is no file");
    return FAILED;
}

/* Medians over the new side's runs where it is a number; else the first run's lists and texts. */
static enum outcome check_limit(const struct expression *expression, const struct comparison *comparison)
{
    struct gate_count count = {.expression = expression};
    const struct compared_figure *row = comparison_find(comparison, expression->path);
    const char *figure = gate_image_figure(expression->path), *where = NULL;
    if (row) {
        json_t *value = isnan(row->new) ? json_null() : json_real(row->new);
        gate_count(&count, value);
        json_decref(value);
    } else if (figure) {
        for (size_t i = 0; i < comparison->new_side->images_count; i++) {
            double number = image_value(&comparison->new_side->images[i], figure);
            json_t *value = isnan(number) ? json_null() : json_real(number);
            gate_count(&count, value);
            json_decref(value);
        }
        if (count.holding)
            where = comparison->new_side->images[count.first_place].output;
    } else {
        schema_walk(comparison->new_side->runs[0].report, expression->path, gate_count, &count);
    }
    if (!gate_fails(&count))
        return PASSED;
    gate_say(&count, where);
    return FAILED;
}

int gates_check_comparison(const struct gates *gates, const struct comparison *comparison)
{
    bool failed = false, undecided = false;
    for (size_t i = 0; i < gates->list_count; i++) {
        const struct expression *expression = &gates->list[i];
        bool change = expression->value == VALUE_CHANGE || expression->value == VALUE_SPREAD;
        enum outcome outcome = !change                               ? check_limit(expression, comparison)
                               : gate_image_figure(expression->path) ? check_image_changes(expression, comparison)
                                                                     : check_change(expression, comparison);
        failed |= outcome == FAILED;
        undecided |= outcome == UNDECIDED;
    }
    return failed ? CMD_GATE_FAILED : undecided && gates->strict ? CMD_UNDECIDED : CMD_OK;
}
