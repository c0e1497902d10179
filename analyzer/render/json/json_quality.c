/* SPDX-License-Identifier: MIT
 * Owns: what the JSON report says of the quality that was retained.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json/json_quality.h"
#include "analyzer/render/json_values.h"
#include "analyzer/metrics/quality/pairs.h"

#include <math.h>

json_t *render_json_retained(const struct metrics *metrics, const struct retained *retained)
{
    if (!metrics->retained.measured || !retained->n)
        return json_null();
    json_t *worst = json_array();
    for (size_t i = 0; i < retained->worst_count; i++)
        json_array_append_new(worst, json_integer(metrics->retained.pairs[retained->worst_pairs[i]].image));
    return json_pack("{s:o, s:o, s:o, s:o}", "n", render_json_integer(retained->n), "p5",
                     render_json_number(retained->p5), "worst", render_json_number(retained->worst), "worst_images",
                     worst);
}

json_t *render_json_median_retained(const struct metrics *metrics, const struct retained *retained)
{
    return metrics->retained.measured && retained->n ? render_json_number(retained->median) : json_null();
}

json_t *render_json_image_retained(const struct metrics *metrics, size_t index)
{
    const struct quality_pair *pair = metrics_pair_of(metrics, index);
    return pair ? render_json_number(quality_retained(&pair->score)) : json_null();
}

json_t *render_json_image_quality(const struct metrics *metrics, size_t index)
{
    const struct quality_pair *pair = metrics_pair_of(metrics, index);
    if (!pair)
        return json_null();
    const struct pair_score *score = &pair->score;
    char room[PAIR_SCORE_NOTE_BYTES];
    json_t *externals = json_object();
    for (size_t i = 0; i < metrics->retained.metric_count; i++)
        json_object_set_new(externals, metrics->retained.metrics[i].name, render_json_number(score->externals[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:i, s:o, s:o}", "score",
                     render_json_number(score->ssimulacra2), "psnr_db", render_json_number(score->psnr_db), "ssim",
                     render_json_number(score->ssim), "ms_ssim", render_json_number(score->ms_ssim), "identical",
                     (int)score->identical, "resized", (int)score->resized, "lossy_input", (int)pair->lossy_source,
                     "alpha", (int)score->alpha, "frames", (int)score->frames, "reason",
                     render_json_text(pair_score_note(score, room)), "metrics", externals);
}

static json_t *curve(const struct quality_curve *curve)
{
    json_t *points = json_array(), *scores = json_array();
    for (size_t i = 0; i < curve->point_count; i++) {
        const struct curve_point *point = &curve->points[i];
        json_array_append_new(
            points, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "label", render_json_text(point->label), "quality",
                              render_json_number(point->quality), "n", render_json_integer(point->n),
                              "quality_retained", render_json_number(point->retained), "size_ratio",
                              render_json_number(point->size_ratio), "cpu_s", render_json_number(point->cpu_s)));
    }
    for (size_t i = 0; i < curve->at_count; i++) {
        const struct curve_score *at = &curve->at[i];
        json_array_append_new(
            scores, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "score", render_json_number(at->score), "n",
                              render_json_integer(at->n), "bytes_in", render_json_number(at->bytes_in), "bytes_out",
                              render_json_number(at->bytes_out), "mean_bytes_out",
                              render_json_number(at->mean_bytes_out), "size_ratio", render_json_number(at->size_ratio),
                              "size_reduction", render_json_number(1 - at->size_ratio), "cpu_s_per_mb_saved",
                              render_json_number(at->cpu_s_per_mb_saved)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "format", format_key(curve->format), "encoder",
                     render_json_text(curve->encoder), "scale", render_json_text(curve->scale), "sources",
                     render_json_integer(curve->sources), "points", points, "at", scores);
}

static json_t *band_counts(const struct retained_figures *retained)
{
    json_t *object = json_object();
    for (int band = BAND_COUNT - 1; band >= 0; band--)
        json_object_set_new(object, quality_band_key((enum quality_band)band),
                            render_json_integer(retained->bands[band]));
    return object;
}

static json_t *reasons(const struct score_reason *reasons, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("{s:o, s:o}", "reason", render_json_text(reasons[i].reason), "n",
                                               render_json_integer(reasons[i].n)));
    return array;
}

json_t *render_json_quality(const struct metrics *metrics)
{
    const struct retained_figures *retained = &metrics->retained;
    if (!retained->measured)
        return json_null();
    json_t *names = json_array(), *curves = json_array(), *values = json_object();
    for (size_t i = 0; i < retained->metric_count; i++) {
        const struct metric_figures *figures = &retained->metrics[i];
        json_array_append_new(names, render_json_text(figures->name));
        json_object_set_new(values, figures->name,
                            json_pack("{s:o, s:o, s:o, s:o}", "n", render_json_integer(figures->n), "median",
                                      render_json_number(figures->median), "failed",
                                      render_json_integer(figures->failed), "reason",
                                      render_json_text(figures->reason)));
    }
    for (size_t i = 0; i < retained->curve_count; i++)
        json_array_append_new(curves, curve(&retained->curves[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "metric", "SSIMULACRA 2.1",
                     "pairs", render_json_integer(retained->pair_count), "scored", render_json_integer(retained->all.n),
                     "quality_retained", render_json_median_retained(metrics, &retained->all), "retained",
                     render_json_retained(metrics, &retained->all), "bands", band_counts(retained), "lossy_inputs",
                     render_json_integer(retained->lossy_inputs), "resized", render_json_integer(retained->resized),
                     "not_scored", reasons(retained->missing, retained->missing_count), "noted",
                     reasons(retained->noted, retained->noted_count), "metrics", names, "metric_values", values,
                     "curves", curves);
}
