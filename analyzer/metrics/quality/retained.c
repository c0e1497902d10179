/* SPDX-License-Identifier: MIT
 * Owns: figures of scored pairs: of the run, of formats, settings and conversions.
 * Must not know: how a pair is scored, formatting. Time grows as n log n with pairs. */
#include "analyzer/metrics/quality/retained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/figures/retained.h"
#include "analyzer/metrics/quality/curves.h"
#include "analyzer/metrics/quality/quality.h"
#include "analyzer/metrics/statistics/percentile.h"

#define P5_MIN 20 /* values: below it the lowest one would be nearly all that it says */

/* A score, and the row that it counts in. */
struct entry {
    struct retained *row;
    double score;
    uint32_t pair;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->row != b->row)
        return (uintptr_t)a->row < (uintptr_t)b->row ? -1 : 1;
    if (a->score != b->score)
        return a->score < b->score ? -1 : 1;
    return (a->pair > b->pair) - (a->pair < b->pair);
}

/* Entries of one row, lowest first; scores: theirs. */
static void fill_row(const struct entry *entries, double *scores, size_t count)
{
    struct retained *row = entries->row;
    row->n = count;
    row->median = percentile(scores, count, 0.5);
    row->p5 = count < P5_MIN ? (double)NAN : percentile(scores, count, 0.05);
    row->worst = entries->score;
    for (size_t i = 0; i < count && row->worst_count < RETAINED_WORST; i++)
        row->worst_pairs[row->worst_count++] = entries[i].pair;
}

static void fill_rows(struct entry *entries, double *scores, size_t count)
{
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count; i++)
        scores[i] = entries[i].score;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && entries[end].row == entries[i].row)
            end++;
        if (entries[i].row)
            fill_row(&entries[i], &scores[i], end - i);
        i = end;
    }
}

static struct retained none(void)
{
    return (struct retained){.median = (double)NAN, .p5 = (double)NAN, .worst = (double)NAN};
}

static void clear_rows(struct metrics *metrics)
{
    metrics->retained.all = none();
    for (size_t i = 0; i < metrics->format_count; i++) {
        metrics->formats[i].retained = none();
        for (size_t k = 0; k < metrics->formats[i].quality_count; k++)
            metrics->formats[i].qualities[k].retained = none();
    }
    for (size_t i = 0; i < metrics->conversion_count; i++)
        metrics->conversions[i].retained = none();
}

static struct retained *row_of_format(struct metrics *metrics, enum image_format format)
{
    for (size_t i = 0; i < metrics->format_count; i++)
        if (metrics->formats[i].format == format)
            return &metrics->formats[i].retained;
    return NULL;
}

static struct retained *row_of_conversion(struct metrics *metrics, enum image_format from, enum image_format to)
{
    for (size_t i = 0; i < metrics->conversion_count; i++)
        if (metrics->conversions[i].from == from && metrics->conversions[i].to == to)
            return &metrics->conversions[i].retained;
    return NULL;
}

/* An image of several outputs shows what the worst of them lost. */
static void choose_pair(struct retained_figures *retained, uint32_t index)
{
    uint32_t *chosen = &retained->pair_of_image[retained->pairs[index].image];
    const struct pair_score *score = &retained->pairs[index].score, *before = &retained->pairs[*chosen].score;
    if (isnan(before->ssimulacra2) || score->ssimulacra2 < before->ssimulacra2)
        *chosen = index;
}

/* Each score counts in up to four rows. */
#define ROWS_OF_PAIR 4
static bool fill_all_rows(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct retained_figures *retained = &metrics->retained;
    struct entry *entries = calloc(retained->pair_count * ROWS_OF_PAIR + 1, sizeof *entries);
    double *scores = calloc(retained->pair_count * ROWS_OF_PAIR + 1, sizeof *scores);
    size_t count = 0;
    if (!entries || !scores) {
        free(entries);
        free(scores);
        return false;
    }
    for (size_t i = 0; i < retained->pair_count; i++) {
        const struct quality_pair *pair = &retained->pairs[i];
        double score = quality_retained(&pair->score);
        if (isnan(score))
            continue;
        enum image_format from = run->files[pair->source].facts.format, to = run->files[pair->output].facts.format;
        struct quality_row *setting = metrics_row_of(metrics, pair);
        struct retained *rows[ROWS_OF_PAIR] = {&retained->all, row_of_format(metrics, to),
                                               row_of_conversion(metrics, from, to),
                                               setting ? &setting->retained : NULL};
        for (size_t k = 0; k < ROWS_OF_PAIR; k++)
            entries[count++] = (struct entry){rows[k], score, (uint32_t)i};
        choose_pair(retained, (uint32_t)i);
        retained->bands[quality_band(score)]++;
        retained->lossy_inputs += pair->lossy_source;
        retained->resized += pair->score.resized;
    }
    fill_rows(entries, scores, count);
    free(entries);
    free(scores);
    return true;
}

