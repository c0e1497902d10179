/* SPDX-License-Identifier: MIT
 * Owns: the claims about losses and disagreements: what counts, what does not, what stays unknown.
 * Must not know: how facts and settings come about. */
#include "tests/unit/parts/sample_run.h"
#include "tests/unit/parts/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/metrics.h"
#include "analyzer/metrics/images/losses.h"

static struct run *run;
static struct metrics *metrics;

static void set_up(void)
{
    run = sample_empty_run();
}

static void tear_down(void)
{
    metrics_free(metrics);
    metrics = NULL;
    run_free(run);
}

/* A photo as cameras write them. */
static uint32_t add_photo(const char *path, enum file_role role)
{
    uint32_t id = sample_file(run, path, role, FORMAT_JPEG, 1000);
    struct image_facts *facts = &run->files[id].facts;
    facts->width = 4000;
    facts->height = 3000;
    facts->depth = 8;
    facts->frames = 1;
    facts->icc = facts->exif = facts->xmp = 1;
    facts->alpha = 0;
    facts->orientation = 6;
    facts->subsampling = 420;
    facts->progressive = 0;
    return id;
}

/* One image of the two; facts: what the output's are besides. Returns the output's facts. */
static struct image_facts *one_image(void)
{
    uint32_t in = add_photo("in", FILE_ROLE_SOURCE), out = add_photo("out", FILE_ROLE_FINAL);
    sample_image(run, 0, in, out, 100, 200);
    return &run->files[out].facts;
}

static void compute(void)
{
    metrics_free(metrics);
    metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
}

/* As words: "icc alpha?", where ? marks what is not known. */
static void expect_lost(const char *wanted)
{
    char found[200] = "";
    compute();
    ck_assert(metrics->checks[0].compared);
    for (int i = 0; i < LOSS_COUNT; i++)
        if (metrics->checks[0].lost[i]) {
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s%s", *found ? " " : "",
                     loss_name((enum loss)i), metrics->checks[0].lost[i] < 0 ? "?" : "");
        }
    ck_assert_str_eq(found, wanted);
}

START_TEST(what_is_the_same_is_not_lost)
{
    one_image();
    expect_lost("");
    ck_assert_uint_eq(metrics->compared, 1);
    ck_assert_uint_eq(metrics->lost[LOSS_ICC], 0);
}
END_TEST

START_TEST(what_the_output_lacks_is_lost)
{
    struct image_facts *out = one_image();
    out->icc = out->exif = out->xmp = 0;
    out->orientation = 1;
    out->width /= 2;
    out->height /= 2;
    expect_lost("icc exif xmp orientation pixels");
    ck_assert_uint_eq(metrics->lost[LOSS_PIXELS], 1);
    run->files[0].facts.alpha = 1;
    run->files[0].facts.depth = 16;
    run->files[0].facts.frames = 12;
    expect_lost("icc exif xmp orientation alpha depth animation pixels");
}
END_TEST

START_TEST(what_one_side_does_not_say_is_not_known)
{
    struct image_facts *out = one_image();
    out->icc = -1;
    out->width = -1;
    run->files[0].facts.exif = -1;
    out->exif = 0;
    run->files[0].facts.xmp = -1; /* there afterwards: whatever it was before, it is not lost */
    run->files[0].facts.frames = 7;
    out->frames = -1;
    expect_lost("icc? exif? animation? pixels?");
    ck_assert_uint_eq(metrics->lost_unknown[LOSS_ICC], 1);
    run->files[0].facts.icc = 0; /* nothing to lose */
    run->files[0].facts.frames = 1;
    expect_lost("exif? pixels?");
}
END_TEST

START_TEST(turned_pixels_need_no_orientation)
{
    struct image_facts *out = one_image();
    out->orientation = 1;
    out->width = 3000;
    out->height = 4000;
    expect_lost("");
    out->width = 300;
    out->height = 400;
    expect_lost("pixels");
    out->width = 400;
    out->height = 301;
    expect_lost("orientation pixels");
    out->width = out->height = 400; /* a crop */
    expect_lost("orientation? pixels");
    out->width = 4000;
    out->height = 3000;
    run->files[0].facts.orientation = 3; /* half a turn shows in no size */
    expect_lost("orientation?");
    run->files[0].facts.orientation = 1;
    expect_lost("");
}
END_TEST

START_TEST(palettes_vectors_and_jpeg_xl_are_looked_at_twice)
{
    struct image_facts *out = one_image();
    out->palette = 16;
    out->depth = 4;
    expect_lost("");
    out->palette = 0;
    expect_lost("depth");
    out->depth = 8;
    out->format = FORMAT_JXL;
    out->icc = 0;
    expect_lost("icc?");
    out->icc = 1;
    run->files[0].facts.format = FORMAT_SVG;
    out->width = 10;
    expect_lost("pixels?");
}
END_TEST

