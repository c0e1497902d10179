/* SPDX-License-Identifier: MIT
 * Owns: the claims about images and their files: what is an image, which rule links output to input, names that
 * change, chains of processes, what became of it.
 * Must not know: times. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

static const char *input_path(const struct run *run, size_t image, size_t input)
{
    ck_assert_uint_lt(image, run->image_count);
    ck_assert_uint_lt(input, run->images[image].input_count);
    return run->files[run->images[image].inputs[input]].path;
}

static const char *output_path(const struct run *run, size_t image, size_t output)
{
    ck_assert_uint_lt(image, run->image_count);
    ck_assert_uint_lt(output, run->images[image].output_count);
    return run->files[run->images[image].outputs[output]].path;
}

/* An output whose head is written inside codec session 2. */
static void nested_output(struct actor tool, double ms, uint32_t file, const char *path)
{
    act_open(tool, ms + 1, 1, file, path, O_WRONLY | O_CREAT, 0);
    ACT(tool, ms + 3, io, .duration_ns = MS, .bytes = 400, .kernel_bytes = 400, .buffer = 0x99000, .file = file,
        .session = 2, .calls = 1, .op = trace_io_op_WRITE);
    act_head(tool, ms + 3, file, trace_direction_OUT, FORMAT_PNG, 2, 0x99000);
    act_codec(tool, ms + 4, 3, 2, trace_role_ENCODE, trace_codec_PNG, 0x5000, 0);
    act_close(tool, ms + 5, 1, file, 400);
}

START_TEST(file_pointer_given_to_the_decoder_links_by_path)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/other.jpg", FORMAT_JPEG, 0x1000, 500);
    act_input(tool, 20, 2, "/photos/in.jpg", FORMAT_JPEG, 0x2000, 500);
    act_input(tool, 30, 3, "/photos/third.jpg", FORMAT_JPEG, 0x3000, 500);
    ACT(tool, 35, session_link, .session = 1, .file = 2, .direction = trace_direction_IN);
    act_codec(tool, 40, 1, 1, trace_role_DECODE, trace_codec_JPEG, 0, 0);
    ACT(tool, 41, session_link, .session = 2, .source_session = 1);
    act_codec(tool, 45, 1, 2, trace_role_ENCODE, trace_codec_JPEG, 0, 0);
    act_open(tool, 50, 1, 4, "/photos/out.jpg", O_WRONLY | O_CREAT, 0);
    ACT(tool, 50, session_link, .session = 2, .file = 4, .direction = trace_direction_OUT);
    act_write(tool, 52, 1, 4, 0x77000, 300);
    act_head(tool, 52, 4, trace_direction_OUT, FORMAT_JPEG, 0, 0x77000);
    act_close(tool, 53, 1, 4, 300);
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(input_path(run, 0, 0), "/photos/in.jpg");
    ck_assert_int_eq(run->images[0].link_rule, LINK_PATH);
    run_free(run);
}
END_TEST

START_TEST(output_written_inside_the_encoder_belongs_to_its_image)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, 0x1000, 500);
    act_codec(tool, 20, 5, 1, trace_role_DECODE, trace_codec_JPEG, 0x1000, 0x5000);
    nested_output(tool, 30, 2, "/photos/out.png");
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(output_path(run, 0, 0), "/photos/out.png");
    ck_assert_uint_eq(run->files[run->images[0].outputs[0]].bytes, 400);
    ck_assert_int_eq(run->images[0].status, IMAGE_OK);
    ck_assert_str_eq(run->images[0].settings->encoder, "libpng");
    run_free(run);
}
END_TEST

START_TEST(input_read_by_an_encoder_that_began_before_is_its_input)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_codec(tool, 5, 1, 2, trace_role_ENCODE, trace_codec_PNG, 0, 0);
    act_input(tool, 10, 1, "/photos/in.ppm", FORMAT_PNM, 0x1000, 500);
    nested_output(tool, 30, 2, "/photos/out.png");
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(input_path(run, 0, 0), "/photos/in.ppm");
    ck_assert_str_eq(output_path(run, 0, 0), "/photos/out.png");
    run_free(run);
}
END_TEST

