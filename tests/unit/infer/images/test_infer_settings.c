/* SPDX-License-Identifier: MIT
 * Owns: the claims about settings that are made on one handle and used by another.
 * Must not know: which library has such handles. */
#include <string.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

enum { ENCODER = 90 }; /* its session */

static void act_setting(struct actor actor, double ms, uint32_t session, enum trace_setting key, double value)
{
    ACT(actor, ms, codec_setting, .value = value, .session = session, .key = (uint8_t)key, .codec = trace_codec_HEIF);
}

/* One image: in as file number n, out as n + 1, encoded by session n with what is set on
 * the encoder. */
static void act_image(struct actor actor, double ms, uint32_t n, const char *in, const char *out)
{
    act_input(actor, ms, n, in, FORMAT_PNG, 0x1000 * n, 4000);
    act_codec(actor, ms + 8, 5, n, trace_role_ENCODE, trace_codec_HEIF, 0, 0x800000 + 0x1000 * n);
    ACT(actor, ms + 8, session_link, .session = n, .source_session = ENCODER);
    act_output(actor, ms + 9, n + 1, out, FORMAT_JPEG, 0x800000 + 0x1000 * n, 300);
}

static const struct image_settings *settings_of(const struct run *run, const char *out)
{
    const struct image_file *file = run_file(run, out);
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < run->image_count; i++)
        for (size_t k = 0; k < run->images[i].output_count; k++)
            if (&run->files[run->images[i].outputs[k]] == file)
                return run->images[i].settings;
    ck_abort_msg("no image made %s", out);
    return NULL;
}

static void expect(const struct run *run, const char *out, double quality, bool lossless)
{
    const struct image_settings *settings = settings_of(run, out);
    ck_assert_str_eq(settings->encoder, "libheif");
    ck_assert_str_eq(settings->scale, "libheif");
    ck_assert(settings->known[SETTING_QUALITY]);
    ck_assert_double_eq(settings->value[SETTING_QUALITY], quality);
    ck_assert(settings->known[SETTING_LOSSLESS] == lossless);
}

START_TEST(each_image_has_what_was_set_on_its_encoder_when_it_was_encoded)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_setting(tool, 1, ENCODER, trace_setting_QUALITY, 30);
    act_image(tool, 10, 1, "/photos/a.png", "/photos/a.jpg");
    act_setting(tool, 29, ENCODER, trace_setting_QUALITY, 70);
    act_image(tool, 30, 3, "/photos/b.png", "/photos/b.jpg");
    act_setting(tool, 49, ENCODER, trace_setting_LOSSLESS, 1);
    act_image(tool, 50, 5, "/photos/c.png", "/photos/c.jpg");
    act_end(tool, 80, 20, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->image_count, 3);
    expect(run, "/photos/a.jpg", 30, false);
    expect(run, "/photos/b.jpg", 70, false);
    expect(run, "/photos/c.jpg", 70, true);
    run_free(run);
}
END_TEST

START_TEST(encoder_that_is_only_prepared_is_no_image)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 4000);
    act_setting(tool, 15, ENCODER, trace_setting_QUALITY, 30);
    act_codec(tool, 20, 5, 1, trace_role_ENCODE, trace_codec_PNG, 0, 0x800000);
    act_output(tool, 21, 2, "/photos/a.gif", FORMAT_GIF, 0x800000, 300);
    act_end(tool, 80, 20, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(settings_of(run, "/photos/a.gif")->encoder, "libpng");
    ck_assert(!settings_of(run, "/photos/a.gif")->known[SETTING_QUALITY]);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_settings");
    TCase *tests = tcase_create("settings");
    tcase_add_test(tests, each_image_has_what_was_set_on_its_encoder_when_it_was_encoded);
    tcase_add_test(tests, encoder_that_is_only_prepared_is_no_image);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
