/* SPDX-License-Identifier: MIT
 * Owns: the claims about an image's time: which stage each call and each gap counts for, and how CPU readings limit
 * what a gap may count. Every expected value follows from the script beside it.
 * Must not know: how inference does it. */
#include <fcntl.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

#define EXPECT_STAGE(image, stage, ms)                                                                                 \
    ck_assert_msg(near((image)->stage_ns[stage], ms), "%s: %g ms, expected %g ms", stage_name(stage),                  \
                  (double)(image)->stage_ns[stage] / 1e6, (double)(ms))
#define EXPECT_MS(ns, ms)                                                                                              \
    ck_assert_msg(near(ns, ms), "%s: %g ms, expected %g ms", #ns, (double)(ns) / 1e6, (double)(ms))

static int near(uint64_t ns, double ms)
{
    return (double)ns > ms * 1e6 - 1000 && (double)ns < ms * 1e6 + 1000;
}

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

/* Reads, computes 12–20, sleeps 20–50, computes 50–60, writes. */
START_TEST(opaque_tool_gets_its_gap_as_inferred_optimization_limited_by_cpu)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.gif", FORMAT_GIF, 0x1000, 500);
    act_cpu(tool, 12, 12);
    act_output(tool, 60, 2, "/photos/out.gif", FORMAT_GIF, 0x9000, 400);
    act_cpu(tool, 63, 33);
    act_close(tool, 64, 1, 1, 500);
    act_cpu(tool, 64, 34);
    act_end(tool, 65, 35, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    EXPECT_STAGE(image, STAGE_VALIDATION, 1); /* the open */
    EXPECT_STAGE(image, STAGE_IMAGE_READ, 1);
    EXPECT_STAGE(image, STAGE_OPTIMIZATION, 18);
    ck_assert_uint_eq(image->inferred_ns[STAGE_OPTIMIZATION], image->stage_ns[STAGE_OPTIMIZATION]);
    ck_assert(!image->stage_known[STAGE_DECODE] && !image->stage_known[STAGE_ENCODE]);
    EXPECT_STAGE(image, STAGE_IMAGE_WRITE, 1);
    EXPECT_STAGE(image, STAGE_CLEANUP, 2); /* both closes */
    EXPECT_MS(image->unattributed_ns, 1);  /* the output's open */
    EXPECT_MS(image->busy_ns, 24);
    EXPECT_MS(image->end_ns - image->start_ns, 54);
    ck_assert_int_eq(image->link_rule, LINK_ADJACENCY);
    ck_assert_ptr_null(image->settings->encoder);
    run_free(run);
}
END_TEST

/* Validation 12–14, decode 14–24, transform 24–30 (CPU 4), encode 30–50, write, close. */
START_TEST(tool_with_both_codecs_gets_every_stage)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, 0x1000, 500);
    act_cpu(tool, 12, 12);
    act_codec(tool, 14, 1, 1, trace_role_HEADER, trace_codec_PNG, 0x1000, 0);
    act_cpu(tool, 14, 14);
    act_codec(tool, 24, 10, 1, trace_role_DECODE, trace_codec_PNG, 0, 0x5000);
    act_cpu(tool, 24, 24);
    act_codec(tool, 50, 20, 2, trace_role_ENCODE, trace_codec_WEBP, 0x5000, 0x9000);
    act_cpu(tool, 50, 48);
    act_output(tool, 50, 2, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
    act_cpu(tool, 53, 51);
    act_codec(tool, 55, 2, 2, trace_role_DESTROY, trace_codec_WEBP, 0, 0);
    act_cpu(tool, 55, 53);
    act_end(tool, 60, 53, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    EXPECT_STAGE(image, STAGE_VALIDATION, 3); /* open 1, gap 1, header call 1 */
    EXPECT_STAGE(image, STAGE_IMAGE_READ, 1);
    EXPECT_STAGE(image, STAGE_DECODE, 10);
    EXPECT_STAGE(image, STAGE_TRANSFORM, 4);
    EXPECT_MS(image->inferred_ns[STAGE_TRANSFORM], 4);
    EXPECT_STAGE(image, STAGE_ENCODE, 20);
    ck_assert_uint_eq(image->inferred_ns[STAGE_ENCODE], 0);
    EXPECT_STAGE(image, STAGE_OPTIMIZATION, 34);
    EXPECT_STAGE(image, STAGE_IMAGE_WRITE, 1);
    EXPECT_STAGE(image, STAGE_CLEANUP, 3);
    EXPECT_MS(image->unattributed_ns, 1);
    EXPECT_MS(image->busy_ns, 43);
    EXPECT_MS(image->cpu_thread_ns, 43);
    static const double phases_ms[STAGE_COUNT] = {
        [STAGE_VALIDATION] = 10, [STAGE_IMAGE_READ] = 11,  [STAGE_DECODE] = 14, [STAGE_OPTIMIZATION] = 14,
        [STAGE_ENCODE] = 30,     [STAGE_IMAGE_WRITE] = 51, [STAGE_CLEANUP] = 52};
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        if (phases_ms[stage] > 0)
            ck_assert_msg(near(image->phase_start_ns[stage] - SCENE_START, phases_ms[stage]), "%s begins at %g ms",
                          stage_name(stage), (double)(image->phase_start_ns[stage] - SCENE_START) / 1e6);
        else
            ck_assert_uint_eq(image->phase_start_ns[stage], UNKNOWN);
    ck_assert_uint_eq(image->read_ops, 1);
    ck_assert_uint_eq(image->read_bytes, 500);
    ck_assert_uint_eq(image->write_ops, 1);
    ck_assert_uint_eq(image->write_bytes, 400);
    ck_assert_uint_eq(image->small_ops, 2);
    run_free(run);
}
END_TEST

/* cjpeg reads PPM rows with its own code: 12–30 before the encoder's first call, 36–40 between its calls. */
START_TEST(tool_without_decoder_gets_its_gaps_before_and_between_encodes_as_inferred_decode)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.ppm", FORMAT_PNM, 0x1000, 500);
    act_cpu(tool, 12, 12);
    act_codec(tool, 36, 6, 1, trace_role_ENCODE, trace_codec_JPEG, 0x5000, 0);
    act_cpu(tool, 36, 36);
    act_codec(tool, 50, 10, 1, trace_role_ENCODE, trace_codec_JPEG, 0x5000, 0x9000);
    act_cpu(tool, 50, 50);
    act_output(tool, 50, 2, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
    act_cpu(tool, 53, 53);
    act_end(tool, 60, 60, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    EXPECT_STAGE(image, STAGE_DECODE, 22);
    EXPECT_MS(image->inferred_ns[STAGE_DECODE], 22);
    EXPECT_STAGE(image, STAGE_ENCODE, 16);
    ck_assert_uint_eq(image->inferred_ns[STAGE_ENCODE], 0);
    EXPECT_STAGE(image, STAGE_TRANSFORM, 0);
    ck_assert(image->stage_known[STAGE_DECODE] && !image->stage_known[STAGE_TRANSFORM]);
    run_free(run);
}
END_TEST

/* djpeg decodes 15–25 and writes PPM with its own code, which takes 25–40. */
START_TEST(tool_without_encoder_gets_its_gap_as_inferred_encode)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, 0x1000, 500);
    act_cpu(tool, 12, 12);
    act_codec(tool, 25, 10, 1, trace_role_DECODE, trace_codec_JPEG, 0x1000, 0x5000);
    act_cpu(tool, 25, 25);
    act_output(tool, 40, 2, "/photos/out.ppm", FORMAT_PNM, 0x9000, 900);
    act_cpu(tool, 43, 43);
    act_end(tool, 60, 60, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    EXPECT_STAGE(image, STAGE_VALIDATION, 4); /* open, and 12–15 */
    EXPECT_STAGE(image, STAGE_DECODE, 10);
    EXPECT_STAGE(image, STAGE_ENCODE, 15);
    EXPECT_MS(image->inferred_ns[STAGE_ENCODE], 15);
    ck_assert_ptr_null(image->settings->encoder);
    run_free(run);
}
END_TEST

static void copy_image(struct actor tool, double ms, double cpu, uint32_t file, const char *in, const char *out)
{
    act_cpu(tool, ms, cpu);
    act_input(tool, ms, file, in, FORMAT_GIF, 0x1000, 500);
    act_cpu(tool, ms + 2, cpu + 2);
    act_close(tool, ms + 3, 1, file, 500);
    act_output(tool, ms + 13, file + 1, out, FORMAT_GIF, 0x9000, 400);
    act_cpu(tool, ms + 16, cpu + 16);
}

START_TEST(sleep_between_two_images_is_in_neither)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    copy_image(tool, 10, 10, 1, "/photos/a.gif", "/photos/a.out.gif");
    copy_image(tool, 126, 26, 3, "/photos/b.gif", "/photos/b.out.gif");
    act_end(tool, 150, 42, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++) {
        EXPECT_STAGE(&run->images[i], STAGE_OPTIMIZATION, 10);
        EXPECT_MS(run->images[i].busy_ns, 16);
        EXPECT_MS(run->images[i].end_ns - run->images[i].start_ns, 16);
    }
    ck_assert_uint_eq(run->worker_count, 1);
    EXPECT_MS(run->workers[0].active_ns, 32);
    EXPECT_MS(run->workers[0].idle_ns, 100);
    run_free(run);
}
END_TEST

