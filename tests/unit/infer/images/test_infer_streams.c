/* SPDX-License-Identifier: MIT
 * Owns: the claims about sockets and pipes: where an image in them begins and ends, how long it is, what answers what.
 * Must not know: how heads are found. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

/* A connection that accept returned: it has no name. */
static void act_accept(struct actor actor, double ms, uint32_t file, uint64_t inode)
{
    ACT(actor, ms, open, .duration_ns = 5 * MS, .inode = inode, .bytes = TRACE_UNKNOWN, .file = file,
        .fd = (int32_t)file + 2, .directory_fd = AT_FDCWD, .flags = O_RDWR, .mode = S_IFSOCK | 0777,
        .origin = trace_origin_OPENED, .path = TEXT(""));
}

static void act_pipe(struct actor actor, double ms, uint32_t file, uint64_t inode, int flags)
{
    ACT(actor, ms, open, .inode = inode, .bytes = TRACE_UNKNOWN, .file = file, .fd = (int32_t)file + 2,
        .directory_fd = AT_FDCWD, .flags = (uint32_t)flags, .mode = S_IFIFO | 0600, .origin = trace_origin_OPENED,
        .path = TEXT(""));
}

static void act_stream_head(struct actor actor, double ms, uint32_t file, enum trace_direction direction,
                            enum image_format format, uint64_t buffer, int before)
{
    static const struct trace_text png =
        TEXT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0\0\0\0\0");
    static const struct trace_text gif = TEXT("GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff;");
    ACT(actor, ms, head, .buffer = buffer, .file = file, .before = before, .direction = direction,
        .data = format == FORMAT_PNG ? png : gif);
}

/* A request of 120 bytes of head and 500 of image, in two transfers of 320 and 300 bytes, until ms + 2. */
static void act_request(struct actor actor, double ms, uint32_t file)
{
    act_read(actor, ms + 1, 0.1, file, 0x1000, 320);
    act_stream_head(actor, ms + 1, file, trace_direction_IN, FORMAT_PNG, 0x1000 + 120, 120);
    act_read(actor, ms + 2, 0.1, file, 0x1000, 300);
}

/* An answer of 100 bytes of head and 200 of image in one transfer, at ms. */
static void act_answer(struct actor actor, double ms, uint32_t file)
{
    act_write(actor, ms, 0.1, file, 0x8000, 300);
    act_stream_head(actor, ms, file, trace_direction_OUT, FORMAT_GIF, 0x9000, 100);
}

static const struct image_file *only(const struct run *run, size_t image, bool input)
{
    ck_assert_uint_lt(image, run->image_count);
    const struct image *at = &run->images[image];
    ck_assert_uint_eq(input ? at->input_count : at->output_count, 1);
    return &run->files[input ? at->inputs[0] : at->outputs[0]];
}

START_TEST(each_request_and_answer_on_a_kept_connection_is_an_image)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_accept(server, 5, 1, 77);
    for (int i = 0; i < 5; i++) {
        act_request(server, 10 + 20 * i, 1);
        act_answer(server, 20 + 20 * i, 1);
    }
    act_close(server, 500, 1, 1, TRACE_UNKNOWN);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 5);
    ck_assert_uint_eq(run->file_count, 10);
    for (size_t i = 0; i < 5; i++) {
        const struct image *image = &run->images[i];
        ck_assert_int_eq(image->status, IMAGE_OK);
        ck_assert_int_eq(image->link_rule, LINK_CONNECTION);
        const struct image_file *in = only(run, i, true), *out = only(run, i, false);
        ck_assert_str_eq(in->path, "socket:[77]");
        ck_assert_int_eq(in->kind, FILE_KIND_SOCKET);
        ck_assert_int_eq(out->kind, FILE_KIND_SOCKET);
        ck_assert_int_eq(in->role, FILE_ROLE_SOURCE);
        ck_assert_int_eq(out->role, FILE_ROLE_FINAL);
        ck_assert_uint_eq(in->bytes, 500);
        ck_assert_uint_eq(out->bytes, 200);
        /* Neither the wait for the next request nor the close of the connection is its time. */
        ck_assert_uint_le(image->end_ns - image->start_ns, 12 * MS);
        ck_assert_uint_eq(image->stage_ns[STAGE_IMAGE_READ], MS / 5);
        ck_assert_uint_eq(image->stage_ns[STAGE_IMAGE_WRITE], MS / 10);
    }
    run_free(run);
}
END_TEST

