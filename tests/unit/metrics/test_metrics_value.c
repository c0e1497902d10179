/* SPDX-License-Identifier: MIT
 * Owns: the claims about value: which images count as grown, hardly smaller, coded lossily again or thrown away; work
 * done twice; temporary files; what a saved megabyte cost; and what stays unknown.
 * Must not know: how facts and times come about. */
#include "tests/unit/parts/sample_run.h"
#include "tests/unit/parts/suite.h"

#include <math.h>

#include "analyzer/metrics/metrics.h"
#include "analyzer/metrics/quality/value.h"

#define MB UINT64_C(1000000)

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

static const struct value_figures *compute(void)
{
    metrics_free(metrics);
    metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    return &metrics->value;
}

/* Another image of its own chain, of 100 ms, all of it CPU. */
static struct image *converted(enum image_format in, uint64_t bytes_in, enum image_format out, uint64_t bytes_out)
{
    uint32_t chain = (uint32_t)run->image_count;
    uint32_t source = sample_file(run, "in", FILE_ROLE_SOURCE, in, bytes_in);
    uint32_t final = sample_file(run, "out", FILE_ROLE_FINAL, out, bytes_out);
    struct image *image = sample_image(run, chain, source, final, 1000 + 100 * chain, 1100 + 100 * chain);
    image->cpu_ns = image->cpu_thread_ns = 100 * SAMPLE_MS;
    return image;
}

START_TEST(grown_and_hardly_smaller_images_are_told_apart_at_zero_and_one_per_cent)
{
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 1001);
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 1000);
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 991);
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 990);
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 3000);
    const struct value_figures *value = compute();
    ck_assert_uint_eq(value->all.n, 5);
    ck_assert_uint_eq(value->grew.n, 2);
    ck_assert_uint_eq(value->grew.bytes_out - value->grew.bytes_in, 2001);
    ck_assert_uint_eq(value->grew.worst[0], 4); /* it gained most */
    ck_assert_uint_eq(value->grew.worst[1], 0);
    ck_assert_uint_eq(value->little.n, 2);
    ck_assert_uint_eq(value->all.worst[0], 4);
    ck_assert_double_eq_tol(value->little.cpu_s, 0.2, 1e-9);
}
END_TEST

START_TEST(sizes_that_are_not_known_count_nowhere)
{
    converted(FORMAT_PNG, UNKNOWN, FORMAT_PNG, 1000);
    converted(FORMAT_PNG, 1000, FORMAT_PNG, UNKNOWN);
    const struct value_figures *value = compute();
    ck_assert_uint_eq(value->all.n + value->grew.n + value->little.n, 0);
    ck_assert(isnan(value->cpu_s_per_mb_saved));
}
END_TEST

START_TEST(a_saved_megabyte_costs_all_cpu_over_all_bytes)
{
    converted(FORMAT_PNG, 4 * MB, FORMAT_WEBP, 1 * MB);
    converted(FORMAT_PNG, 1 * MB, FORMAT_WEBP, 2 * MB); /* what grew takes back */
    ck_assert_double_eq_tol(compute()->cpu_s_per_mb_saved, 0.2 / 2, 1e-9);
    converted(FORMAT_PNG, 1 * MB, FORMAT_WEBP, 3 * MB);
    ck_assert(isnan(compute()->cpu_s_per_mb_saved)); /* nothing was saved */
}
END_TEST

START_TEST(a_saved_megabyte_has_no_price_where_a_cpu_time_is_unknown)
{
    converted(FORMAT_PNG, 4 * MB, FORMAT_WEBP, 1 * MB);
    struct image *image = converted(FORMAT_PNG, 4 * MB, FORMAT_WEBP, 1 * MB);
    image->cpu_ns = image->cpu_thread_ns = UNKNOWN;
    const struct value_figures *value = compute();
    ck_assert(isnan(value->cpu_s_per_mb_saved) && isnan(value->all.cpu_s));
    ck_assert_double_eq_tol(value->all.busy_s, 0.2, 1e-9);
}
END_TEST

/* Sets whether a format that can be either is lossless: of the last image's input and output. */
static void lossless(int in, int out)
{
    const struct image *image = &run->images[run->image_count - 1];
    run->files[image->inputs[0]].facts.lossless = (int8_t)in;
    run->files[image->outputs[0]].facts.lossless = (int8_t)out;
}

START_TEST(coded_lossily_again_is_what_was_lossy_on_both_sides_and_decoded_between)
{
    converted(FORMAT_JPEG, 1000, FORMAT_JPEG, 500);
    lossless(0, 0);
    converted(FORMAT_JPEG, 1000, FORMAT_JPEG, 900); /* jpegtran */
    lossless(0, 0);
    sample_set(&run->images[1], SETTING_LOSSLESS, 1);
    converted(FORMAT_JPEG, 1000, FORMAT_PNG, 3000);
    lossless(0, 1);
    converted(FORMAT_PNG, 3000, FORMAT_JPEG, 1000);
    lossless(1, 0);
    converted(FORMAT_JPEG, 1000, FORMAT_WEBP, 700);
    lossless(0, -1); /* it is not known what the WebP is */
    converted(FORMAT_WEBP, 1000, FORMAT_AVIF, 700);
    lossless(0, 0);
    converted(FORMAT_JPEG, 1000, FORMAT_JPEG, 1000); /* the encode was thrown away */
    lossless(0, 0);
    run->images[6].settings->copied = true;
    const struct value_figures *value = compute();
    ck_assert_uint_eq(value->reencoded.n, 2);
    ck_assert_uint_eq(value->reencoded.worst[0], 5); /* 0.7 of its input; the other one is 0.5 */
    ck_assert_uint_eq(value->reencoded.worst[1], 0);
    static const int expected[] = {1, 0, 0, 0, -1, 1, 0};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_int_eq(metrics->images[i].reencoded, expected[i]);
}
END_TEST

