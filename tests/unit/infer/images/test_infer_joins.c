/* SPDX-License-Identifier: MIT
 * Owns: the claims about which jobs are one image: several inputs of one output, trials of one output, copies on the
 * way, what came to nothing. Must not know: how inference does it. */
#include <errno.h>
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

static void expect_input(const struct run *run, size_t image, size_t place, const char *path)
{
    ck_assert_uint_lt(image, run->image_count);
    ck_assert_uint_lt(place, run->images[image].input_count);
    ck_assert_str_eq(run->files[run->images[image].inputs[place]].path, path);
}

/* Opened at ms, decoded until ms + 8. */
static void decodes(struct actor tool, double ms, uint32_t number, const char *path)
{
    act_input(tool, ms, number, path, FORMAT_PNG, 0x1000 * number, 500);
    act_codec(tool, ms + 8, 5, number, trace_role_DECODE, trace_codec_PNG, 0x1000 * number, 0x100000 * number);
    act_close(tool, ms + 8, 0, number, 500);
}

static void encodes(struct actor tool, double ms, uint32_t number, uint64_t pixels, const char *path,
                    enum image_format format)
{
    act_codec(tool, ms + 6, 6, number, trace_role_ENCODE, trace_codec_JPEG, pixels, 0x9000);
    act_output(tool, ms + 6, number, path, format, 0x9000, 400);
}

/* Three are decoded before the first is written; what is encoded are new pixels, or those of the second. */
START_TEST(all_that_was_decoded_before_the_only_output_is_in_it)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    decodes(tool, 20, 2, "/photos/b.png");
    decodes(tool, 30, 3, "/photos/c.png");
    encodes(tool, 40, 4, _i ? 0x200000 : 0x700000, "/photos/out.jpg", FORMAT_JPEG);
    act_end(tool, 60, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    ck_assert_uint_eq(image->input_count, 3);
    expect_input(run, 0, 0, "/photos/a.png");
    expect_input(run, 0, 1, "/photos/b.png");
    expect_input(run, 0, 2, "/photos/c.png");
    ck_assert_int_eq(image->link_rule, LINK_ADJACENCY);
    ck_assert_uint_eq(image->stage_ns[STAGE_DECODE] - image->inferred_ns[STAGE_DECODE], 15 * MS);
    ck_assert_uint_eq(image->stage_ns[STAGE_IMAGE_READ], 3 * MS);
    ck_assert_uint_eq(image->start_ns, AT(10));
    ck_assert_uint_eq(run->note_count, 0);
    run_free(run);
}
END_TEST

/* Who writes before all is read goes from image to image: what it left out is in no output. */
START_TEST(what_a_batch_leaves_out_is_in_no_output)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    decodes(tool, 20, 2, "/photos/b.png");
    encodes(tool, 30, 3, 0x200000, "/photos/b.jpg", FORMAT_JPEG);
    decodes(tool, 40, 4, "/photos/c.png");
    encodes(tool, 50, 5, 0x400000, "/photos/c.jpg", FORMAT_JPEG);
    act_end(tool, 60, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    ck_assert_uint_eq(run->images[1].input_count, 1);
    expect_input(run, 0, 0, "/photos/b.png");
    expect_input(run, 1, 0, "/photos/c.png");
    ck_assert_uint_eq(run->note_count, 1);
    run_free(run);
}
END_TEST

/* The same where only one of three is saved. */
START_TEST(what_is_read_behind_the_only_output_says_that_it_was_a_batch)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    decodes(tool, 20, 2, "/photos/b.png");
    encodes(tool, 30, 3, 0x200000, "/photos/b.jpg", FORMAT_JPEG);
    decodes(tool, 40, 4, "/photos/c.png");
    act_end(tool, 60, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    expect_input(run, 0, 0, "/photos/b.png");
    run_free(run);
}
END_TEST

/* Loaded first, all of them, then saved one by one: one was not saved. */
START_TEST(what_is_left_out_of_several_outputs_is_in_none_of_them)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    decodes(tool, 20, 2, "/photos/b.png");
    decodes(tool, 30, 3, "/photos/c.png");
    encodes(tool, 40, 4, 0x100000, "/photos/a.jpg", FORMAT_JPEG);
    encodes(tool, 50, 5, 0x300000, "/photos/c.jpg", FORMAT_JPEG);
    act_end(tool, 70, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    ck_assert_uint_eq(run->images[1].input_count, 1);
    run_free(run);
}
END_TEST

