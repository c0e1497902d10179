/* SPDX-License-Identifier: MIT
 * Owns: the claims about which of zlib's calls belong to an image, and which of nested encoders made it.
 * Must not know: how inference does it. */
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

enum { ARCHIVE = 90, BEFORE = 0x1000, WITHIN = 0x1020, ELSEWHERE = 0x70000 };

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

/* A stream was begun; zlib's own header is what a PNG holds, others are raw or of gzip. */
static void begin(struct actor actor, double ms, uint32_t session, bool own_header, int level)
{
    if (own_header)
        ACT(actor, ms, codec_setting, .value = 0, .session = session, .key = SETTING_COMPRESSION);
    if (own_header && level >= 0)
        ACT(actor, ms, codec_setting, .value = level, .session = session, .key = SETTING_EFFORT);
}

static void packs(struct actor actor, double ms, double took, uint32_t session, enum trace_role role, uint64_t buffer)
{
    ACT(actor, ms, rows, .duration_ns = (uint64_t)(took * 1e6), .first_ns = AT(ms - took), .last_ns = AT(ms),
        .buffer = buffer, .calls = 9, .session = session, .hook = 7, .role = role, .codec = trace_codec_ZLIB);
}

/* Reads, decodes and writes a JPEG by libjpeg, and does with an archive what it likes, if anything. */
static struct run *jpeg_with_archive(bool archive, bool own_header)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, BEFORE, 500);
    act_cpu(tool, 12, 12);
    act_codec(tool, 20, 8, 1, trace_role_DECODE, trace_codec_JPEG, BEFORE, 0x5000);
    act_cpu(tool, 20, 20);
    if (archive) {
        begin(tool, 21, ARCHIVE, own_header, 9);
        packs(tool, 25, 3, ARCHIVE, trace_role_DECODE, ELSEWHERE);
        packs(tool, 28, 3, ARCHIVE + 1, trace_role_ENCODE, ELSEWHERE);
        if (own_header)
            act_codec(tool, 29, 0.5, ARCHIVE + 2, trace_role_ENCODE, trace_codec_ZLIB, ELSEWHERE, ELSEWHERE + 9000);
    }
    act_cpu(tool, 30, 30);
    act_codec(tool, 40, 10, 2, trace_role_ENCODE, trace_codec_JPEG, 0x5000, 0x9000);
    act_cpu(tool, 40, 40);
    act_output(tool, 41, 2, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
    if (archive)
        packs(tool, 46, 1, ARCHIVE + 3, trace_role_DECODE, ELSEWHERE);
    act_cpu(tool, 47, 47);
    act_end(tool, 48, 48, 0);
    return finish(&scene);
}

START_TEST(an_archive_beside_a_jpeg_changes_nothing)
{
    struct run *with = jpeg_with_archive(true, _i), *without = jpeg_with_archive(false, false);
    ck_assert_uint_eq(with->image_count, 1);
    const struct image *image = with->images, *expected = without->images;
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        ck_assert_uint_eq(image->stage_ns[stage], expected->stage_ns[stage]);
    ck_assert_uint_eq(image->busy_ns, expected->busy_ns);
    ck_assert_uint_eq(image->attempts, 1);
    ck_assert_str_eq(image->settings->encoder, "libjpeg");
    ck_assert_str_eq(image->settings->decoder, "libjpeg");
    ck_assert(!image->settings->known[SETTING_EFFORT]);
    run_free(with);
    run_free(without);
}
END_TEST

/* A picture is loaded once and saved twice, as thumbnails are: nothing decodes before the second. */
START_TEST(the_second_png_of_one_input_has_its_packer_too)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, BEFORE, 500);
    act_codec(tool, 20, 8, 1, trace_role_DECODE, trace_codec_JPEG, BEFORE, 0x5000);
    for (uint32_t i = 0; i < 2; i++) {
        begin(tool, 30 + 20 * i, 2 + i, true, 3 + (int)i);
        packs(tool, 38 + 20 * i, 5, 2 + i, trace_role_ENCODE, ELSEWHERE);
        act_output(tool, 40 + 20 * i, 2 + i, i ? "/photos/b.png" : "/photos/a.png", FORMAT_PNG, 0x9000, 400);
    }
    act_end(tool, 90, 48, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct image *image = &run->images[i];
        ck_assert_uint_eq(image->attempts, 1);
        ck_assert_str_eq(image->settings->encoder, "zlib");
        ck_assert_uint_eq((unsigned)image->settings->value[SETTING_EFFORT], 3 + (unsigned)i);
        ck_assert_str_eq(image->settings->decoder, "libjpeg");
    }
    run_free(run);
}
END_TEST

