/* SPDX-License-Identifier: MIT
 * Owns: the claims about names that files get after they were made. Must not know: stages, memory. */
#include <fcntl.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

/* O_TMPFILE and linkat(AT_FDCWD, "/proc/self/fd/4", …): the directory was opened, the link is the name. */
START_TEST(file_made_without_a_name_goes_by_the_one_it_was_linked_to)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_open(tool, 20, 0.1, 2, "/photos", O_RDWR | O_TMPFILE, 0);
    act_write(tool, 22, 1, 2, 0x9000, 400);
    act_head(tool, 22, 2, trace_direction_OUT, FORMAT_GIF, 0, 0x9000);
    ACT(tool, 23, path, .duration_ns = 1000, .from_directory_fd = AT_FDCWD, .to_directory_fd = AT_FDCWD,
        .op = trace_path_op_LINK, .from = TEXT("/proc/self/fd/4"), .to = TEXT("b.gif"));
    act_close(tool, 24, 0.1, 2, 400);
    act_end(tool, 60, 5, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(run->files[run->images[0].outputs[0]].path, "/photos/b.gif");
    run_free(run);
}
END_TEST

START_TEST(second_name_of_a_file_that_has_one_changes_nothing)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 20, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 400);
    ACT(tool, 30, path, .duration_ns = 1000, .from_directory_fd = AT_FDCWD, .to_directory_fd = AT_FDCWD,
        .op = trace_path_op_LINK, .from = TEXT("b.gif"), .to = TEXT("c.gif"));
    act_end(tool, 60, 5, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(run->files[run->images[0].outputs[0]].path, "/photos/b.gif");
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_paths");
    TCase *tests = tcase_create("names");
    tcase_add_test(tests, file_made_without_a_name_goes_by_the_one_it_was_linked_to);
    tcase_add_test(tests, second_name_of_a_file_that_has_one_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