/* Two of three encodes are removed, or replaced by the next under the same name. */
START_TEST(outputs_in_the_place_of_each_other_are_attempts_of_one_image)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    static const char *const names[][3] = {{"/photos/1.tmp", "/photos/2.tmp", "/photos/out.jpg"},
                                           {"/photos/out.jpg", "/photos/out.jpg", "/photos/out.jpg"}};
    decodes(tool, 10, 1, "/photos/a.png");
    for (uint32_t i = 0; i < 3; i++) {
        encodes(tool, 20 + 20 * i, 2 + i, 0x100000, names[_i][i], FORMAT_JPEG);
        ACT(tool, 30 + 20 * i, codec_setting, .value = 90 - i, .session = 2 + i, .key = SETTING_EFFORT);
        if (_i == 0 && i < 2)
            act_unlink(tool, 31 + 20 * i, names[0][i]);
    }
    act_end(tool, 90, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    const struct image *image = run->images;
    ck_assert_int_eq(image->status, IMAGE_OK);
    ck_assert_uint_eq(image->attempts, 3);
    ck_assert_uint_eq(image->output_count, 1);
    ck_assert_str_eq(run->files[image->outputs[0]].path, "/photos/out.jpg");
    ck_assert_double_eq(image->settings->value[SETTING_EFFORT], 88);
    ck_assert_uint_eq(image->stage_ns[STAGE_ENCODE], 18 * MS);
    ck_assert_int_eq(image->link_rule, LINK_BUFFER);
    expect_input(run, 0, 0, "/photos/a.png");
    run_free(run);
}
END_TEST

/* The one before is still there, or is of another format. */
START_TEST(outputs_beside_each_other_are_images_of_their_own)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    encodes(tool, 20, 2, 0x100000, "/photos/1", _i ? FORMAT_PNG : FORMAT_JPEG);
    if (_i)
        act_unlink(tool, 31, "/photos/1");
    encodes(tool, 40, 3, 0x100000, "/photos/2", FORMAT_JPEG);
    act_end(tool, 90, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_int_eq(run->images[0].status, _i ? IMAGE_DISCARDED : IMAGE_OK);
    ck_assert_uint_eq(run->images[0].attempts, 1);
    ck_assert_uint_eq(run->images[1].attempts, 1);
    run_free(run);
}
END_TEST

