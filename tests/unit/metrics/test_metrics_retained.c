/* SPDX-License-Identifier: MIT
 * Owns: claims about the quality that was retained: which files are compared, medians, bands, size at equal quality.
 * Must not know: how pictures are scored. */
#include "analyzer/metrics/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parts/sample_run.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/quality/pairs.h"
#include "analyzer/metrics/quality/retained.h"

#define CLOSE 1e-9

static struct metrics *compute(const struct run *run)
{
    struct metrics *metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    ck_assert(metrics_pairs(metrics));
    return metrics;
}

static void release(struct metrics *metrics, struct run *run)
{
    metrics_free(metrics);
    run_free(run);
}

/* A WebP at a quality from a PNG, in the given bytes and CPU time. */
static void webp(struct run *run, uint32_t source, double quality, uint64_t bytes, uint64_t cpu_ms)
{
    uint32_t chain = (uint32_t)run->image_count;
    uint32_t output = sample_file(run, "out.webp", FILE_ROLE_FINAL, FORMAT_WEBP, bytes);
    struct image *image = sample_image(run, chain, source, output, chain * 10, chain * 10 + 5);
    sample_set(image, SETTING_QUALITY, quality);
    image->settings->encoder = "libwebp";
    image->settings->scale = "webp";
    image->cpu_ns = cpu_ms * SAMPLE_MS;
}

static void score(struct metrics *metrics, size_t pair, double value)
{
    metrics->retained.pairs[pair].score.ssimulacra2 = value;
    metrics->retained.pairs[pair].score.frames = 1;
}

START_TEST(bands_begin_where_their_author_says)
{
    static const struct {
        double score;
        enum quality_band band;
    } cases[] = {{100, BAND_VISUALLY_LOSSLESS},
                 {90, BAND_VISUALLY_LOSSLESS},
                 {89.99, BAND_VERY_HIGH},
                 {80, BAND_VERY_HIGH},
                 {79.99, BAND_HIGH},
                 {70, BAND_HIGH},
                 {69, BAND_MEDIUM},
                 {50, BAND_MEDIUM},
                 {49, BAND_LOW},
                 {30, BAND_LOW},
                 {29.9, BAND_VERY_LOW},
                 {-400, BAND_VERY_LOW}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(quality_band(cases[i].score), cases[i].band);
}
END_TEST

START_TEST(retained_is_cut_off_at_both_ends)
{
    struct pair_score one = pair_score_none("");
    ck_assert(isnan(quality_retained(&one)));
    one.ssimulacra2 = -12;
    ck_assert_double_eq(quality_retained(&one), 0);
    one.ssimulacra2 = 84.5;
    ck_assert_double_eq(quality_retained(&one), 84.5);
}
END_TEST

START_TEST(what_cannot_be_compared_has_its_reason)
{
    struct run *run = sample_empty_run();
    uint32_t png = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000);
    uint32_t pipe = sample_file(run, "pipe", FILE_ROLE_SOURCE, FORMAT_PNG, 1000);
    run->files[pipe].kind = FILE_KIND_PIPE;
    webp(run, png, 80, 100, 1);
    webp(run, pipe, 80, 100, 1);
    webp(run, NO_ID, 80, 100, 1);
    webp(run, png, 80, 100, 1);
    run->files[run->file_count - 1].kind = FILE_KIND_SOCKET;
    webp(run, png, 80, 100, 1);
    run->images[4].status = IMAGE_FAILED;
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->retained.pair_count, 4); /* the failed one has no output to compare */
    ck_assert_str_eq(metrics_pair_of(metrics, 0)->score.reason, "");
    ck_assert_str_eq(metrics_pair_of(metrics, 1)->score.reason, "its input came by pipe");
    ck_assert_str_eq(metrics_pair_of(metrics, 2)->score.reason, "its input was not seen");
    ck_assert_str_eq(metrics_pair_of(metrics, 3)->score.reason, "its output went out by socket");
    ck_assert_ptr_null(metrics_pair_of(metrics, 4));
    score(metrics, 0, 82);
    ck_assert(metrics_retained(metrics));
    ck_assert_uint_eq(metrics->retained.all.n, 1);
    ck_assert_uint_eq(metrics->retained.missing_count, 3);
    release(metrics, run);
}
END_TEST