START_TEST(connections_served_at_once_keep_apart)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_accept(server, 5, 1, 71);
    act_accept(server, 6, 2, 72);
    act_accept(server, 7, 3, 73);
    for (uint32_t file = 1; file <= 3; file++)
        act_request(server, 10 + 3 * file, file);
    act_answer(server, 30, 2);
    act_answer(server, 31, 3);
    act_answer(server, 32, 1);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(only(run, i, true)->path, only(run, i, false)->path);
    run_free(run);
}
END_TEST

START_TEST(waiting_for_a_request_is_no_image_time)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_accept(server, 5, 1, 77);
    for (int i = 0; i < 2; i++) { /* a blocking server: read returns when the client has come */
        act_read(server, 100 + 100 * i, 90, 1, 0x1000, 620);
        act_stream_head(server, 100 + 100 * i, 1, trace_direction_IN, FORMAT_PNG, 0x1000 + 120, 120);
        act_answer(server, 105 + 100 * i, 1);
    }
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_le(run->images[i].end_ns - run->images[i].start_ns, 6 * MS);
        ck_assert_uint_eq(run->images[i].stage_ns[STAGE_IMAGE_READ], 0);
        ck_assert_uint_eq(only(run, i, true)->bytes, 500);
    }
    run_free(run);
}
END_TEST

/* A request without a body at ms, on a connection. */
static void act_ask(struct actor server, double ms, uint32_t file)
{
    act_read(server, ms, 0.1, file, 0x1000, 90);
}

/* A helper reads a whole file for a request, and closes it. */
static void act_whole(struct actor helper, double ms, uint32_t file, const char *path, uint64_t bytes)
{
    act_open(helper, ms, 0.1, file, path, O_RDONLY, bytes);
    act_read(helper, ms + 0.2, 0.1, file, 0x20000 + file * 0x1000, bytes);
    act_head(helper, ms + 0.2, file, trace_direction_IN, FORMAT_PNG, 0, 0x20000 + file * 0x1000);
    act_close(helper, ms + 0.3, 0.1, file, bytes);
}

START_TEST(answer_takes_the_oldest_file_read_since_its_request)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    struct actor helper = scene_thread(server, 101, 1);
    act_accept(server, 5, 1, 71);
    act_accept(server, 6, 2, 72);
    act_ask(server, 10, 1);
    act_whole(helper, 11, 10, "/photos/never-answered.png", 700);
    act_write(server, 15, 0.1, 1, 0x3000, 50); /* says that it cannot */
    act_ask(server, 20, 1);
    act_whole(helper, 21, 11, "/photos/a.png", 800);
    act_ask(server, 22, 2);
    act_whole(helper, 23, 12, "/photos/b.png", 900);
    act_answer(server, 30, 2);
    act_answer(server, 31, 1);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_str_eq(only(run, 0, true)->path, "/photos/a.png");
    ck_assert_str_eq(only(run, 0, false)->path, "socket:[71]");
    ck_assert_str_eq(only(run, 1, true)->path, "/photos/b.png");
    ck_assert_str_eq(only(run, 1, false)->path, "socket:[72]");
    ck_assert_int_eq(run->images[0].link_rule, LINK_ADJACENCY);
    run_free(run);
}
END_TEST

START_TEST(file_read_for_two_requests_at_once_makes_two_images)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    struct actor helper = scene_thread(server, 101, 1);
    struct actor other = scene_thread(server, 102, 1);
    act_accept(server, 5, 1, 71);
    act_accept(server, 6, 2, 72);
    act_ask(server, 10, 1);
    act_ask(server, 11, 2);
    act_whole(helper, 12, 10, "/photos/a.png", 700);
    act_whole(other, 12.1, 11, "/photos/a.png", 700);
    act_answer(server, 30, 2);
    act_answer(server, 31, 1);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->file_count, 3);
    ck_assert_str_eq(only(run, 0, true)->path, "/photos/a.png");
    ck_assert_str_eq(only(run, 1, true)->path, "/photos/a.png");
    ck_assert_str_ne(only(run, 0, false)->path, only(run, 1, false)->path);
    run_free(run);
}
END_TEST