START_TEST(several_inputs_are_merged)
{
    struct image_facts *out = one_image();
    uint32_t logo = add_photo("logo", FILE_ROLE_SOURCE);
    out = &run->files[1].facts; /* files may have moved */
    struct image *image = &run->images[0];
    image->inputs = realloc(image->inputs, 2 * sizeof *image->inputs);
    image->inputs[image->input_count++] = logo;
    struct image_facts *facts = &run->files[logo].facts;
    facts->alpha = 1;
    facts->depth = 16;
    facts->width = facts->height = 9000;
    facts->icc = facts->exif = facts->xmp = 0;
    facts->orientation = 1;
    expect_lost("");
    run->files[0].facts.alpha = 1;
    expect_lost("alpha");
    facts->frames = 3;
    out->icc = 0;
    expect_lost("icc alpha animation");
}
END_TEST

START_TEST(chains_compare_first_source_and_final_output)
{
    uint32_t in = add_photo("in", FILE_ROLE_SOURCE), hop = add_photo("hop", FILE_ROLE_INTERMEDIATE),
             out = add_photo("out", FILE_ROLE_FINAL);
    run->files[hop].facts.icc = 0;
    run->files[hop].facts.format = FORMAT_PNM;
    run->files[out].facts.xmp = 0;
    sample_image(run, 0, in, hop, 100, 200);
    sample_image(run, 0, hop, out, 200, 300);
    expect_lost("icc");
    ck_assert_uint_eq(metrics->compared, 1);
    ck_assert_uint_eq(metrics->lost[LOSS_ICC], 0); /* somebody put it back */
    ck_assert_uint_eq(metrics->lost[LOSS_XMP], 1);
}
END_TEST

START_TEST(failed_images_are_not_compared)
{
    one_image();
    run->images[0].status = IMAGE_FAILED;
    compute();
    ck_assert(!metrics->checks[0].compared && metrics->compared == 0);
}
END_TEST

static void expect_disagreement(enum setting_key key, double file)
{
    compute();
    ck_assert_uint_eq(metrics->checks[0].disagreement_count, 1);
    ck_assert_int_eq(metrics->checks[0].disagreements[0].setting, key);
    ck_assert_double_eq_tol(metrics->checks[0].disagreements[0].file, file, 1e-9);
    ck_assert_uint_eq(metrics->disagreeing, 1);
}

static void expect_agreement(void)
{
    compute();
    ck_assert_uint_eq(metrics->checks[0].disagreement_count, 0);
    ck_assert_uint_eq(metrics->disagreeing, 0);
}

START_TEST(tables_of_another_quality_disagree)
{
    struct image_facts *out = one_image();
    run->images[0].settings->scale = "libjpeg";
    sample_set(&run->images[0], SETTING_QUALITY, 80);
    out->quality = 75;
    out->quality_rmse = 0;
    expect_disagreement(SETTING_QUALITY, 75);
    out->quality_rmse = 3; /* tables of no quality */
    expect_agreement();
    out->quality_rmse = 0;
    run->images[0].settings->scale = "libimagequant";
    expect_agreement();
    run->images[0].settings->scale = "libjpeg";
    out->quality = 80;
    expect_agreement();
}
END_TEST

START_TEST(coding_that_was_not_asked_for_disagrees)
{
    struct image_facts *out = one_image();
    sample_set(&run->images[0], SETTING_SUBSAMPLING, 444);
    expect_disagreement(SETTING_SUBSAMPLING, 420);
    out->subsampling = 400; /* grey has no chroma to sample */
    expect_agreement();
    out->format = FORMAT_WEBP;
    sample_set(&run->images[0], SETTING_LOSSLESS, 1);
    out->lossless = 0;
    expect_disagreement(SETTING_LOSSLESS, 0);
    out->lossless = -1;
    expect_agreement();
    out->format = FORMAT_AVIF;
    sample_set(&run->images[0], SETTING_QUANTIZER_MAX, 26);
    out->quantizer = 104;
    expect_agreement();
    out->quantizer = 180;
    expect_disagreement(SETTING_QUANTIZER_MAX, 45);
}
END_TEST

START_TEST(sizes_may_be_swapped_or_those_of_parts)
{
    struct image_facts *out = one_image();
    sample_set(&run->images[0], SETTING_WIDTH, 3000);
    sample_set(&run->images[0], SETTING_HEIGHT, 4000);
    expect_agreement();
    sample_set(&run->images[0], SETTING_HEIGHT, 3000);
    expect_disagreement(SETTING_WIDTH, 4000);
    out->format = FORMAT_AVIF; /* a cell of a grid */
    expect_agreement();
    out->format = FORMAT_WEBP;
    out->frames = 5;
    expect_agreement();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_losses");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_is_the_same_is_not_lost);
    tcase_add_test(tests, what_the_output_lacks_is_lost);
    tcase_add_test(tests, what_one_side_does_not_say_is_not_known);
    tcase_add_test(tests, turned_pixels_need_no_orientation);
    tcase_add_test(tests, palettes_vectors_and_jpeg_xl_are_looked_at_twice);
    tcase_add_test(tests, several_inputs_are_merged);
    tcase_add_test(tests, chains_compare_first_source_and_final_output);
    tcase_add_test(tests, failed_images_are_not_compared);
    tcase_add_test(tests, tables_of_another_quality_disagree);
    tcase_add_test(tests, coding_that_was_not_asked_for_disagrees);
    tcase_add_test(tests, sizes_may_be_swapped_or_those_of_parts);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