/* From PNG over a PPM to WebP: the WebP is compared with the PNG. */
START_TEST(a_chain_is_compared_with_its_source)
{
    struct run *run = sample_run();
    struct metrics *metrics = compute(run);
    size_t found = 0;
    for (size_t i = 0; i < metrics->retained.pair_count; i++) {
        const struct quality_pair *pair = &metrics->retained.pairs[i];
        ck_assert_int_ne(run->files[pair->output].role, FILE_ROLE_INTERMEDIATE);
        if (run->files[pair->output].facts.format == FORMAT_WEBP) {
            ck_assert_int_eq(run->files[pair->source].facts.format, FORMAT_PNG);
            found++;
        }
    }
    ck_assert_uint_eq(found, 1);
    ck_assert_uint_eq(metrics->retained.pair_count, 4); /* of five chains one failed */
    release(metrics, run);
}
END_TEST

START_TEST(rows_have_medians_and_worst_images)
{
    struct run *run = sample_empty_run();
    uint32_t png = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000);
    for (int i = 0; i < 25; i++)
        webp(run, png, i < 24 ? 80 : 50, 100, 1);
    struct metrics *metrics = compute(run);
    for (size_t i = 0; i < 25; i++)
        score(metrics, i, i < 24 ? 60 + (double)i : -5);
    ck_assert(metrics_retained(metrics));
    const struct quality_row *row = &metrics->formats[0].qualities[0];
    ck_assert_str_eq(row->label, "q=80");
    ck_assert_uint_eq(row->retained.n, 24);
    ck_assert_double_eq_tol(row->retained.median, 71.5, CLOSE);
    ck_assert_double_eq_tol(row->retained.p5, 60 + 23 * 0.05, CLOSE); /* type 7 */
    ck_assert_double_eq_tol(row->retained.worst, 60, CLOSE);
    ck_assert_uint_eq(row->retained.worst_pairs[0], 0);
    ck_assert_uint_eq(row->retained.worst_count, RETAINED_WORST);
    const struct retained *single = &metrics->formats[0].qualities[1].retained;
    ck_assert_double_eq(single->median, 0); /* cut off */
    ck_assert(isnan(single->p5));           /* of one value it would say nothing */
    ck_assert_uint_eq(metrics->formats[0].retained.n, 25);
    ck_assert_uint_eq(metrics->conversions[0].retained.n, 25);
    ck_assert_uint_eq(metrics->retained.all.worst_pairs[0], 24);
    ck_assert_uint_eq(metrics->retained.bands[BAND_VERY_LOW], 1);
    ck_assert_uint_eq(metrics->retained.bands[BAND_MEDIUM], 10);
    ck_assert_uint_eq(metrics->retained.bands[BAND_HIGH], 10);
    ck_assert_uint_eq(metrics->retained.bands[BAND_VERY_HIGH], 4);
    release(metrics, run);
}
END_TEST

/* 100 bytes at 60 and 400 at 80: at 70, half way, the logarithms' mean is 200. */
START_TEST(size_at_equal_quality_lies_between_two_settings)
{
    struct run *run = sample_empty_run();
    uint32_t png = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000000);
    uint32_t other = sample_file(run, "other.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000000);
    webp(run, png, 50, 100000, 10);
    webp(run, png, 80, 400000, 30);
    webp(run, other, 80, 500000, 40); /* one point: nothing lies between */
    struct metrics *metrics = compute(run);
    score(metrics, 0, 60);
    score(metrics, 1, 80);
    score(metrics, 2, 85);
    ck_assert(metrics_retained(metrics));
    ck_assert_uint_eq(metrics->retained.curve_count, 1);
    const struct quality_curve *curve = &metrics->retained.curves[0];
    ck_assert_uint_eq(curve->sources, 2);
    ck_assert_uint_eq(curve->point_count, 2);
    ck_assert_str_eq(curve->points[0].label, "q=50");
    ck_assert_double_eq_tol(curve->points[1].size_ratio, 0.45, CLOSE);
    ck_assert_uint_eq(curve->at_count, 2); /* 80 is the upper one itself; 90 and 50 are on one side of all */
    ck_assert_double_eq(curve->at[0].score, 80);
    ck_assert_double_eq_tol(curve->at[0].size_ratio, 0.4, CLOSE);
    ck_assert_double_eq(curve->at[1].score, 70);
    ck_assert_uint_eq(curve->at[1].n, 1);
    ck_assert_double_eq_tol(curve->at[1].size_ratio, 0.2, CLOSE);
    ck_assert_double_eq_tol(curve->at[1].cpu_s_per_mb_saved, 0.020 / 0.8, CLOSE);
    release(metrics, run);
}
END_TEST