START_TEST(busy_time_between_two_images_is_in_neither)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    copy_image(tool, 10, 10, 1, "/photos/a.gif", "/photos/a.out.gif");
    copy_image(tool, 126, 126, 3, "/photos/b.gif", "/photos/b.out.gif"); /* computed 26–126: for whom? */
    act_end(tool, 150, 142, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++)
        EXPECT_MS(run->images[i].busy_ns, 16);
    run_free(run);
}
END_TEST

/* 20 row calls from 20 to 60 take 30 ms in all, 2 of them I/O; what lies between them is the tool's. */
START_TEST(rows_take_their_own_time_and_the_gaps_between_them_are_the_tools)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.ppm", FORMAT_PNM, 0x1000, 500);
    act_cpu(tool, 12, 12);
    act_codec(tool, 20, 1, 1, trace_role_ENCODE, trace_codec_JPEG, 0, 0);
    act_cpu(tool, 20, 20);
    ACT(tool, 60, rows, .duration_ns = 30 * MS, .io_ns = 2 * MS, .first_ns = AT(20), .last_ns = AT(60),
        .buffer = 0x5000, .calls = 20, .session = 1, .hook = 5, .role = trace_role_ENCODE, .codec = trace_codec_JPEG);
    act_cpu(tool, 60, 57);
    act_output(tool, 60, 2, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
    act_cpu(tool, 63, 60);
    act_end(tool, 70, 60, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    EXPECT_STAGE(image, STAGE_ENCODE, 29);
    ck_assert_uint_eq(image->inferred_ns[STAGE_ENCODE], 0);
    EXPECT_STAGE(image, STAGE_DECODE, 7 + 7); /* 12–19, and 37 - 30 between rows; 3 ms there were waiting */
    run_free(run);
}
END_TEST

/* One thread, two images at once: a read, b read, a encoded, b encoded, a written, b written. */
START_TEST(interleaved_images_on_one_thread_share_no_nanosecond)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.ppm", FORMAT_PNM, 0x1000, 500);
    act_cpu(tool, 12, 12);
    act_input(tool, 12, 2, "/photos/b.ppm", FORMAT_PNM, 0x2000, 500);
    act_cpu(tool, 14, 14);
    act_codec(tool, 24, 10, 1, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x51000);
    act_codec(tool, 44, 20, 2, trace_role_DECODE, trace_codec_PNG, 0x2000, 0x52000);
    act_cpu(tool, 44, 44);
    act_codec(tool, 74, 30, 3, trace_role_ENCODE, trace_codec_WEBP, 0x51000, 0x91000);
    act_codec(tool, 114, 40, 4, trace_role_ENCODE, trace_codec_WEBP, 0x52000, 0x92000);
    act_cpu(tool, 114, 114);
    act_output(tool, 114, 3, "/photos/b.gif", FORMAT_GIF, 0x92000, 400);
    act_output(tool, 117, 4, "/photos/a.gif", FORMAT_GIF, 0x91000, 300);
    act_cpu(tool, 120, 120);
    act_end(tool, 120, 120, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    const struct image *a = &run->images[0], *b = &run->images[1];
    ck_assert_str_eq(run->files[a->inputs[0]].path, "/photos/a.ppm");
    ck_assert_str_eq(run->files[a->outputs[0]].path, "/photos/a.gif");
    ck_assert_str_eq(run->files[b->outputs[0]].path, "/photos/b.gif");
    ck_assert_int_eq(a->link_rule, LINK_BUFFER);
    EXPECT_STAGE(a, STAGE_DECODE, 10);
    EXPECT_STAGE(a, STAGE_ENCODE, 30);
    EXPECT_STAGE(b, STAGE_DECODE, 20);
    EXPECT_STAGE(b, STAGE_ENCODE, 40);
    EXPECT_MS(a->busy_ns + b->busy_ns, 110);
    ck_assert_uint_eq(a->cpu_ns, UNKNOWN); /* two in flight: whose helpers? */
    EXPECT_MS(a->cpu_thread_ns + b->cpu_thread_ns, 110);
    run_free(run);
}
END_TEST

/* An image of 10 ms on the thread: read 2 ms, encoded, written 2 ms. */
static void small_image(struct actor actor, double ms, uint32_t file, const char *from, const char *to)
{
    act_input(actor, ms, file, from, FORMAT_PNM, 0x1000 * file, 500);
    act_codec(actor, ms + 8, 6, file, trace_role_ENCODE, trace_codec_WEBP, 0x1000 * file, 0x90000 * file);
    act_output(actor, ms + 8, file + 10, to, FORMAT_WEBP, 0x90000 * file, 300);
    act_cpu(actor, ms + 12, ms + 12);
}

/* Threads that stay for the next image say nothing of which one they worked for: what the process used beside its main
 * thread and its images' owners goes to them by their busy time. */
START_TEST(helpers_that_outlive_the_images_are_shared_by_busy_time)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), helper = scene_thread(tool, 101, 1);
    small_image(tool, 10, 1, "/photos/a.ppm", "/photos/a.webp");
    small_image(tool, 30, 2, "/photos/b.ppm", "/photos/b.webp");
    act_cpu(helper, 42, 5);
    ACT(tool, 50, thread_end, .cpu_ns = 50 * MS);
    ACT(tool, 50, process_end, .cpu_user_ns = 110 * MS, .own_cost_ns = 10 * MS, .how = trace_ending_EXIT);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    const struct image *a = &run->images[0], *b = &run->images[1];
    ck_assert_uint_eq(a->busy_ns, b->busy_ns);
    EXPECT_MS(a->helpers_cpu_ns, 25); /* 110 - 50 of the main thread - 10 of the library, for two */
    EXPECT_MS(b->helpers_cpu_ns, 25);
    run_free(run);
}
END_TEST

