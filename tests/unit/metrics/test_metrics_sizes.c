/* SPDX-License-Identifier: MIT
 * Owns: claims about sizes, formats and quality settings, on runs made for each claim.
 * Must not know: formatting. */
#include "analyzer/metrics/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/parts/sample_run.h"
#include "tests/unit/parts/suite.h"

#define CLOSE 1e-9

static struct metrics *compute(const struct run *run)
{
    struct metrics *metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    return metrics;
}

static void release(struct metrics *metrics, struct run *run)
{
    metrics_free(metrics);
    run_free(run);
}

/* A JPEG of in bytes that became one of out bytes; returns its image. */
static struct image *jpeg(struct run *run, uint64_t in, uint64_t out)
{
    uint32_t chain = (uint32_t)run->image_count;
    uint32_t source = sample_file(run, "in.jpg", FILE_ROLE_SOURCE, FORMAT_JPEG, in);
    uint32_t final = sample_file(run, "out.jpg", FILE_ROLE_FINAL, FORMAT_JPEG, out);
    return sample_image(run, chain, source, final, chain * 10, chain * 10 + 10);
}

static uint32_t last_file(const struct run *run)
{
    return (uint32_t)run->file_count - 1;
}

/* 100 → 10 and 10 → 9 and 10 → 11: Σ 30 ÷ 120 = 0.25, while the median of 0.1, 0.9, 1.1 is 0.9. */
START_TEST(ratios_are_of_sums_and_medians_of_images)
{
    struct run *run = sample_empty_run();
    jpeg(run, 100, 10);
    jpeg(run, 10, 9);
    jpeg(run, 10, 11);
    struct metrics *metrics = compute(run);
    ck_assert_double_eq_tol(metrics->formats[0].size_ratio, 0.25, CLOSE);
    ck_assert_double_eq_tol(metrics->formats[0].median_size_ratio, 0.9, CLOSE);
    ck_assert_uint_eq(metrics->conversion_count, 0);
    release(metrics, run);
}
END_TEST

START_TEST(one_source_of_three_outputs_counts_once_in_totals)
{
    struct run *run = sample_empty_run();
    uint32_t source = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000);
    for (uint32_t i = 0; i < 3; i++)
        sample_image(run, i, source, sample_file(run, "out", FILE_ROLE_FINAL, FORMAT_WEBP, 100), i * 10, i * 10 + 5);
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->bytes_in, 1000);
    ck_assert_uint_eq(metrics->bytes_out, 300);
    ck_assert_double_eq_tol(metrics->formats[0].size_ratio, 0.1, CLOSE); /* 300 ÷ (3 · 1000) */
    release(metrics, run);
}
END_TEST

START_TEST(growth_is_a_negative_saving)
{
    struct run *run = sample_empty_run();
    jpeg(run, 1000, 1500);
    struct metrics *metrics = compute(run);
    ck_assert_int_eq(metrics->bytes_saved, -500);
    ck_assert_double_eq_tol(metrics->saved_per_image, -500, CLOSE);
    ck_assert_double_eq_tol(metrics->images[0].size_ratio, 1.5, CLOSE);
    release(metrics, run);
}
END_TEST

START_TEST(failed_discarded_and_unfinished_images_save_nothing)
{
    struct run *run = sample_empty_run();
    jpeg(run, 1000, 10)->status = IMAGE_FAILED;
    jpeg(run, 1000, 10)->status = IMAGE_DISCARDED;
    jpeg(run, 1000, 10)->status = IMAGE_UNFINISHED;
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->failed, 1);
    ck_assert_uint_eq(metrics->discarded, 1);
    ck_assert_uint_eq(metrics->unfinished, 1);
    ck_assert_uint_eq(metrics->bytes_in, 0);
    ck_assert_uint_eq(metrics->format_count, 0);
    ck_assert(isnan(metrics->saved_per_image));
    ck_assert(isnan(metrics->images[1].size_ratio));
    ck_assert_uint_eq(metrics->busy.count, 3); /* their time was spent all the same */
    release(metrics, run);
}
END_TEST

