/* SPDX-License-Identifier: MIT
 * Owns: the claims about libraries that call other libraries' codecs: one attempt, the name of who did the work, the
 * outermost call's time, whose image an address is.
 * Must not know: how inference does it. */
#include <fcntl.h>
#include <string.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

enum { WRITES = 40, READS, GRAPHICS };

static void hook(struct actor actor, uint16_t number, enum trace_role role, const char *library)
{
    ACT(actor, 1, hook, .hook = number, .codec = trace_codec_MAGICK, .role = role, .name = TEXT("call"),
        .library = {library, (uint32_t)strlen(library)});
}

static void names_its_hooks(struct actor actor)
{
    hook(actor, READS, trace_role_DECODE, "/usr/lib/libMagickCore-6.Q16.so.6");
    hook(actor, WRITES, trace_role_ENCODE, "/usr/lib/libMagickCore-6.Q16.so.6");
    hook(actor, GRAPHICS, trace_role_ENCODE, "/usr/lib/libGraphicsMagick-Q16.so.3");
}

/* Before a call that encodes: which image it will be. */
static void announces(struct actor actor, double ms, uint32_t session, uint16_t number, uint64_t image)
{
    ACT(actor, ms, codec_call, .session = session, .hook = number, .role = trace_role_SETUP,
        .codec = trace_codec_MAGICK, .source = image, .source_bytes = 1, .outcome = trace_outcome_DONE);
}

static void outer(struct actor actor, double ms, double took, uint32_t session, uint16_t number, enum trace_role role,
                  uint64_t source, uint64_t target)
{
    ACT(actor, ms, codec_call, .duration_ns = (uint64_t)(took * MS), .session = session, .hook = number, .role = role,
        .codec = trace_codec_MAGICK, .source = source, .source_bytes = 1, .target = target, .target_bytes = 1,
        .outcome = trace_outcome_DONE);
}

static void inner(struct actor actor, double ms, double took, uint32_t session, enum trace_role role,
                  enum trace_codec codec)
{
    ACT(actor, ms, codec_call, .duration_ns = (uint64_t)(took * MS), .session = session, .hook = 1, .role = role,
        .codec = codec, .depth = 1, .outcome = trace_outcome_DONE);
}

static void inner_rows(struct actor actor, double ms, uint32_t session, enum trace_codec codec)
{
    ACT(actor, ms, rows, .duration_ns = 2 * MS, .first_ns = AT(ms - 4), .last_ns = AT(ms - 1), .calls = 8,
        .session = session, .hook = 2, .depth = 1, .role = trace_role_ENCODE, .codec = codec);
}

/* Decode 14-24 with libpng in it, encode 30-50 with libjpeg in it, whose rows come to light behind the call; the file
 * is written, closed inside the call. */
START_TEST(codec_inside_names_the_encoder_and_the_outermost_call_is_the_attempt)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    names_its_hooks(tool);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, 0x1000, 500);
    act_cpu(tool, 14, 14);
    inner(tool, 16, 1, 11, trace_role_HEADER, trace_codec_PNG);
    inner(tool, 23, 6, 11, trace_role_DECODE, trace_codec_PNG);
    outer(tool, 24, 10, 1, READS, trace_role_DECODE, 0, 0x7000);
    act_cpu(tool, 24, 24);
    act_cpu(tool, 30, 30);
    announces(tool, 30, 2, WRITES, 0x7000);
    act_open(tool, 32, 1, 2, "/photos/out.jpg", O_WRONLY | O_CREAT, 0);
    inner(tool, 34, 1, 12, trace_role_ENCODE, trace_codec_JPEG);
    ACT(tool, 46, io, .duration_ns = MS, .bytes = 400, .kernel_bytes = 400, .file = 2, .session = 12,
        .op = trace_io_op_WRITE, .buffer = 0x9000, .calls = 1);
    act_head(tool, 46, 2, trace_direction_OUT, FORMAT_JPEG, 12, 0x9000);
    inner(tool, 47, 2, 12, trace_role_ENCODE, trace_codec_JPEG);
    ACT(tool, 48, close, .duration_ns = MS / 2, .bytes = 400, .file = 2, .session = 2, .last = 1);
    ACT(tool, 50, codec_call, .duration_ns = 20 * MS, .io_ns = MS, .session = 2, .hook = WRITES,
        .role = trace_role_ENCODE, .codec = trace_codec_MAGICK, .source = 0x7000, .source_bytes = 1,
        .outcome = trace_outcome_DONE);
    act_cpu(tool, 50, 50);
    inner_rows(tool, 51, 12, trace_codec_JPEG);
    act_end(tool, 60, 55, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    ck_assert_uint_eq(image->output_count, 1);
    ck_assert_uint_eq(image->attempts, 1);
    ck_assert_int_eq(image->link_rule, LINK_BUFFER);
    ck_assert_str_eq(image->settings->encoder, "libjpeg");
    ck_assert_str_eq(image->settings->decoder, "libpng");
    ck_assert_uint_eq(image->stage_ns[STAGE_DECODE] / MS, 10);
    ck_assert_uint_eq((image->stage_ns[STAGE_TRANSFORM] + MS / 2) / MS, 6); /* the gap between the two */
    ck_assert_uint_eq((image->stage_ns[STAGE_ENCODE] + MS / 2) / MS, 19);
    run_free(run);
}
END_TEST