START_TEST(looking_at_an_image_makes_none)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.jpg", FORMAT_JPEG, 0x1000, 500); /* identify */
    act_codec(tool, 20, 5, 1, trace_role_HEADER, trace_codec_JPEG, 0x1000, 0);
    act_close(tool, 21, 1, 1, 500);
    act_input(tool, 30, 2, "/photos/b.gif", FORMAT_GIF, 0x1000, 500); /* cat */
    act_close(tool, 33, 1, 2, 500);
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 0);
    ck_assert_uint_eq(run->worker_count, 0);
    run_free(run);
}
END_TEST

START_TEST(input_opened_twice_is_one_input_of_one_image)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.gif", FORMAT_GIF, 0x1000, 500);
    act_close(tool, 13, 1, 1, 500);
    act_input(tool, 13, 2, "/photos/in.gif", FORMAT_GIF, 0x1000, 500);
    act_close(tool, 16, 1, 2, 500);
    act_output(tool, 20, 3, "/photos/out.gif", FORMAT_GIF, 0x9000, 400);
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    ck_assert_uint_eq(run->file_count, 2);
    run_free(run);
}
END_TEST

START_TEST(one_input_and_two_outputs_are_two_images_that_share_it)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 20, 2, "/photos/small.gif", FORMAT_GIF, 0x9000, 100);
    act_output(tool, 30, 3, "/photos/large.gif", FORMAT_GIF, 0xa000, 400);
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_str_eq(output_path(run, 0, 0), "/photos/small.gif");
    ck_assert_str_eq(output_path(run, 1, 0), "/photos/large.gif");
    ck_assert_uint_eq(run->images[0].inputs[0], run->images[1].inputs[0]);
    ck_assert_uint_ne(run->images[0].chain, run->images[1].chain);
    run_free(run);
}
END_TEST

START_TEST(file_rewritten_in_place_is_two_files_of_one_name)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_close(tool, 13, 1, 1, 500);
    act_output(tool, 20, 2, "/photos/a.gif", FORMAT_GIF, 0x9000, 400);
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->file_count, 2);
    const struct image_file *before = &run->files[run->images[0].inputs[0]];
    const struct image_file *after = &run->files[run->images[0].outputs[0]];
    ck_assert_uint_eq(before->bytes, 500);
    ck_assert_uint_eq(after->bytes, 400);
    ck_assert_str_eq(before->path, after->path);
    ck_assert(!before->survives && after->survives);
    ck_assert_int_eq(before->role, FILE_ROLE_SOURCE);
    ck_assert_int_eq(after->role, FILE_ROLE_FINAL);
    run_free(run);
}
END_TEST

START_TEST(source_moved_to_a_backup_keeps_the_name_it_was_read_under)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "a.gif", FORMAT_GIF, 0x1000, 500);
    act_close(tool, 13, 1, 1, 500);
    act_rename(tool, 15, "a.gif", "a.gif.bak");
    act_open(tool, 21, 1, 2, "a.gif", O_WRONLY | O_CREAT, 0);
    act_write(tool, 22, 1, 2, 0x9000, 400);
    act_head(tool, 22, 2, trace_direction_OUT, FORMAT_GIF, 0, 0x9000);
    act_close(tool, 23, 1, 2, 400);
    act_unlink(tool, 25, "./a.gif.bak");
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(input_path(run, 0, 0), "/photos/a.gif");
    ck_assert_str_eq(output_path(run, 0, 0), "/photos/a.gif");
    ck_assert(!run->files[run->images[0].inputs[0]].survives);
    ck_assert(run->files[run->images[0].outputs[0]].survives);
    run_free(run);
}
END_TEST

START_TEST(temporary_output_is_known_by_the_name_it_was_renamed_to)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 20, 2, "/photos/tmp.1", FORMAT_GIF, 0x9000, 400);
    act_rename(tool, 25, "/photos/../photos/tmp.1", "/photos/a.gif");
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(output_path(run, 0, 0), "/photos/a.gif");
    ck_assert(!run->files[run->images[0].inputs[0]].survives);
    ck_assert_int_eq(run->images[0].status, IMAGE_OK);
    run_free(run);
}
END_TEST