START_TEST(an_output_that_was_overwritten_is_not_in_the_totals)
{
    struct run *run = sample_empty_run();
    jpeg(run, 1000, 400);
    run->files[last_file(run)].survives = false;
    jpeg(run, 1000, 300);
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->bytes_in, 1000);
    ck_assert_uint_eq(metrics->bytes_out, 300);
    ck_assert_uint_eq(metrics->formats[0].n, 2);
    release(metrics, run);
}
END_TEST

START_TEST(what_went_through_a_pipe_is_delivered)
{
    struct run *run = sample_empty_run();
    jpeg(run, 1000, 400);
    run->files[last_file(run)].survives = false;
    run->files[last_file(run)].kind = FILE_KIND_PIPE;
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->bytes_out, 400);
    release(metrics, run);
}
END_TEST

START_TEST(unknown_sizes_are_left_out_and_counted)
{
    struct run *run = sample_empty_run();
    jpeg(run, 1000, 500);
    jpeg(run, UNKNOWN, 500);
    jpeg(run, 0, 500); /* a ratio to nothing is unknown */
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->formats[0].n, 3);
    ck_assert_uint_eq(metrics->formats[0].sized, 2);
    ck_assert_double_eq_tol(metrics->formats[0].median_size_ratio, 0.5, CLOSE);
    ck_assert(isnan(metrics->images[1].size_ratio) && isnan(metrics->images[2].size_ratio));
    release(metrics, run);
}
END_TEST

/* A header that lies behind the recorded bytes leaves -1. The output's pixels stand for no source: it may be a
 * thumbnail. */
START_TEST(pixels_that_are_not_known_make_no_figure)
{
    struct run *run = sample_empty_run();
    struct image_facts unknown = {.format = FORMAT_JPEG, .width = -1, .height = -1, .frames = 1};
    struct image_facts small = {.format = FORMAT_JPEG, .width = 40, .height = 30, .frames = 1};
    for (int i = 0; i < 3; i++) {
        jpeg(run, 1000, 500);
        run->files[2 * i].facts = i == 1 ? small : unknown;
        run->files[2 * i + 1].facts = small;
        run->images[i].peak_heap_bytes = 12000;
    }
    run->images[2].input_count = 0;
    struct metrics *metrics = compute(run);
    ck_assert(metrics->images[0].pixels == UNKNOWN && isnan(metrics->images[0].bytes_per_pixel));
    ck_assert_double_eq_tol(metrics->images[1].bytes_per_pixel, 10, CLOSE);
    ck_assert_double_eq_tol(metrics->images[2].bytes_per_pixel, 10, CLOSE); /* made from nothing */
    release(metrics, run);
}
END_TEST

/* PNG 1000 → PPM → WebP 300 and AVIF 200: one image, in both formats with its own bytes. */
START_TEST(a_chain_with_two_final_formats_counts_in_each)
{
    struct run *run = sample_empty_run();
    uint32_t source = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000);
    uint32_t hop = sample_file(run, "hop.ppm", FILE_ROLE_INTERMEDIATE, FORMAT_PNM, 9000);
    uint32_t webp = sample_file(run, "out.webp", FILE_ROLE_FINAL, FORMAT_WEBP, 300);
    uint32_t avif = sample_file(run, "out.avif", FILE_ROLE_FINAL, FORMAT_AVIF, 200);
    sample_image(run, 0, source, hop, 0, 10);
    sample_image(run, 0, hop, webp, 10, 20);
    sample_image(run, 0, hop, avif, 20, 30);
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->chains, 1);
    ck_assert_uint_eq(metrics->format_count, 2);
    ck_assert_double_eq_tol(metrics->formats[0].size_ratio, 0.3, CLOSE);
    ck_assert_double_eq_tol(metrics->formats[1].size_ratio, 0.2, CLOSE);
    ck_assert_uint_eq(metrics->conversion_count, 2);
    ck_assert_uint_eq(metrics->bytes_in, 1000);
    ck_assert_uint_eq(metrics->bytes_out, 500);
    release(metrics, run);
}
END_TEST

