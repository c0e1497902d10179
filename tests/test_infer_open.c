/* SPDX-License-Identifier: MIT
 * Owns: the claims about files that stay open until the process ends. Must not know: how inference does it. */
#include <fcntl.h>

#include "tests/scene.h"
#include "tests/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

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
    tcase_add_loop_test(tests, what_is_still_open_at_the_end_is_looked_up_as_long_as_it_is_needed, 1, 17);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