START_TEST(an_archive_alone_is_no_image)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    begin(tool, 1, 1, true, 9);
    packs(tool, 5, 3, 1, trace_role_ENCODE, ELSEWHERE);
    act_codec(tool, 9, 1, 2, trace_role_DECODE, trace_codec_ZLIB, ELSEWHERE, 0x9000);
    act_end(tool, 10, 10, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 0);
    run_free(run);
}
END_TEST

/* From PNG to PNG, all by zlib. linked: the packed bytes were read to where they are unpacked from. */
static struct run *png_by_zlib(bool linked, bool own_header)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, BEFORE, 500);
    act_cpu(tool, 12, 12);
    begin(tool, 12, 1, own_header, -1);
    packs(tool, 20, 6, 1, trace_role_DECODE, linked ? WITHIN : ELSEWHERE);
    act_cpu(tool, 20, 20);
    act_output(tool, 25, 2, "/photos/out.png", FORMAT_PNG, 0x9000, 400);
    begin(tool, 28, 2, own_header, 7);
    packs(tool, 35, 7, 2, trace_role_ENCODE, linked ? 0x9010 : ELSEWHERE);
    act_cpu(tool, 36, 36);
    act_end(tool, 40, 40, 0);
    return finish(&scene);
}

START_TEST(zlib_decodes_and_encodes_what_is_png)
{
    struct run *run = png_by_zlib(_i, true);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    ck_assert_str_eq(image->settings->decoder, "zlib");
    ck_assert_uint_ge(image->stage_ns[STAGE_DECODE] - image->inferred_ns[STAGE_DECODE], 6 * MS - 1000);
    run_free(run);
}
END_TEST

START_TEST(a_raw_stream_is_no_png_unless_its_bytes_were_read_from_one)
{
    struct run *run = png_by_zlib(false, false);
    ck_assert_ptr_null(run->images->settings->decoder);
    ck_assert_ptr_null(run->images->settings->encoder);
    ck_assert_uint_eq(run->images->attempts, 0);
    run_free(run);
    run = png_by_zlib(true, false);
    ck_assert_str_eq(run->images->settings->decoder, "zlib");
    run_free(run);
}
END_TEST

/* All is packed before anything is written: what zlib was told holds, its time stays the tool's own. */
static struct run *packed_first(enum image_format output, bool libpng)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.gif", FORMAT_GIF, BEFORE, 500);
    act_cpu(tool, 12, 12);
    begin(tool, 13, 1, true, 8);
    packs(tool, 20, 6, 1, trace_role_ENCODE, ELSEWHERE);
    act_cpu(tool, 20, 20);
    if (libpng)
        act_codec(tool, 24, 3, 2, trace_role_ENCODE, trace_codec_PNG, 0x5000, 0x9000);
    act_output(tool, 25, 2, "/photos/out", output, 0x9000, 400);
    act_cpu(tool, 29, 29);
    act_end(tool, 30, 30, 0);
    return finish(&scene);
}

START_TEST(what_was_packed_before_a_png_names_its_encoder)
{
    struct run *run = packed_first(FORMAT_PNG, false);
    ck_assert_str_eq(run->images->settings->encoder, "zlib");
    ck_assert_double_eq(run->images->settings->value[SETTING_EFFORT], 8);
    ck_assert_uint_eq(run->images->attempts, 1);
    ck_assert_uint_eq(run->images->inferred_ns[STAGE_OPTIMIZATION], run->images->stage_ns[STAGE_OPTIMIZATION]);
    run_free(run);
    run = packed_first(FORMAT_PNG, true);
    ck_assert_str_eq(run->images->settings->encoder, "libpng");
    ck_assert(!run->images->settings->known[SETTING_EFFORT]);
    run_free(run);
    run = packed_first(FORMAT_JPEG, false);
    ck_assert_ptr_null(run->images->settings->encoder);
    ck_assert_uint_eq(run->images->attempts, 0);
    run_free(run);
}
END_TEST