static int compare_reasons(const void *left, const void *right)
{
    const struct quality_pair *a = *(const struct quality_pair *const *)left;
    const struct quality_pair *b = *(const struct quality_pair *const *)right;
    return strcmp(a->score.reason, b->score.reason);
}

static int compare_counts(const void *left, const void *right)
{
    const struct score_reason *a = left, *b = right;
    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    return strcmp(a->reason, b->reason);
}

/* Of the pairs with, or without, a score; a pair with one and without a reason has nothing to say. */
static bool count_reasons(const struct retained_figures *retained, bool scored, struct score_reason **reasons,
                          size_t *reason_count)
{
    const struct quality_pair **pairs = calloc(retained->pair_count + 1, sizeof *pairs);
    size_t count = 0;
    *reasons = calloc(retained->pair_count + 1, sizeof **reasons);
    if (!pairs || !*reasons) {
        free(pairs);
        return false;
    }
    for (size_t i = 0; i < retained->pair_count; i++) {
        const struct pair_score *score = &retained->pairs[i].score;
        if (isnan(score->ssimulacra2) == !scored && (!scored || *score->reason))
            pairs[count++] = &retained->pairs[i];
    }
    qsort(pairs, count, sizeof(*pairs), compare_reasons);
    for (size_t i = 0; i < count; i++) {
        if (!i || strcmp(pairs[i]->score.reason, pairs[i - 1]->score.reason) != 0)
            (*reasons)[(*reason_count)++].reason = pairs[i]->score.reason;
        (*reasons)[*reason_count - 1].n++;
    }
    qsort(*reasons, *reason_count, sizeof **reasons, compare_counts);
    free(pairs);
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool fill_metrics(struct retained_figures *retained)
{
    double *values = calloc(retained->pair_count + 1, sizeof *values);
    for (size_t k = 0; values && k < retained->metric_count; k++) {
        struct metric_figures *figures = &retained->metrics[k];
        figures->n = figures->failed = 0;
        for (size_t i = 0; i < retained->pair_count; i++) {
            const struct pair_score *score = &retained->pairs[i].score;
            if (!isnan(score->externals[k]))
                values[figures->n++] = score->externals[k];
            else if (score->frames)
                figures->failed++;
            size_t name = strlen(figures->name);
            if (!figures->reason && !strncmp(score->external_reason, figures->name, name) &&
                score->external_reason[name] == ' ')
                figures->reason = score->external_reason;
        }
        qsort(values, figures->n, sizeof *values, compare_numbers);
        size_t middle = figures->n / 2;
        figures->median = !figures->n      ? (double)NAN
                          : figures->n % 2 ? values[middle]
                                           : (values[middle - 1] + values[middle]) / 2;
    }
    bool good = values != NULL;
    free(values);
    return good;
}

bool metrics_retained(struct metrics *metrics)
{
    metrics->retained.measured = true;
    clear_rows(metrics);
    struct retained_figures *retained = &metrics->retained;
    return fill_all_rows(metrics) && count_reasons(retained, false, &retained->missing, &retained->missing_count) &&
           count_reasons(retained, true, &retained->noted, &retained->noted_count) && fill_metrics(retained) &&
           metrics_curves(metrics);
}

void metrics_retained_release(struct metrics *metrics)
{
    struct retained_figures *retained = &metrics->retained;
    for (size_t i = 0; i < retained->curve_count; i++)
        free(retained->curves[i].points);
    free(retained->curves);
    free(retained->missing);
    free(retained->noted);
    free(retained->pairs);
    free(retained->pair_of_image);
}