/* Killed before a sample: what the process used is not known, nor what its helpers did. */
START_TEST(helpers_of_a_process_whose_cpu_is_not_known_are_not_known)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), helper = scene_thread(tool, 101, 1);
    small_image(tool, 10, 1, "/photos/a.ppm", "/photos/a.webp");
    small_image(tool, 30, 2, "/photos/b.ppm", "/photos/b.webp");
    act_cpu(helper, 42, 5);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->images[0].helpers_cpu_ns, UNKNOWN);
    ck_assert_uint_eq(run->images[1].helpers_cpu_ns, UNKNOWN);
    run_free(run);
}
END_TEST

START_TEST(the_only_image_has_all_helpers_and_a_process_without_helpers_none)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), helper = scene_thread(tool, 101, 1);
    struct actor plain = scene_process(&scene, 200, 1, 0);
    small_image(tool, 10, 1, "/photos/a.ppm", "/photos/a.webp");
    act_cpu(helper, 42, 5);
    ACT(tool, 50, thread_end, .cpu_ns = 50 * MS);
    ACT(tool, 50, process_end, .cpu_user_ns = 90 * MS, .how = trace_ending_EXIT);
    small_image(plain, 60, 1, "/photos/b.ppm", "/photos/b.webp");
    ACT(plain, 80, thread_end, .cpu_ns = 80 * MS);
    ACT(plain, 80, process_end, .cpu_user_ns = 99 * MS, .how = trace_ending_EXIT); /* threads nobody saw */
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    const struct image *a = &run->images[0], *b = &run->images[1];
    EXPECT_MS(a->cpu_ns - a->cpu_thread_ns, 40);
    ck_assert_uint_eq(a->helpers_cpu_ns, 0);
    ck_assert_uint_eq(b->cpu_ns, b->cpu_thread_ns);
    ck_assert_uint_eq(b->helpers_cpu_ns, 0);
    run_free(run);
}
END_TEST