/* Images are numbered by their starts, those of the process that was seen last before the others'. */
START_TEST(further_outputs_say_which_image_read_their_source)
{
    struct scene scene = scene_new();
    struct actor late = scene_process(&scene, 100, 1, 0), tool = scene_process(&scene, 200, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    encodes(tool, 20, 2, 0x100000, "/photos/1.jpg", FORMAT_JPEG);
    encodes(tool, 40, 3, 0x100000, "/photos/2.jpg", FORMAT_JPEG);
    encodes(tool, 60, 4, 0x100000, "/photos/3.jpg", FORMAT_JPEG);
    act_end(tool, 90, 50, 0);
    decodes(late, 100, 1, "/photos/b.png");
    encodes(late, 110, 2, 0x100000, "/photos/b.jpg", FORMAT_JPEG);
    act_end(late, 130, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(run->images[i].read_with, i == 1 || i == 2 ? 0 : NO_ID);
    run_free(run);
}
END_TEST

static void act_pipe(struct actor actor, double ms, uint32_t file, int flags)
{
    ACT(actor, ms, open, .inode = 77, .bytes = TRACE_UNKNOWN, .file = file, .fd = flags ? 1 : 0,
        .directory_fd = AT_FDCWD, .flags = (uint32_t)flags, .mode = S_IFIFO | 0600, .origin = trace_origin_INHERITED,
        .path = TEXT("pipe:[77]"));
}

enum copy_kind { COPY, COPY_OF_FEWER, OTHER_BUFFER, OTHER_BYTES, WITH_CPU, COPY_KINDS };

/* 100 reads a file and writes it to a pipe, from 10 to 32; 200 makes an image of it. */
static struct run *passed_on(enum copy_kind kind)
{
    struct scene scene = scene_new();
    struct actor cat = scene_process(&scene, 100, 1, 0), tool = scene_process(&scene, 200, 1, 0);
    act_input(cat, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    act_cpu(cat, 12, 2);
    act_pipe(cat, 20, 2, O_WRONLY);
    act_write(cat, 32, 10, 2, kind == OTHER_BUFFER ? 0x8000 : 0x1000, kind == COPY_OF_FEWER ? 400 : 500);
    if (kind == OTHER_BYTES) /* as long, of the same size in pixels, and not the same */
        ACT(cat, 32, head, .buffer = 0x1000, .file = 2, .direction = trace_direction_OUT,
            .data = TEXT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02\0\0\1\1\1\1\1"));
    else
        act_head(cat, 32, 2, trace_direction_OUT, FORMAT_PNG, 0, kind == OTHER_BUFFER ? 0x8000 : 0x1000);
    act_cpu(cat, 32, kind == WITH_CPU ? 24 : 2.5);
    act_end(cat, 33, 25, 0);
    act_pipe(tool, 20, 1, O_RDONLY);
    act_read(tool, 33, 1, 1, 0x4000, 500);
    act_head(tool, 33, 1, trace_direction_IN, FORMAT_PNG, 0, 0x4000);
    act_cpu(tool, 33, 10);
    act_codec(tool, 40, 7, 1, trace_role_DECODE, trace_codec_PNG, 0x4000, 0x100000);
    act_cpu(tool, 40, 17);
    encodes(tool, 40, 2, 0x100000, "/photos/a.jpg", FORMAT_JPEG);
    act_cpu(tool, 50, 26);
    act_end(tool, 52, 27, 0);
    return finish(&scene);
}

START_TEST(what_only_passes_bytes_on_is_no_image_but_its_cpu_counts)
{
    struct run *run = passed_on(COPY), *other = passed_on(OTHER_BUFFER);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(other->image_count, 2);
    const struct image *image = run->images, *alone = &other->images[1];
    expect_input(run, 0, 0, "/photos/a.png");
    ck_assert_uint_eq(image->input_count, 1);
    ck_assert_uint_eq(run->processes[0].images, 0);
    uint64_t cpu_ns = image->busy_ns - alone->busy_ns;
    ck_assert_uint_eq(image->stage_ns[STAGE_IMAGE_READ] - alone->stage_ns[STAGE_IMAGE_READ], cpu_ns);
    ck_assert_uint_gt(cpu_ns, 0);
    ck_assert_uint_le(cpu_ns, 5 * MS / 2); /* not the 10 ms that it waited for the reader */
    ck_assert_uint_eq(image->start_ns, AT(10));
    ck_assert_uint_eq(run->files[image->inputs[0]].role, FILE_ROLE_SOURCE);
    run_free(run);
    run_free(other);
}
END_TEST

START_TEST(what_may_have_changed_the_bytes_is_an_image)
{
    struct run *run = passed_on((enum copy_kind)_i);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->images[0].chain, run->images[1].chain);
    run_free(run);
}
END_TEST

START_TEST(a_part_of_the_bytes_is_a_source_of_its_own)
{
    struct run *run = passed_on(COPY_OF_FEWER);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->files[run->images[0].inputs[0]].bytes, 400);
    run_free(run);
}
END_TEST

/* The second run reads what the first left, and its own output is removed, or it breaks. */
START_TEST(what_comes_to_nothing_does_not_take_the_output_before_it_along)
{
    struct scene scene = scene_new();
    struct actor first = scene_process(&scene, 100, 1, 0);
    decodes(first, 10, 1, "/photos/a.png");
    encodes(first, 20, 2, 0x100000, "/photos/a.jpg", FORMAT_JPEG);
    act_end(first, 40, 20, 0);
    struct actor second = scene_process(&scene, 200, 1, 50);
    act_input(second, 60, 1, "/photos/a.jpg", FORMAT_JPEG, 0x1000, 400);
    act_codec(second, 68, 5, 1, trace_role_DECODE, trace_codec_JPEG, 0x1000, 0x100000);
    if (!_i) {
        encodes(second, 70, 2, 0x100000, "/photos/b.jpg", FORMAT_JPEG);
        act_unlink(second, 85, "/photos/b.jpg");
    }
    act_end(second, 90, 20, _i);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_int_eq(run->images[0].status, IMAGE_OK);
    ck_assert_int_eq(run->images[1].status, _i ? IMAGE_FAILED : IMAGE_DISCARDED);
    ck_assert_uint_ne(run->images[0].chain, run->images[1].chain);
    ck_assert_int_eq(run_file(run, "/photos/a.jpg")->role, FILE_ROLE_FINAL);
    run_free(run);
}
END_TEST

/* The file system was full, or the file may not grow: what is there of the output is not the image. */
START_TEST(an_output_that_could_not_be_written_has_failed_whatever_its_program_says)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    decodes(tool, 10, 1, "/photos/a.png");
    act_open(tool, 20, 1, 2, "/photos/a.ppm", O_WRONLY | O_CREAT, 0);
    act_write(tool, 21, 1, 2, 0x9000, 400);
    act_head(tool, 21, 2, trace_direction_OUT, FORMAT_PNM, 0, 0x9000);
    ACT(tool, 22, io, .buffer = 0x9000, .file = 2, .hook = 3, .calls = 1, .op = trace_io_op_WRITE,
        .error = _i ? ENOSPC : EAGAIN);
    act_close(tool, 23, 1, 2, 400);
    act_end(tool, 30, 20, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_int_eq(run->images[0].status, _i ? IMAGE_FAILED : IMAGE_OK);
    run_free(run);
}
END_TEST

/* ImageMagick copies what it cannot seek in to a file, which it reads several times. */
START_TEST(an_input_put_aside_is_read_from_there)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_pipe(tool, 5, 1, O_RDONLY);
    act_read(tool, 12, 1, 1, 0x1000, 500);
    act_head(tool, 12, 1, trace_direction_IN, FORMAT_PNG, 7, 0x1000);
    act_open(tool, 13, 1, 2, "/tmp/aside", O_RDWR | O_CREAT, 0);
    act_write(tool, 14, 1, 2, 0x1000, 500);
    act_head(tool, 14, 2, trace_direction_OUT, FORMAT_PNG, 7, 0x1000);
    act_close(tool, 14, 0, 2, 500);
    for (uint32_t i = 0; i < 2; i++) {
        act_open(tool, 15 + 3 * i, 1, 3 + i, "/tmp/aside", O_RDONLY, 500);
        act_read(tool, 16 + 3 * i, 1, 3 + i, 0x3000, 500);
        act_head(tool, 16 + 3 * i, 3 + i, trace_direction_IN, FORMAT_PNG, 7, 0x3000);
        act_close(tool, 17 + 3 * i, 1, 3 + i, 500);
    }
    act_unlink(tool, 21, "/tmp/aside");
    act_codec(tool, 30, 20, 7, trace_role_DECODE, trace_codec_MAGICK, 0, 0x100000);
    encodes(tool, 30, 8, 0x100000, "/photos/a.jpg", FORMAT_JPEG);
    act_end(tool, 52, 27, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].input_count, 1);
    ck_assert_int_eq(run->files[run->images[0].inputs[0]].kind, FILE_KIND_STDIN);
    ck_assert_int_eq(run_file(run, "/tmp/aside")->role, FILE_ROLE_INTERMEDIATE);
    run_free(run);
}
END_TEST