START_TEST(encoders_have_curves_of_their_own)
{
    struct run *run = sample_empty_run();
    uint32_t png = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000000);
    webp(run, png, 50, 100000, 10);
    webp(run, png, 80, 400000, 30);
    run->images[1].settings->encoder = "another";
    struct metrics *metrics = compute(run);
    score(metrics, 0, 60);
    score(metrics, 1, 80);
    ck_assert(metrics_retained(metrics));
    ck_assert_uint_eq(metrics->retained.curve_count, 2);
    ck_assert_uint_eq(metrics->retained.curves[0].at_count, 0);
    release(metrics, run);
}
END_TEST

START_TEST(sizes_that_are_not_known_give_no_size)
{
    struct run *run = sample_empty_run();
    uint32_t png = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000000);
    webp(run, png, 50, UNKNOWN, 10);
    webp(run, png, 80, 400000, 30);
    struct metrics *metrics = compute(run);
    score(metrics, 0, 60);
    score(metrics, 1, 80);
    ck_assert(metrics_retained(metrics));
    ck_assert(isnan(metrics->retained.curves[0].points[0].size_ratio));
    ck_assert_uint_eq(metrics->retained.curves[0].at_count, 0);
    release(metrics, run);
}
END_TEST

START_TEST(an_image_of_two_outputs_shows_the_worse_one)
{
    struct run *run = sample_empty_run();
    uint32_t png = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000000);
    webp(run, png, 50, 1000, 10);
    uint32_t second = sample_file(run, "second.webp", FILE_ROLE_FINAL, FORMAT_WEBP, 500);
    struct image *image = &run->images[0];
    image->outputs = realloc(image->outputs, 2 * sizeof *image->outputs);
    image->outputs[image->output_count++] = second;
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->retained.pair_count, 2);
    score(metrics, 0, 80);
    score(metrics, 1, 60);
    ck_assert(metrics_retained(metrics));
    ck_assert_double_eq(metrics_pair_of(metrics, 0)->score.ssimulacra2, 60);
    ck_assert_uint_eq(metrics->retained.pairs[metrics->retained.all.worst_pairs[0]].output, second);
    release(metrics, run);
}
END_TEST

START_TEST(a_run_without_images_has_no_pairs)
{
    struct run *run = sample_run_without_images();
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->retained.pair_count, 0);
    ck_assert(metrics_retained(metrics));
    ck_assert_uint_eq(metrics->retained.all.n, 0);
    ck_assert(isnan(metrics->retained.all.median));
    release(metrics, run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("retained");
    TCase *all = tcase_create("all");
    tcase_add_test(all, bands_begin_where_their_author_says);
    tcase_add_test(all, retained_is_cut_off_at_both_ends);
    tcase_add_test(all, what_cannot_be_compared_has_its_reason);
    tcase_add_test(all, a_chain_is_compared_with_its_source);
    tcase_add_test(all, rows_have_medians_and_worst_images);
    tcase_add_test(all, size_at_equal_quality_lies_between_two_settings);
    tcase_add_test(all, encoders_have_curves_of_their_own);
    tcase_add_test(all, sizes_that_are_not_known_give_no_size);
    tcase_add_test(all, an_image_of_two_outputs_shows_the_worse_one);
    tcase_add_test(all, a_run_without_images_has_no_pairs);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