START_TEST(output_that_was_removed_is_discarded)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 20, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 600);
    act_unlink(tool, 25, "/photos/b.gif");
    act_end(tool, 60, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_int_eq(run->images[0].status, IMAGE_DISCARDED);
    run_free(run);
}
END_TEST

START_TEST(trial_encodes_of_one_output_are_attempts)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    act_codec(tool, 20, 5, 1, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x5000);
    for (uint32_t trial = 0; trial < 3; trial++)
        act_codec(tool, 30 + 10 * trial, 5, 2 + trial, trace_role_ENCODE, trace_codec_PNG, 0x5000, 0x9000);
    act_codec(tool, 60, 5, 4, trace_role_ENCODE, trace_codec_PNG, 0x5000, 0x9000); /* the same session goes on */
    act_output(tool, 60, 2, "/photos/b.png", FORMAT_PNG, 0x9000, 400);
    act_end(tool, 70, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].attempts, 3);
    run_free(run);
}
END_TEST

START_TEST(image_whose_codec_failed_in_a_tool_that_exits_1_failed)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    ACT(tool, 20, codec_call, .duration_ns = MS, .source = 0x1000, .source_bytes = 9, .session = 1, .hook = 5,
        .role = trace_role_DECODE, .codec = trace_codec_PNG, .outcome = trace_outcome_UNWOUND);
    act_end(tool, 70, 5, 1);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_int_eq(run->images[0].status, IMAGE_FAILED);
    ck_assert_uint_eq(run->images[0].output_count, 0);
    run_free(run);
}
END_TEST

START_TEST(killed_process_leaves_an_unfinished_image_and_names_its_last_call)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 90, 1, 0), tool = scene_process(&scene, 100, 90, 5);
    ACT(tool, 6, hook, .hook = 5, .codec = trace_codec_PNG, .role = trace_role_ENCODE, .name = TEXT("png_write_row"));
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    act_codec(tool, 20, 5, 1, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x5000);
    build_trace_in_flight(scene.trace, tool.stream, 5, AT(21));
    ACT(shell, 40, child, .pid = 100, .status = 9);
    act_end(shell, 50, 1, 137);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_int_eq(run->images[0].status, IMAGE_UNFINISHED);
    ck_assert_uint_eq(run->process_count, 2);
    ck_assert_str_eq(run->processes[1].in_flight, "png_write_row");
    ck_assert_int_eq(run->processes[1].signal, 9);
    ck_assert_uint_eq(run->processes[1].parent, 0);
    ck_assert(!run->processes[1].ended);
    run_free(run);
}
END_TEST

START_TEST(file_between_two_processes_makes_one_chain)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 90, 1, 0);
    struct actor first = scene_process(&scene, 100, 90, 5), second = scene_process(&scene, 101, 90, 100);
    act_input(first, 10, 1, "/photos/a.jpg", FORMAT_JPEG, 0x1000, 500);
    act_output(first, 20, 2, "/photos/hop.ppm", FORMAT_PNM, 0x9000, 900);
    act_end(first, 50, 1, 0);
    act_input(second, 110, 1, "/photos/hop.ppm", FORMAT_PNM, 0x1000, 900);
    act_output(second, 120, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 300);
    act_end(second, 150, 1, 0);
    act_unlink(shell, 160, "/photos/hop.ppm");
    act_end(shell, 170, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->file_count, 3);
    ck_assert_uint_eq(run->images[0].chain, run->images[1].chain);
    ck_assert_int_eq(run_file(run, "/photos/a.jpg")->role, FILE_ROLE_SOURCE);
    ck_assert_int_eq(run_file(run, "/photos/hop.ppm")->role, FILE_ROLE_INTERMEDIATE);
    ck_assert_int_eq(run_file(run, "/photos/b.gif")->role, FILE_ROLE_FINAL);
    run_free(run);
}
END_TEST

static void open_pipe(struct actor actor, double ms, uint32_t file, int fd, uint64_t inode)
{
    ACT(actor, ms, open, .device = 13, .inode = inode, .bytes = TRACE_UNKNOWN, .file = file, .fd = fd,
        .directory_fd = AT_FDCWD, .flags = fd ? O_WRONLY : O_RDONLY, .mode = S_IFIFO | 0600,
        .origin = trace_origin_INHERITED, .path = TEXT("pipe:[77]"));
}

