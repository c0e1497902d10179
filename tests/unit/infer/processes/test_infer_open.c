/* SPDX-License-Identifier: MIT
 * Owns: the claims about files that stay open: while outputs come and go in the place of each other, until the process
 * ends. Must not know: how inference does it. */
#include <fcntl.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

static void encodes(struct actor tool, double ms, uint32_t number)
{
    act_codec(tool, ms + 6, 6, number, trace_role_ENCODE, trace_codec_JPEG, 0x100000, 0x9000);
    act_output(tool, ms + 6, number, "/photos/out.jpg", FORMAT_JPEG, 0x9000, 400);
}

/* The tool closes its input last, or goes on reading it: all of that is the image's, and so is what its trials held in
 * memory and what their threads did. */
START_TEST(what_the_trials_took_is_in_their_image)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    act_codec(tool, 18, 5, 1, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x100000);
    ACT(tool, 19, heap, .live_bytes = 1000, .window_peak_bytes = 1000, .peak_bytes = 1000);
    encodes(tool, 20, 2);
    struct actor helper = scene_thread(tool, 101, 21);
    ACT(helper, 29, thread_end, .cpu_ns = 5 * MS);
    ACT(tool, 30, heap, .live_bytes = 1000, .window_peak_bytes = 9000, .peak_bytes = 9000);
    encodes(tool, 40, 3);
    act_read(tool, 51, 1, 1, 0x1000, 300);
    ACT(tool, 52, heap, .live_bytes = 1000, .window_peak_bytes = 4000, .peak_bytes = 9000);
    act_close(tool, 53, 0.5, 1, 500);
    act_end(tool, 60, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    ck_assert_uint_eq(image->attempts, 2);
    ck_assert_uint_eq(image->stage_ns[STAGE_IMAGE_READ], 2 * MS);
    ck_assert_uint_eq(image->read_bytes, 800);
    ck_assert_uint_eq(image->read_ops, 2);
    ck_assert_uint_eq(image->phase_start_ns[STAGE_IMAGE_READ], AT(11));
    ck_assert_uint_eq(image->cpu_ns - image->cpu_thread_ns, 5 * MS);
    ck_assert_uint_eq(image->peak_heap_bytes, 9000);
    run_free(run);
}
END_TEST

/* Killed while a codec that nobody has seen encode yet writes one of them. */
START_TEST(what_is_still_open_at_the_end_is_looked_up_as_long_as_it_is_needed)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (uint32_t file = 1; file <= 16; file++)
        act_open(tool, 10, 1, file, "/photos/other", O_RDONLY, 500);
    act_open(tool, 11, 1, 20, "/photos/a.jpg", O_WRONLY | O_CREAT, 0);
    act_write(tool, 12, 1, 20, 0x9000, 400);
    act_head(tool, 12, 20, trace_direction_OUT, FORMAT_JPEG, 3, 0x9000);
    act_read(tool, 13, 1, (uint32_t)_i, 0x1000, 100);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].output_count, 1);
    ck_assert_uint_eq(run_file(run, "/photos/a.jpg")->bytes, 400);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_open");
    TCase *tests = tcase_create("open");
    tcase_add_test(tests, what_the_trials_took_is_in_their_image);
    tcase_add_loop_test(tests, what_is_still_open_at_the_end_is_looked_up_as_long_as_it_is_needed, 1, 17);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