START_TEST(images_without_a_chain_stand_alone)
{
    struct run *run = sample_empty_run();
    jpeg(run, 10, 5)->chain = NO_ID;
    jpeg(run, 10, 5)->chain = NO_ID;
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->chains, 2);
    release(metrics, run);
}
END_TEST

START_TEST(scales_of_different_encoders_are_never_merged)
{
    struct run *run = sample_empty_run();
    static const char *const encoders[] = {"libjpeg", "jpegli", "libjpeg"};
    for (size_t i = 0; i < 3; i++) {
        struct image *image = jpeg(run, 100, 50);
        image->settings->encoder = image->settings->scale = encoders[i];
        sample_set(image, SETTING_QUALITY, 80);
    }
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->formats[0].quality_count, 2);
    ck_assert_str_eq(metrics->formats[0].qualities[0].encoder, "libjpeg");
    ck_assert_uint_eq(metrics->formats[0].qualities[0].n, 2);
    ck_assert_str_eq(metrics->formats[0].qualities[1].encoder, "jpegli");
    release(metrics, run);
}
END_TEST

static void assert_label(struct run *run, const char *expected)
{
    struct metrics *metrics = compute(run);
    ck_assert_uint_eq(metrics->formats[0].quality_count, 1);
    ck_assert_str_eq(metrics->formats[0].qualities[0].label, expected);
    release(metrics, run);
}

START_TEST(the_setting_of_a_known_encoder_beats_the_tables)
{
    struct run *run = sample_empty_run();
    struct image *image = jpeg(run, 100, 50);
    image->settings->encoder = "libjpeg";
    sample_set(image, SETTING_QUALITY, 75);
    run->files[last_file(run)].facts.quality = 74;
    assert_label(run, "q=75");
    run = sample_empty_run();
    sample_set(jpeg(run, 100, 50), SETTING_QUALITY, 75);
    run->files[last_file(run)].facts.quality = 74;
    assert_label(run, "q=74");
}
END_TEST