START_TEST(answer_from_nothing_that_was_read_has_no_input)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_whole(server, 2, 9, "/photos/at-start.png", 400);
    act_accept(server, 5, 1, 77);
    act_ask(server, 10, 1);
    act_answer(server, 11, 1);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].input_count, 0);
    ck_assert_int_eq(run->images[0].link_rule, LINK_NONE);
    ck_assert_int_eq(run->images[0].status, IMAGE_OK);
    run_free(run);
}
END_TEST

START_TEST(coded_buffer_tells_more_than_the_connection)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    struct actor helper = scene_thread(server, 101, 1);
    act_accept(server, 5, 1, 77);
    act_request(server, 10, 1);
    act_input(helper, 20, 2, "/photos/frame.png", FORMAT_PNG, 0x30000, 600);
    act_codec(helper, 25, 1, 1, trace_role_DECODE, trace_codec_PNG, 0x30000, 0x50000);
    act_codec(helper, 28, 1, 2, trace_role_ENCODE, trace_codec_WEBP, 0x50000, 0x9000);
    act_answer(server, 30, 1); /* its image stands at 0x9000 */
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(only(run, 0, true)->path, "/photos/frame.png");
    ck_assert_str_eq(run->images[0].settings->encoder, "libwebp");
    run_free(run);
}
END_TEST

START_TEST(image_that_another_follows_ends_before_it)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_accept(server, 5, 1, 77);
    act_ask(server, 10, 1);
    act_answer(server, 20, 1);
    act_write(server, 21, 0.1, 1, 0x9000, 70);
    act_answer(server, 30, 1);
    act_write(server, 31, 0.1, 1, 0x9000, 7);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(only(run, 0, false)->bytes, 270);
    ck_assert_uint_eq(only(run, 1, false)->bytes, 207);
    run_free(run);
}
END_TEST

START_TEST(bytes_before_the_transfer_that_showed_the_head_count)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_accept(server, 5, 1, 77);
    act_read(server, 10, 0.1, 1, 0x1000, 130); /* 10 bytes of the image */
    act_read(server, 11, 0.1, 1, 0x1000, 90);
    act_stream_head(server, 11, 1, trace_direction_IN, FORMAT_PNG, 0x1000, -10);
    act_answer(server, 20, 1);
    act_end(server, 600, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(only(run, 0, true)->bytes, 100);
    run_free(run);
}
END_TEST