/* No codec inside: the library has its own, and which of the two Magicks it is tells its file. */
START_TEST(library_with_a_codec_of_its_own_is_the_encoder)
{
    static const struct {
        uint16_t hook;
        const char *name;
    } expected[] = {{WRITES, "ImageMagick"}, {GRAPHICS, "GraphicsMagick"}};
    for (size_t i = 0; i < 2; i++) {
        struct scene scene = scene_new();
        struct actor tool = scene_process(&scene, 100, 1, 0);
        names_its_hooks(tool);
        act_input(tool, 10, 1, "/photos/in.gif", FORMAT_GIF, 0x1000, 500);
        outer(tool, 24, 10, 1, READS, trace_role_DECODE, 0, 0x7000);
        announces(tool, 30, 2, expected[i].hook, 0x7000);
        act_open(tool, 32, 1, 2, "/photos/out.gif", O_WRONLY | O_CREAT, 0);
        ACT(tool, 46, io, .duration_ns = MS, .bytes = 400, .kernel_bytes = 400, .file = 2, .session = 2,
            .op = trace_io_op_WRITE, .buffer = 0x9000, .calls = 1);
        act_head(tool, 46, 2, trace_direction_OUT, FORMAT_GIF, 2, 0x9000);
        ACT(tool, 48, close, .duration_ns = MS / 2, .bytes = 400, .file = 2, .session = 2, .last = 1);
        outer(tool, 50, 20, 2, expected[i].hook, trace_role_ENCODE, 0x7000, 0);
        act_end(tool, 60, 55, 0);
        struct run *run = scene_run(&scene);
        scene_free(&scene);
        ck_assert_uint_eq(run->image_count, 1);
        ck_assert_uint_eq(run->images[0].attempts, 1);
        ck_assert_str_eq(run->images[0].settings->encoder, expected[i].name);
        run_free(run);
    }
}
END_TEST

/* Two images in flight on one thread: the addresses tell which one is written. Then the second's address again, for a
 * third image: it is the third's. Of two more the second is given up, and the first becomes one at its address. */
START_TEST(image_belongs_to_the_newest_owner_of_its_address)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    names_its_hooks(tool);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    outer(tool, 14, 2, 1, READS, trace_role_DECODE, 0, 0x7000);
    act_input(tool, 20, 2, "/photos/b.gif", FORMAT_GIF, 0x1000, 600);
    outer(tool, 24, 2, 2, READS, trace_role_DECODE, 0, 0x8000);
    static const struct {
        double ms;
        uint64_t image;
        const char *path;
    } written[] = {{30, 0x7000, "/photos/a.pnm"},
                   {40, 0x8000, "/photos/b.pnm"},
                   {60, 0x8000, "/photos/c.pnm"},
                   {90, 0xb000, "/photos/d.pnm"}};
    for (uint32_t i = 0; i < 4; i++) {
        double ms = written[i].ms;
        if (i == 2) {
            act_input(tool, 50, 3, "/photos/c.gif", FORMAT_GIF, 0x1000, 700);
            outer(tool, 54, 2, 3, READS, trace_role_DECODE, 0, 0x8000);
        } else if (i == 3) {
            act_input(tool, 70, 4, "/photos/d.gif", FORMAT_GIF, 0x1000, 800);
            outer(tool, 74, 2, 4, READS, trace_role_DECODE, 0, 0xa000);
            act_input(tool, 76, 5, "/photos/e.gif", FORMAT_GIF, 0x1000, 900);
            outer(tool, 80, 2, 5, READS, trace_role_DECODE, 0, 0xb000);
            outer(tool, 84, 2, 6, READS, trace_role_TRANSFORM, 0xa000, 0xb000);
        }
        announces(tool, ms, 10 + i, WRITES, written[i].image);
        act_open(tool, ms + 1, 1, 10 + i, written[i].path, O_WRONLY | O_CREAT, 0);
        ACT(tool, ms + 3, io, .duration_ns = MS, .bytes = 400, .kernel_bytes = 400, .file = 10 + i, .session = 10 + i,
            .op = trace_io_op_WRITE, .buffer = 0x9000, .calls = 1);
        act_head(tool, ms + 3, 10 + i, trace_direction_OUT, FORMAT_PNM, 10 + i, 0x9000);
        ACT(tool, ms + 4, close, .duration_ns = MS / 2, .bytes = 400, .file = 10 + i, .session = 10 + i, .last = 1);
        outer(tool, ms + 5, 5, 10 + i, WRITES, trace_role_ENCODE, written[i].image, 0);
    }
    act_end(tool, 99, 55, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->image_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(run->images[i].input_count, 1);
        ck_assert_uint_eq(run->images[i].output_count, 1);
        const char *in = run->files[run->images[i].inputs[0]].path, *out = run->files[run->images[i].outputs[0]].path;
        ck_assert_int_eq(strncmp(in, out, strlen("/photos/a")), 0);
        ck_assert_uint_eq(run->images[i].attempts, 1);
    }
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer containers");
    TCase *tests = tcase_create("containers");
    tcase_add_test(tests, codec_inside_names_the_encoder_and_the_outermost_call_is_the_attempt);
    tcase_add_test(tests, library_with_a_codec_of_its_own_is_the_encoder);
    tcase_add_test(tests, image_belongs_to_the_newest_owner_of_its_address);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