START_TEST(pipe_between_two_processes_makes_one_chain)
{
    struct scene scene = scene_new();
    struct actor first = scene_process(&scene, 100, 90, 5), second = scene_process(&scene, 101, 90, 6);
    act_input(first, 10, 1, "/photos/a.jpg", FORMAT_JPEG, 0x1000, 500);
    open_pipe(first, 20, 2, 1, 77);
    act_write(first, 22, 1, 2, 0x9000, 900);
    act_head(first, 22, 2, trace_direction_OUT, FORMAT_PNM, 0, 0x9000);
    open_pipe(second, 23, 1, 0, 77);
    act_read(second, 24, 10, 1, 0x1000, 900);
    act_head(second, 24, 1, trace_direction_IN, FORMAT_PNM, 0, 0x1000);
    act_end(first, 30, 1, 0);
    act_output(second, 40, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 300);
    act_end(second, 50, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->images[0].chain, run->images[1].chain);
    const struct image_file *pipe = run_file(run, "pipe:[77]");
    ck_assert_int_eq(pipe->role, FILE_ROLE_INTERMEDIATE);
    ck_assert_int_eq(pipe->kind, FILE_KIND_PIPE);
    run_free(run);
}
END_TEST

/* Trials in sessions 2 and 3; then session 4 writes the output: with rows of the given role. */
static bool output_is_copied(enum trace_role role, uint64_t bytes)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    act_codec(tool, 20, 5, 1, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x5000);
    for (uint32_t trial = 2; trial < 4; trial++) {
        act_codec(tool, 10 + 10 * trial, 5, trial, trace_role_ENCODE, trace_codec_PNG, 0x5000, 0);
        ACT(tool, 11 + 10 * trial, codec_setting, .value = 9, .session = trial, .key = trace_setting_EFFORT);
    }
    act_open(tool, 50, 1, 2, "/photos/b.png", O_WRONLY | O_CREAT | O_TRUNC, 0);
    act_head(tool, 51, 2, trace_direction_OUT, FORMAT_PNG, 4, 0x9000);
    ACT(tool, 53, rows, .duration_ns = MS, .first_ns = AT(51), .last_ns = AT(53), .calls = 3, .session = 4,
        .role = (uint8_t)role, .codec = trace_codec_PNG);
    act_close(tool, 54, 1, 2, bytes);
    act_end(tool, 70, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    bool copied = run->images[0].settings->copied;
    ck_assert(!copied || !run->images[0].settings->known[SETTING_EFFORT]);
    run_free(run);
    return copied;
}

START_TEST(output_written_by_a_session_that_encoded_nothing_is_a_copy)
{
    ck_assert(output_is_copied(trace_role_MUX, 500));
    ck_assert(!output_is_copied(trace_role_ENCODE, 500));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_files");
    TCase *tests = tcase_create("files");
    tcase_add_test(tests, file_pointer_given_to_the_decoder_links_by_path);
    tcase_add_test(tests, output_written_inside_the_encoder_belongs_to_its_image);
    tcase_add_test(tests, input_read_by_an_encoder_that_began_before_is_its_input);
    tcase_add_test(tests, looking_at_an_image_makes_none);
    tcase_add_test(tests, input_opened_twice_is_one_input_of_one_image);
    tcase_add_test(tests, one_input_and_two_outputs_are_two_images_that_share_it);
    tcase_add_test(tests, file_rewritten_in_place_is_two_files_of_one_name);
    tcase_add_test(tests, source_moved_to_a_backup_keeps_the_name_it_was_read_under);
    tcase_add_test(tests, temporary_output_is_known_by_the_name_it_was_renamed_to);
    tcase_add_test(tests, output_that_was_removed_is_discarded);
    tcase_add_test(tests, trial_encodes_of_one_output_are_attempts);
    tcase_add_test(tests, image_whose_codec_failed_in_a_tool_that_exits_1_failed);
    tcase_add_test(tests, killed_process_leaves_an_unfinished_image_and_names_its_last_call);
    tcase_add_test(tests, file_between_two_processes_makes_one_chain);
    tcase_add_test(tests, pipe_between_two_processes_makes_one_chain);
    tcase_add_test(tests, output_written_by_a_session_that_encoded_nothing_is_a_copy);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