/* Worker threads read while the owner waits in one call: seen twice, counted once. */
START_TEST(helpers_calls_inside_the_owners_call_are_not_counted_twice)
{
    struct scene scene = scene_new();
    struct actor owner = scene_process(&scene, 100, 1, 0);
    act_input(owner, 10, 1, "/photos/in.png", FORMAT_PNG, 0x1000, 500);
    act_cpu(owner, 12, 12);
    struct actor helper = scene_thread(owner, 101, 13);
    act_read(helper, 30, 10, 1, 0x1000, 500);
    act_read(helper, 60, 20, 1, 0x1000, 500);
    act_codec(owner, 100, 88, 1, trace_role_ENCODE, trace_codec_PNG, 0x1000, 0x9000);
    act_cpu(owner, 100, 20);
    act_output(owner, 100, 2, "/photos/out.png", FORMAT_PNG, 0x9000, 300);
    act_cpu(owner, 103, 23);
    ACT(helper, 104, thread_end, .cpu_ns = 25 * MS);
    act_end(owner, 105, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    EXPECT_MS(image->busy_ns, 93);
    EXPECT_STAGE(image, STAGE_IMAGE_READ, 31);
    EXPECT_STAGE(image, STAGE_ENCODE, 58);
    ck_assert_uint_eq(run->worker_count, 1); /* a helper is no worker */
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_stages");
    TCase *tests = tcase_create("stages");
    tcase_add_test(tests, opaque_tool_gets_its_gap_as_inferred_optimization_limited_by_cpu);
    tcase_add_test(tests, tool_with_both_codecs_gets_every_stage);
    tcase_add_test(tests, tool_without_decoder_gets_its_gaps_before_and_between_encodes_as_inferred_decode);
    tcase_add_test(tests, tool_without_encoder_gets_its_gap_as_inferred_encode);
    tcase_add_test(tests, sleep_between_two_images_is_in_neither);
    tcase_add_test(tests, busy_time_between_two_images_is_in_neither);
    tcase_add_test(tests, rows_take_their_own_time_and_the_gaps_between_them_are_the_tools);
    tcase_add_test(tests, interleaved_images_on_one_thread_share_no_nanosecond);
    tcase_add_test(tests, helpers_that_outlive_the_images_are_shared_by_busy_time);
    tcase_add_test(tests, helpers_of_a_process_whose_cpu_is_not_known_are_not_known);
    tcase_add_test(tests, the_only_image_has_all_helpers_and_a_process_without_helpers_none);
    tcase_add_test(tests, helpers_calls_inside_the_owners_call_are_not_counted_twice);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