START_TEST(failed_and_discarded_images_are_groups_of_their_own)
{
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 500)->status = IMAGE_FAILED;
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 500)->status = IMAGE_DISCARDED;
    converted(FORMAT_PNG, 1000, FORMAT_PNG, 500)->status = IMAGE_UNFINISHED;
    const struct value_figures *value = compute();
    ck_assert_uint_eq(value->failed.n, 1);
    ck_assert_uint_eq(value->failed.worst[0], 0);
    ck_assert_uint_eq(value->discarded.n, 1);
    ck_assert_uint_eq(value->discarded.worst[0], 1);
    ck_assert_uint_eq(value->all.n, 0);
}
END_TEST

START_TEST(a_source_read_by_several_images_is_read_again_but_the_first_time)
{
    struct image *image = NULL;
    for (int i = 0; i < 3; i++) {
        image = converted(FORMAT_JPEG, 1000, FORMAT_WEBP, 500);
        image->inputs[0] = run->images[0].inputs[0];
        image->read_ops = 4;
        sample_stage(image, STAGE_IMAGE_READ, 10, 0);
        sample_stage(image, STAGE_DECODE, i == 2 ? 0 : 20, 0);
    }
    const struct value_figures *value = compute();
    ck_assert_uint_eq(value->repeated_files, 1);
    ck_assert_uint_eq(value->repeated[0].reads, 3);
    ck_assert_uint_eq(value->repeated[0].decodes, 2);
    ck_assert_uint_eq(value->repeated_bytes, 2000);
    ck_assert_double_eq_tol(value->repeated_s, 0.030 + 0.010, 1e-9);
}
END_TEST

START_TEST(one_reading_for_several_outputs_is_none_again)
{
    for (int i = 0; i < 3; i++) {
        struct image *image = converted(FORMAT_JPEG, 1000, FORMAT_WEBP, 500);
        image->inputs[0] = run->images[0].inputs[0];
        if (!i)
            sample_stage(image, STAGE_IMAGE_READ, 10, 0);
    }
    ck_assert_uint_eq(compute()->repeated_files, 0);
    for (int i = 1; i < 3; i++) /* a pipe is read once, however many images came through it */
        sample_stage(&run->images[i], STAGE_IMAGE_READ, 10, 0);
    run->files[run->images[0].inputs[0]].kind = FILE_KIND_PIPE;
    ck_assert_uint_eq(compute()->repeated_files, 0);
    run->files[run->images[0].inputs[0]].kind = FILE_KIND_FILE;
    ck_assert_uint_eq(compute()->repeated_files, 1);
}
END_TEST

START_TEST(a_temporary_file_is_counted_once_and_its_writing_and_reading_both)
{
    uint32_t source = sample_file(run, "in", FILE_ROLE_SOURCE, FORMAT_JPEG, 1000);
    uint32_t between = sample_file(run, "tmp", FILE_ROLE_INTERMEDIATE, FORMAT_PNM, 5 * MB);
    uint32_t final = sample_file(run, "out", FILE_ROLE_FINAL, FORMAT_WEBP, 500);
    struct image *image = sample_image(run, 0, source, between, 1000, 1100);
    sample_stage(image, STAGE_IMAGE_READ, 1, 0);
    sample_stage(image, STAGE_IMAGE_WRITE, 20, 0);
    image->write_ops = 10;
    image = sample_image(run, 0, between, final, 1200, 1300);
    sample_stage(image, STAGE_IMAGE_READ, 30, 0);
    sample_stage(image, STAGE_IMAGE_WRITE, 2, 0);
    image->read_ops = 90;
    image->small_ops = 60;
    const struct value_figures *value = compute();
    ck_assert_uint_eq(value->intermediate_files, 1);
    ck_assert_uint_eq(value->intermediate_bytes, 5 * MB);
    ck_assert_double_eq_tol(value->intermediate_s, 0.050, 1e-9);
    ck_assert_uint_eq(value->io_ops, 100);
    ck_assert_uint_eq(value->small_ops, 60);
    ck_assert_double_eq_tol(value->io_s, 0.053, 1e-9);
    run->files[between].kind = FILE_KIND_PIPE; /* nothing of it ever was in a file */
    ck_assert_uint_eq(compute()->intermediate_files, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics_value");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, grown_and_hardly_smaller_images_are_told_apart_at_zero_and_one_per_cent);
    tcase_add_test(tests, sizes_that_are_not_known_count_nowhere);
    tcase_add_test(tests, a_saved_megabyte_costs_all_cpu_over_all_bytes);
    tcase_add_test(tests, a_saved_megabyte_has_no_price_where_a_cpu_time_is_unknown);
    tcase_add_test(tests, coded_lossily_again_is_what_was_lossy_on_both_sides_and_decoded_between);
    tcase_add_test(tests, failed_and_discarded_images_are_groups_of_their_own);
    tcase_add_test(tests, a_source_read_by_several_images_is_read_again_but_the_first_time);
    tcase_add_test(tests, one_reading_for_several_outputs_is_none_again);
    tcase_add_test(tests, a_temporary_file_is_counted_once_and_its_writing_and_reading_both);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
