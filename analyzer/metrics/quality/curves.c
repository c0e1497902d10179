/* SPDX-License-Identifier: MIT
 * Owns: the curve of each encoder, from its settings' scores and sizes, and what lies on it between them.
 * Must not know: how a pair is scored, formatting. Time grows as n log n with pairs. */
#include "analyzer/metrics/quality/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/quality/quality.h"
#include "analyzer/metrics/statistics/ratio.h"

#define BYTES_PER_MB 1e6

static const double scores[CURVE_SCORES] = {90, 80, 70, 50, 30};

/* A scored pair whose setting is known. */
struct dot {
    const struct quality_row *row;
    uint32_t source;
    double score;               /* not clipped: below 0 the curve goes on */
    double bytes_in, bytes_out; /* NAN = unknown */
    double cpu_s;               /* NAN = unknown */
};

static int compare_names(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_encoders(const struct dot *a, const struct dot *b)
{
    if (a->row->format != b->row->format)
        return a->row->format < b->row->format ? -1 : 1;
    int order = compare_names(a->row->encoder, b->row->encoder);
    return order ? order : compare_names(a->row->scale, b->row->scale);
}

/* By curve, then by source, then by score. */
static int compare_dots(const void *left, const void *right)
{
    const struct dot *a = left, *b = right;
    int order = compare_encoders(a, b);
    if (order)
        return order;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->score != b->score)
        return a->score < b->score ? -1 : 1;
    return (a->bytes_out > b->bytes_out) - (a->bytes_out < b->bytes_out);
}

/* The outputs of one source by one encoder, lowest score first: adds what it would be at the score. */
static void add_source(const struct dot *dots, size_t count, struct curve_score *at)
{
    for (size_t i = 0; i + 1 < count; i++) {
        const struct dot *below = &dots[i], *above = &dots[i + 1];
        if (below->score > at->score || above->score < at->score || below->score == above->score ||
            below->row == above->row)
            continue;
        if (isnan(below->bytes_out) || isnan(above->bytes_out) || isnan(below->bytes_in))
            return;
        double share = (at->score - below->score) / (above->score - below->score);
        double bytes = exp(log(below->bytes_out) + share * (log(above->bytes_out) - log(below->bytes_out)));
        at->n++;
        at->bytes_in += below->bytes_in;
        at->bytes_out += bytes;
        at->cpu_s_per_mb_saved += below->cpu_s + share * (above->cpu_s - below->cpu_s); /* a sum until all are in it */
        return;
    }
}

static void fill_scores(struct quality_curve *curve, const struct dot *dots, size_t count)
{
    for (size_t k = 0; k < CURVE_SCORES; k++) {
        struct curve_score at = {.score = scores[k]};
        for (size_t i = 0; i < count;) {
            size_t end = i + 1;
            while (end < count && dots[end].source == dots[i].source)
                end++;
            add_source(&dots[i], end - i, &at);
            i = end;
        }
        if (!at.n)
            continue;
        double saved = at.bytes_in - at.bytes_out;
        at.size_ratio = metrics_ratio(at.bytes_out, at.bytes_in);
        at.mean_bytes_out = at.bytes_out / (double)at.n;
        at.cpu_s_per_mb_saved = saved > 0 ? at.cpu_s_per_mb_saved / saved * BYTES_PER_MB : (double)NAN;
        curve->at[curve->at_count++] = at;
    }
}

static void count_sources(struct quality_curve *curve, const struct dot *dots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        curve->sources += !i || dots[i].source != dots[i - 1].source;
}

static int compare_rows(const void *left, const void *right)
{
    const struct dot *a = left, *b = right;
    int order = compare_encoders(a, b);
    if (order)
        return order;
    if (a->row != b->row)
        return (uintptr_t)a->row < (uintptr_t)b->row ? -1 : 1;
    return (a->source > b->source) - (a->source < b->source);
}