/* libavcodec's threads: the session that takes the packets in and gives the frames out is the same for all. */
START_TEST(frames_leave_in_the_order_in_which_they_came)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    static const char *const in[] = {"/photos/1.png", "/photos/2.png", "/photos/3.png"};
    static const char *const out[] = {"/photos/1.jpg", "/photos/2.jpg", "/photos/3.jpg"};
    for (uint32_t i = 0; i < 3; i++) {
        act_input(tool, 10 + 10 * i, 1 + i, in[i], FORMAT_PNG, 0x1000 * (i + 1), 500);
        act_codec(tool, 18 + 10 * i, 5, 1 + i, trace_role_DECODE, trace_codec_LIBAV, 0x1000 * (i + 1), 0);
    }
    act_codec(tool, 60, 18, 9, trace_role_ENCODE, trace_codec_LIBAV, 0x700000, 0);
    for (uint32_t i = 0; i < 3; i++)
        act_output(tool, 60 + 10 * i, 4 + i, out[i], FORMAT_JPEG, 0x9000, 400);
    act_end(tool, 99, 90, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct image *image = &run->images[i];
        ck_assert_uint_eq(image->input_count, 1);
        const char *name = run->files[image->outputs[0]].path;
        size_t number = (size_t)(name[strlen("/photos/")] - '1');
        ck_assert_str_eq(name, out[number]);
        expect_input(run, i, 0, in[number]);
        ck_assert_str_eq(image->settings->encoder, "libavcodec");
        ck_assert_uint_eq(image->attempts, 1);
    }
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_joins");
    TCase *tests = tcase_create("joins");
    tcase_add_loop_test(tests, all_that_was_decoded_before_the_only_output_is_in_it, 0, 2);
    tcase_add_test(tests, what_a_batch_leaves_out_is_in_no_output);
    tcase_add_test(tests, what_is_read_behind_the_only_output_says_that_it_was_a_batch);
    tcase_add_test(tests, what_is_left_out_of_several_outputs_is_in_none_of_them);
    tcase_add_loop_test(tests, outputs_in_the_place_of_each_other_are_attempts_of_one_image, 0, 2);
    tcase_add_loop_test(tests, outputs_beside_each_other_are_images_of_their_own, 0, 2);
    tcase_add_test(tests, further_outputs_say_which_image_read_their_source);
    tcase_add_test(tests, what_only_passes_bytes_on_is_no_image_but_its_cpu_counts);
    tcase_add_loop_test(tests, what_may_have_changed_the_bytes_is_an_image, OTHER_BUFFER, COPY_KINDS);
    tcase_add_test(tests, a_part_of_the_bytes_is_a_source_of_its_own);
    tcase_add_loop_test(tests, what_comes_to_nothing_does_not_take_the_output_before_it_along, 0, 2);
    tcase_add_loop_test(tests, an_output_that_could_not_be_written_has_failed_whatever_its_program_says, 0, 2);
    tcase_add_test(tests, an_input_put_aside_is_read_from_there);
    tcase_add_test(tests, frames_leave_in_the_order_in_which_they_came);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