/* Two processes, many images, one pipe; writer_ms < reader_ms: whose head comes first. */
static void check_pipe(double writer_ms, double reader_ms, uint64_t inode)
{
    char name[40];
    snprintf(name, sizeof name, "pipe:[%" PRIu64 "]", inode);
    struct scene scene = scene_new();
    struct actor writer = scene_process(&scene, 100, 1, 0), reader = scene_process(&scene, 200, 1, 0);
    act_pipe(writer, 1, 1, inode, O_WRONLY);
    act_pipe(reader, 1, 1, inode, O_RDONLY);
    static const char *const outputs[] = {"/photos/0.gif", "/photos/1.gif", "/photos/2.gif"};
    for (uint32_t i = 0; i < 3; i++) {
        act_input(writer, 10 + 100 * i, 10 + i, "/photos/in.png", FORMAT_PNG, 0x1000, 500 + i);
        act_close(writer, 14 + 100 * i, 1, 10 + i, 500 + i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        act_write(writer, writer_ms + 20 * i, 0.1, 1, 0x7000, 300 + i);
        act_stream_head(writer, writer_ms + 20 * i, 1, trace_direction_OUT, FORMAT_PNG, 0x7000, 0);
        act_read(reader, reader_ms + 20 * i, 0.1, 1, 0x4000, i == 1 ? 64 : 300 + i); /* one is not read to its end */
        act_stream_head(reader, reader_ms + 20 * i, 1, trace_direction_IN, FORMAT_PNG, 0x4000, 0);
        act_output(reader, reader_ms + 1 + 20 * i, 10 + i, outputs[i], FORMAT_GIF, 0x9000, 50);
    }
    act_close(writer, 900, 0.1, 1, TRACE_UNKNOWN);
    act_close(reader, 901, 0.1, 1, TRACE_UNKNOWN);
    act_end(writer, 910, 5, 0);
    act_end(reader, 911, 5, 0);
    struct run *run = finish(&scene);
    unsigned pipes = 0;
    for (size_t i = 0; i < run->file_count; i++) {
        const struct image_file *file = &run->files[i];
        if (file->kind != FILE_KIND_PIPE)
            continue;
        ck_assert_str_eq(file->path, name);
        ck_assert_int_eq(file->role, FILE_ROLE_INTERMEDIATE);
        ck_assert_uint_eq(file->bytes, 300 + pipes);
        pipes++;
    }
    ck_assert_uint_eq(pipes, 3);
    for (unsigned k = 0; k < 3; k++) {
        const struct image_file *file = run_file(run, outputs[k]);
        for (size_t i = 0; i < run->image_count; i++)
            if (run->images[i].process == 1 && &run->files[run->images[i].outputs[0]] == file)
                ck_assert_uint_eq(only(run, i, true)->bytes, 300 + k);
    }
    run_free(run);
}

START_TEST(images_of_a_pipe_are_what_its_reader_reads)
{
    check_pipe(400, 401, 55);
    check_pipe(400, 401, UINT64_C(0x700000007)); /* halves that cancel each other out */
}
END_TEST

START_TEST(reader_of_a_pipe_may_be_seen_before_its_writer)
{
    check_pipe(401, 400, 55);
}
END_TEST

/* CPU seconds for requests and answers on a connection, and for as many images through a pipe of an untraced writer. */
static double seconds_for(unsigned count)
{
    struct scene scene = scene_new();
    struct actor server = scene_process(&scene, 100, 1, 0);
    act_accept(server, 5, 1, 77);
    act_pipe(server, 6, 2, 78, O_RDONLY);
    for (unsigned i = 0; i < count; i++) {
        act_request(server, 10 + 5 * i, 1);
        act_answer(server, 13 + 5 * i, 1);
        act_read(server, 14 + 5 * i, 0.1, 2, 0x4000, 300);
        act_stream_head(server, 14 + 5 * i, 2, trace_direction_IN, FORMAT_PNG, 0x4000, 0);
        if (i % 200 == 199)
            build_trace_cut(scene.trace, server.stream);
    }
    act_end(server, 5000000, 5, 0);
    clock_t start = clock();
    struct run *run = scene_run(&scene);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_uint_eq(run->image_count, count);
    ck_assert_uint_eq(run->file_count, 3 * count);
    run_free(run);
    scene_free(&scene);
    return seconds;
}

START_TEST(time_grows_with_the_images_of_a_stream_and_no_faster)
{
    double quarter = seconds_for(10000), whole = seconds_for(40000);
    ck_assert_msg(whole < 0.2 + 8 * quarter, "%g s and %g s", quarter, whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_streams");
    TCase *tests = tcase_create("streams");
    tcase_add_test(tests, each_request_and_answer_on_a_kept_connection_is_an_image);
    tcase_add_test(tests, connections_served_at_once_keep_apart);
    tcase_add_test(tests, waiting_for_a_request_is_no_image_time);
    tcase_add_test(tests, answer_takes_the_oldest_file_read_since_its_request);
    tcase_add_test(tests, file_read_for_two_requests_at_once_makes_two_images);
    tcase_add_test(tests, answer_from_nothing_that_was_read_has_no_input);
    tcase_add_test(tests, coded_buffer_tells_more_than_the_connection);
    tcase_add_test(tests, image_that_another_follows_ends_before_it);
    tcase_add_test(tests, bytes_before_the_transfer_that_showed_the_head_count);
    tcase_add_test(tests, images_of_a_pipe_are_what_its_reader_reads);
    tcase_add_test(tests, reader_of_a_pipe_may_be_seen_before_its_writer);
    tcase_add_test(tests, time_grows_with_the_images_of_a_stream_and_no_faster);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