static int compare_points(const void *left, const void *right)
{
    const struct curve_point *a = left, *b = right;
    if (a->retained != b->retained)
        return a->retained < b->retained ? -1 : 1;
    return strcmp(a->label, b->label);
}

/* Dots of one setting. */
static struct curve_point point_of(const struct dot *dots, size_t count)
{
    const struct quality_row *row = dots->row;
    struct curve_point point = {
        .label = row->label, .quality = row->quality, .n = count, .retained = row->retained.median};
    for (size_t i = 0; i < count; i++) {
        point.cpu_s += dots[i].cpu_s;
        if (isnan(dots[i].bytes_in) || isnan(dots[i].bytes_out))
            continue;
        point.bytes_in += (uint64_t)dots[i].bytes_in;
        point.bytes_out += (uint64_t)dots[i].bytes_out;
    }
    point.cpu_s /= (double)count;
    point.size_ratio = metrics_ratio((double)point.bytes_out, (double)point.bytes_in);
    return point;
}

static bool fill_points(struct quality_curve *curve, const struct dot *dots, size_t count)
{
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += !i || dots[i].row != dots[i - 1].row;
    curve->points = calloc(rows + 1, sizeof *curve->points);
    if (!curve->points)
        return false;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && dots[end].row == dots[i].row)
            end++;
        curve->points[curve->point_count++] = point_of(&dots[i], end - i);
        i = end;
    }
    qsort(curve->points, curve->point_count, sizeof *curve->points, compare_points);
    return true;
}

static double known(uint64_t bytes)
{
    return bytes == UNKNOWN ? (double)NAN : (double)bytes;
}

static size_t collect(struct metrics *metrics, struct dot *dots)
{
    const struct retained_figures *retained = &metrics->retained;
    size_t count = 0;
    for (size_t i = 0; i < retained->pair_count; i++) {
        const struct quality_pair *pair = &retained->pairs[i];
        /* Of another size its bytes and its score say something else. */
        bool fits = !isnan(pair->score.ssimulacra2) && !pair->score.resized;
        const struct quality_row *row = fits ? metrics_row_of(metrics, pair) : NULL;
        if (row)
            dots[count++] = (struct dot){.row = row,
                                         .source = pair->source,
                                         .score = pair->score.ssimulacra2,
                                         .bytes_in = known(metrics->run->files[pair->source].bytes),
                                         .bytes_out = known(metrics->run->files[pair->output].bytes),
                                         .cpu_s = metrics->images[pair->image].cpu_s};
    }
    return count;
}

/* Both orders have the curves in the same sequence and as many dots in each. */
bool metrics_curves(struct metrics *metrics)
{
    struct retained_figures *retained = &metrics->retained;
    struct dot *dots = calloc(retained->pair_count + 1, sizeof *dots);
    struct dot *by_row = calloc(retained->pair_count + 1, sizeof *by_row);
    retained->curves = calloc(retained->pair_count + 1, sizeof *retained->curves);
    bool good = dots && by_row && retained->curves;
    size_t count = good ? collect(metrics, dots) : 0;
    if (good) {
        memcpy(by_row, dots, count * sizeof *dots);
        qsort(dots, count, sizeof *dots, compare_dots);
        qsort(by_row, count, sizeof *by_row, compare_rows);
    }
    for (size_t i = 0; good && i < count;) {
        size_t end = i + 1;
        while (end < count && !compare_encoders(&dots[end], &dots[i]))
            end++;
        struct quality_curve *curve = &retained->curves[retained->curve_count++];
        *curve = (struct quality_curve){
            .format = dots[i].row->format, .encoder = dots[i].row->encoder, .scale = dots[i].row->scale};
        count_sources(curve, &dots[i], end - i);
        fill_scores(curve, &dots[i], end - i);
        good = fill_points(curve, &by_row[i], end - i);
        i = end;
    }
    free(dots);
    free(by_row);
    return good;
}