START_TEST(a_label_says_only_what_is_known)
{
    struct run *run = sample_empty_run();
    jpeg(run, 100, 50);
    assert_label(run, "settings not seen");
    run = sample_empty_run();
    jpeg(run, 100, 50);
    run->files[last_file(run)].facts.quality = 90;
    run->files[last_file(run)].facts.quality_rmse = 3;
    assert_label(run, "custom tables, about q=90");
    static const struct {
        enum image_format format;
        enum setting_key key;
        double value;
        const char *label;
    } cases[] = {{FORMAT_JXL, SETTING_DISTANCE, (double)1.9F, "distance 1.9"},
                 {FORMAT_WEBP, SETTING_LOSSLESS, 1, "lossless"},
                 {FORMAT_WEBP, SETTING_LOSSLESS, 0, "settings not seen"},
                 {FORMAT_PNG, SETTING_PALETTE_COLOURS, 256, "256 colours"},
                 {FORMAT_PNG, SETTING_EFFORT, 9, "level 9"},
                 {FORMAT_AVIF, SETTING_QUANTIZER_MAX, 63, "quantizer max=63"},
                 {FORMAT_AVIF, SETTING_QUANTIZER, 18, "quantizer cq=18"},
                 {FORMAT_AVIF, SETTING_QUALITY, 60, "q=60"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run = sample_empty_run();
        sample_set(jpeg(run, 100, 50), cases[i].key, cases[i].value);
        run->files[last_file(run)].facts.format = cases[i].format;
        assert_label(run, cases[i].label);
    }
    run = sample_empty_run();
    jpeg(run, 100, 50);
    run->files[last_file(run)].facts.format = FORMAT_WEBP;
    run->files[last_file(run)].facts.quantizer = 27;
    run->files[last_file(run)].facts.webp_quality = 80;
    assert_label(run, "about q=80-89");
}
END_TEST

START_TEST(level_that_the_program_chose_is_named_beside_the_range)
{
    for (int level = 25; level <= 26; level++) { /* 25 is what libavif makes of 20 to 31 by itself */
        struct run *run = sample_empty_run();
        struct image *image = jpeg(run, 100, 50);
        image->settings->scale = "aom";
        sample_set(image, SETTING_QUANTIZER_MIN, 20);
        sample_set(image, SETTING_QUANTIZER_MAX, 31);
        sample_set(image, SETTING_QUANTIZER, level);
        run->files[last_file(run)].facts.format = FORMAT_AVIF;
        assert_label(run, level == 25 ? "aom min=20 max=31" : "aom min=20 max=31 cq=26");
    }
}
END_TEST

START_TEST(a_hundred_thousand_images_take_seconds_not_hours)
{
    enum { COUNT = 100000, KINDS = 5000 };
    struct run *run = sample_empty_run();
    run->files = calloc(COUNT * 2, sizeof *run->files);
    run->images = calloc(COUNT, sizeof *run->images);
    uint32_t *ids = calloc(COUNT * 2, sizeof *ids);
    ck_assert(run->files && run->images && ids);
    run->file_count = COUNT * 2;
    run->image_count = COUNT;
    run->settings = calloc(KINDS, sizeof *run->settings);
    for (; run->settings_count < KINDS; run->settings_count++)
        run->settings[run->settings_count] = calloc(1, sizeof **run->settings);
    for (uint32_t i = 0; i < COUNT; i++) {
        ids[i * 2] = i * 2;
        ids[i * 2 + 1] = i * 2 + 1;
        run->files[i * 2].bytes = 1000;
        run->files[i * 2 + 1] = (struct image_file){.role = FILE_ROLE_FINAL, .bytes = 400, .survives = true};
        run->files[i * 2 + 1].facts.format = FORMAT_PNG;
        run->images[i] = (struct image){.inputs = &ids[i * 2],
                                        .input_count = 1,
                                        .outputs = &ids[i * 2 + 1],
                                        .output_count = 1,
                                        .chain = COUNT - i,
                                        .busy_ns = i,
                                        .settings = run->settings[i % KINDS]};
        sample_set(&run->images[i], SETTING_EFFORT, i % KINDS);
    }
    clock_t start = clock();
    struct metrics *metrics = compute(run);
    ck_assert_double_lt((double)(clock() - start) / CLOCKS_PER_SEC, 5);
    ck_assert_uint_eq(metrics->bytes_out, 400 * (uint64_t)COUNT);
    ck_assert_uint_eq(metrics->formats[0].quality_count, KINDS);
    for (size_t i = 0; i < COUNT; i++) {
        run->images[i].inputs = run->images[i].outputs = NULL;
    }
    free(ids);
    release(metrics, run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_sizes");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, ratios_are_of_sums_and_medians_of_images);
    tcase_add_test(tests, one_source_of_three_outputs_counts_once_in_totals);
    tcase_add_test(tests, growth_is_a_negative_saving);
    tcase_add_test(tests, failed_discarded_and_unfinished_images_save_nothing);
    tcase_add_test(tests, an_output_that_was_overwritten_is_not_in_the_totals);
    tcase_add_test(tests, what_went_through_a_pipe_is_delivered);
    tcase_add_test(tests, unknown_sizes_are_left_out_and_counted);
    tcase_add_test(tests, pixels_that_are_not_known_make_no_figure);
    tcase_add_test(tests, a_chain_with_two_final_formats_counts_in_each);
    tcase_add_test(tests, images_without_a_chain_stand_alone);
    tcase_add_test(tests, scales_of_different_encoders_are_never_merged);
    tcase_add_test(tests, the_setting_of_a_known_encoder_beats_the_tables);
    tcase_add_test(tests, a_label_says_only_what_is_known);
    tcase_add_test(tests, level_that_the_program_chose_is_named_beside_the_range);
    tcase_add_test(tests, a_hundred_thousand_images_take_seconds_not_hours);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
