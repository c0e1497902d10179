/* SPDX-License-Identifier: MIT
 * Owns: two sides to what differs between them, and how sure that is.
 * Must not know: traces, formatting. */
#include "analyzer/compare/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/statistics.h"
#include "analyzer/base/memory.h"

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"equal", "better", "worse", "different", "noise", "untested", "one-sided"};
    return names[verdict];
}

const char *design_name(enum design design)
{
    static const char *const names[] = {"single", "interleaved", "apart"};
    return names[design];
}

/* The values of one side that are known. */
static size_t known(const double *values, size_t n, double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            out[count++] = values[i];
    return count;
}

static bool all_equal(const double *values, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static double median(const double *values, size_t n)
{
    struct statistics_set set;
    statistics_of_set(values, n, &set);
    return set.median;
}

/* The rounds in which both sides have the figure. */
static size_t pair_rounds(const struct comparison *comparison, const double *values, double *old, double *new)
{
    const struct side *a = comparison->old_side, *b = comparison->new_side;
    size_t count = 0;
    for (size_t i = 0; i < a->runs_count; i++)
        for (size_t k = 0; k < b->runs_count; k++) {
            double first = values[i], second = values[a->runs_count + k];
            if (a->runs[i].round && a->runs[i].round == b->runs[k].round && !isnan(first) && !isnan(second)) {
                old[count] = first;
                new[count++] = second;
                break;
            }
        }
    return count;
}

static void find_design(struct comparison *comparison)
{
    const struct side *a = comparison->old_side, *b = comparison->new_side;
    for (size_t i = 0; i < a->runs_count; i++)
        for (size_t k = 0; k < b->runs_count; k++)
            comparison->rounds += a->runs[i].round && a->runs[i].round == b->runs[k].round;
    bool one_session = a->session && b->session && !strcmp(a->session, b->session);
    if (a->runs_count < 2 || b->runs_count < 2)
        comparison->design = DESIGN_SINGLE;
    else
        comparison->design = one_session && comparison->rounds > 1 ? DESIGN_INTERLEAVED : DESIGN_APART;
    if (comparison->design != DESIGN_INTERLEAVED)
        comparison->rounds = 0;
}

static void test(const struct comparison *comparison, struct compared_figure *row, const double *old, const double *new)
{
    struct statistics_difference difference;
    size_t room = comparison->figures.reports;
    double *first = memory_zeroed(room, sizeof *first), *second = memory_zeroed(room, sizeof *second);
    if (comparison->design == DESIGN_INTERLEAVED) {
        size_t n = pair_rounds(comparison, row->figure->values, first, second);
        statistics_of_rounds(first, second, n, &difference);
    } else {
        statistics_of_apart(old, row->n_old, new, row->n_new, &difference);
    }
    free(first);
    free(second);
    row->ratio = difference.ratio;
    row->low = difference.low;
    row->high = difference.high;
    row->p = difference.p;
}

static void compare_figure(struct comparison *comparison, const struct figure *figure)
{
    size_t runs_old = comparison->old_side->runs_count, room = comparison->figures.reports;
    double *old = memory_zeroed(room, sizeof *old), *new = memory_zeroed(room, sizeof *new);
    struct compared_figure row = {.figure = figure, .ratio = NAN, .low = NAN, .high = NAN, .p = NAN};
    row.n_old = known(figure->values, runs_old, old);
    row.n_new = known(figure->values + runs_old, comparison->new_side->runs_count, new);
    row.old = median(old, row.n_old);
    row.new = median(new, row.n_new);
    row.exact = figure->class.kind == FIGURE_EXACT && all_equal(old, row.n_old) && all_equal(new, row.n_new);
    if (row.n_old && row.n_new) {
        if (row.exact || comparison->design == DESIGN_SINGLE)
            row.ratio = row.old != 0 ? row.new / row.old : (double)NAN;
        else
            test(comparison, &row, old, new);
    }
    if (row.n_old || row.n_new)
        *MEMORY_APPEND(comparison, list) = row;
    free(old);
    free(new);
}

/* A stage's mean is asked about where it is a part of the time that somebody would act on: on both sides together. */
static bool is_asked(const struct comparison *comparison, const struct compared_figure *row)
{
    if (!row->figure->class.asked || row->exact || isnan(row->p))
        return false;
    if (strncmp(row->figure->path, "stages.", 7) != 0)
        return true;
    const struct compared_figure *whole = comparison_find(comparison, "image_time.mean");
    return !whole || isnan(whole->old) || isnan(whole->new) ||
           row->old + row->new >= FIGURE_STAGE_LEAST *(whole->old + whole->new);
}

static void adjust_asked(struct comparison *comparison)
{
    double *p = memory_zeroed(comparison->list_count + 1, sizeof *p);
    for (size_t i = 0; i < comparison->list_count; i++) {
        struct compared_figure *row = &comparison->list[i];
        row->asked = is_asked(comparison, row);
        comparison->asked += row->asked;
        p[i] = row->asked ? row->p : (double)NAN;
    }
    statistics_adjust(p, comparison->list_count);
    for (size_t i = 0; i < comparison->list_count; i++)
        if (comparison->list[i].asked)
            comparison->list[i].p = p[i];
    free(p);
}

static enum verdict direction(const struct compared_figure *row)
{
    enum figure_better better = row->figure->class.better;
    bool up = isnan(row->ratio) ? row->new > row->old : row->ratio > 1;
    if (better == FIGURE_NEITHER)
        return VERDICT_DIFFERENT;
    return up == (better == FIGURE_HIGHER) ? VERDICT_BETTER : VERDICT_WORSE;
}

static enum verdict verdict_of(const struct compared_figure *row)
{
    if (!row->n_old || !row->n_new)
        return VERDICT_ONE_SIDED;
    if (row->exact)
        return row->old == row->new ? VERDICT_EQUAL : direction(row);
    if (isnan(row->p))
        return VERDICT_UNTESTED;
    return row->p <= STATISTICS_ALPHA ? direction(row) : VERDICT_NOISE;
}

static void sum_pairs(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->images.list_count; i++) {
        const struct side_image *old = &comparison->old_side->images[comparison->images.list[i].old];
        const struct side_image *new = &comparison->new_side->images[comparison->images.list[i].new];
        if (old->bytes_out == UNKNOWN || new->bytes_out == UNKNOWN || !old->status || strcmp(old->status, "ok") != 0 ||
            !new->status || strcmp(new->status, "ok") != 0)
            continue;
        comparison->pairs_bytes_old += old->bytes_out;
        comparison->pairs_bytes_new += new->bytes_out;
        comparison->pairs_sized++;
    }
}