/* TIFF's rows ask for JPEG's: a record of either kind may come first. */
START_TEST(what_a_codec_asks_of_another_is_its_detail)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.gif", FORMAT_GIF, BEFORE, 500);
    ACT(tool, 20, rows, .duration_ns = 6 * MS, .first_ns = AT(13), .last_ns = AT(20), .calls = 9, .session = 1,
        .hook = 7, .role = trace_role_ENCODE, .codec = trace_codec_TIFF);
    for (unsigned i = 0; i < 3; i++)
        ACT(tool, 20, rows, .duration_ns = MS, .first_ns = AT(13), .last_ns = AT(20), .calls = 9, .session = 2 + i,
            .hook = 8, .depth = 1, .role = trace_role_ENCODE, .codec = trace_codec_JPEG);
    ACT(tool, 20, codec_setting, .value = 70, .session = 1, .key = SETTING_QUALITY, .codec = trace_codec_JPEG);
    act_output(tool, 25, 2, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
    act_end(tool, 30, 30, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->images->attempts, 1);
    ck_assert_str_eq(run->images->settings->encoder, "libtiff");
    ck_assert_double_eq(run->images->settings->value[SETTING_QUALITY], 70);
    run_free(run);
}
END_TEST

/* Who makes PNG by itself filters rows between zlib's calls, and writes a chunk's length before the calls are told of:
 * 40 ms, of them 26 in zlib. Nothing of it lies between the encode and its writing. */
START_TEST(between_the_rows_of_a_png_its_program_filters)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, BEFORE, 500);
    act_cpu(tool, 12, 12);
    act_codec(tool, 20, 8, 1, trace_role_DECODE, trace_codec_JPEG, BEFORE, 0x5000);
    act_cpu(tool, 20, 20);
    act_open(tool, 21, 1, 2, "/photos/out.png", 1, 0);
    begin(tool, 21, 2, true, 6);
    act_write(tool, 22, 1, 2, 0x9000, 41);
    act_head(tool, 22, 2, trace_direction_OUT, FORMAT_PNG, 0, 0x9000);
    act_cpu(tool, 22, 22);
    for (double ms = 22; ms < 62; ms += 20) {
        act_write(tool, ms + 19, 0.5, 2, 0x9000, 12);
        ACT(tool, ms + 19, rows, .duration_ns = 13 * MS, .first_ns = AT(ms), .last_ns = AT(ms + 18.5),
            .buffer = ELSEWHERE, .calls = 9, .session = 2, .hook = 7, .role = trace_role_ENCODE,
            .codec = trace_codec_ZLIB);
        act_cpu(tool, ms + 19, ms + 19);
        act_write(tool, ms + 20, 1, 2, 0x9800, 400);
        act_cpu(tool, ms + 20, ms + 20);
    }
    act_close(tool, 63, 1, 2, 800);
    act_cpu(tool, 63, 63);
    act_end(tool, 64, 64, 0);
    struct run *run = finish(&scene);
    const struct image *image = run->images;
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(image->stage_ns[STAGE_ENCODE], 37 * MS);
    ck_assert_uint_eq(image->inferred_ns[STAGE_ENCODE], 11 * MS);
    ck_assert_uint_eq(image->unattributed_ns, MS); /* the output's open */
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_packed");
    TCase *tests = tcase_create("packed");
    tcase_add_loop_test(tests, an_archive_beside_a_jpeg_changes_nothing, 0, 2);
    tcase_add_test(tests, the_second_png_of_one_input_has_its_packer_too);
    tcase_add_test(tests, an_archive_alone_is_no_image);
    tcase_add_loop_test(tests, zlib_decodes_and_encodes_what_is_png, 0, 2);
    tcase_add_test(tests, a_raw_stream_is_no_png_unless_its_bytes_were_read_from_one);
    tcase_add_test(tests, what_was_packed_before_a_png_names_its_encoder);
    tcase_add_test(tests, between_the_rows_of_a_png_its_program_filters);
    tcase_add_test(tests, what_a_codec_asks_of_another_is_its_detail);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