void comparison_make(struct comparison *comparison, const struct side *old, const struct side *new,
                     const char *map_from, const char *map_to)
{
    *comparison = (struct comparison){.old_side = old, .new_side = new};
    figures_begin(&comparison->figures, old->runs_count + new->runs_count);
    for (size_t i = 0; i < old->runs_count; i++)
        figures_add(&comparison->figures, i, old->runs[i].report);
    for (size_t i = 0; i < new->runs_count; i++)
        figures_add(&comparison->figures, old->runs_count + i, new->runs[i].report);
    find_design(comparison);
    for (size_t i = 0; i < comparison->figures.list_count; i++)
        compare_figure(comparison, &comparison->figures.list[i]);
    adjust_asked(comparison);
    for (size_t i = 0; i < comparison->list_count; i++)
        comparison->list[i].verdict = verdict_of(&comparison->list[i]);
    images_match(old, new, map_from, map_to, &comparison->images);
    sum_pairs(comparison);
    texts_compare(&comparison->texts, old, new);
}

const struct compared_figure *comparison_find(const struct comparison *comparison, const char *path)
{
    for (size_t i = 0; i < comparison->list_count; i++)
        if (!strcmp(comparison->list[i].figure->path, path))
            return &comparison->list[i];
    return NULL;
}

void comparison_release(struct comparison *comparison)
{
    texts_release(&comparison->texts);
    free(comparison->list);
    images_release(&comparison->images);
    figures_release(&comparison->figures);
    *comparison = (struct comparison){0};
}
