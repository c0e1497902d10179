/* SPDX-License-Identifier: MIT
 * Owns: the claims about whole runs: settings, workers, totals, resources, periods, the order of streams, traces that
 * are cut off.
 * Must not know: stages. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

/* A process from ms to ms + 30 with one image, read by ms + 7: init is 6. */
static struct actor one_image(struct scene *scene, uint32_t pid, uint32_t ppid, double ms)
{
    char in[32], out[32];
    snprintf(in, sizeof in, "/photos/%u.gif", pid);
    snprintf(out, sizeof out, "/photos/%u.out.gif", pid);
    struct actor tool = scene_process(scene, pid, ppid, ms);
    act_input(tool, ms + 5, 1, in, FORMAT_GIF, 0x1000, 500);
    act_output(tool, ms + 20, 2, out, FORMAT_GIF, 0x9000, 400);
    act_end(tool, ms + 30, 10, 0);
    return tool;
}

START_TEST(processes_of_one_parent_are_packed_into_as_many_lanes_as_ran_at_once)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 90, 1, 0);
    for (unsigned i = 0; i < 6; i++) /* two at a time */
        one_image(&scene, 100 + i, 90, 10 + (double)(i / 2) * 40 + (i % 2));
    act_end(shell, 200, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 6);
    ck_assert_uint_eq(run->worker_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(run->workers[i].tasks, 3);
        ck_assert_uint_eq(run->workers[i].member_count, 3);
        ck_assert_uint_eq(run->workers[i].init_ns, 3 * 6 * MS); /* process start to first read's begin */
    }
    ck_assert_uint_eq(run->images[0].worker, 0);
    ck_assert_uint_eq(run->images[1].worker, 1);
    run_free(run);
}
END_TEST

/* Decodes into a pipe while the other end encodes. */
static void pipeline(struct scene *scene, uint32_t pid, double ms, uint64_t inode, const char *from, const char *to)
{
    struct actor ends[] = {scene_process(scene, pid, 1, ms), scene_process(scene, pid + 1, 1, ms + 0.5)};
    for (int i = 0; i < 2; i++)
        ACT(ends[i], ms + 1, open, .inode = inode, .bytes = TRACE_UNKNOWN, .file = 9, .fd = i,
            .flags = i ? 0 : O_WRONLY, .directory_fd = AT_FDCWD, .mode = S_IFIFO | 0600,
            .origin = trace_origin_INHERITED, .path = TEXT(""));
    act_input(ends[0], ms + 2, 1, from, FORMAT_JPEG, 0x1000, 500);
    act_codec(ends[0], ms + 8, 4, 1, trace_role_DECODE, trace_codec_JPEG, 0x1000, 0x7000);
    act_write(ends[0], ms + 10, 1, 9, 0x7000, 900);
    act_head(ends[0], ms + 10, 9, trace_direction_OUT, FORMAT_PNG, 0, 0x7000);
    act_read(ends[1], ms + 11, 1, 9, 0x4000, 900);
    act_head(ends[1], ms + 11, 9, trace_direction_IN, FORMAT_PNG, 0, 0x4000);
    act_codec(ends[1], ms + 14, 3, 1, trace_role_ENCODE, trace_codec_WEBP, 0x4000, 0x9000);
    act_close(ends[0], ms + 16, 1, 9, TRACE_UNKNOWN);
    act_end(ends[0], ms + 16, 10, 0);
    act_output(ends[1], ms + 14, 2, to, FORMAT_WEBP, 0x9000, 300);
    act_end(ends[1], ms + 20, 10, 0);
}

START_TEST(the_processes_of_a_pipeline_are_one_worker)
{
    struct scene scene = scene_new();
    pipeline(&scene, 100, 0, 77, "/photos/a.jpg", "/photos/a.webp");
    pipeline(&scene, 200, 5, 78, "/photos/b.jpg", "/photos/b.webp"); /* beside it */
    pipeline(&scene, 300, 40, 79, "/photos/c.jpg", "/photos/c.webp");
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 6);
    ck_assert_uint_eq(run->worker_count, 2);
    ck_assert_uint_eq(run->workers[0].tasks, 4);
    ck_assert_uint_eq(run->workers[1].tasks, 2);
    const struct worker *worker = &run->workers[1];
    uint64_t busy_ns = 0;
    for (size_t i = 0; i < run->image_count; i++)
        busy_ns += run->images[i].worker == 1 ? run->images[i].busy_ns : 0;
    ck_assert_uint_lt(worker->active_ns, busy_ns); /* time of both counts once */
    ck_assert_uint_le(worker->active_ns, worker->end_ns - worker->start_ns);
    run_free(run);
}
END_TEST

START_TEST(threads_that_own_images_are_workers)
{
    struct scene scene = scene_new();
    struct actor main = scene_process(&scene, 100, 1, 0);
    for (unsigned i = 0; i < 2; i++) {
        struct actor thread = scene_thread(main, 101 + i, 10);
        act_input(thread, 20 + i, 1 + 2 * i, i ? "/photos/a.gif" : "/photos/b.gif", FORMAT_GIF, 0x1000 + 0x1000 * i,
                  500);
        act_output(thread, 40 + i, 2 + 2 * i, i ? "/photos/c.gif" : "/photos/d.gif", FORMAT_GIF, 0x9000, 400);
        ACT(thread, 60 + i, thread_end, .cpu_ns = 10 * MS);
    }
    act_end(main, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run->worker_count, 2);
    ck_assert_uint_eq(run->workers[0].members[0].tid, 101);
    ck_assert_uint_eq(run->workers[1].members[0].tid, 102);
    ck_assert_uint_eq(run->workers[0].init_ns, 11 * MS);
    ck_assert_uint_eq(run->workers[1].init_ns, 12 * MS);
    ck_assert_uint_eq(run->images[0].cpu_ns, UNKNOWN); /* both at once */
    run_free(run);
}
END_TEST

START_TEST(settings_belong_to_the_image_whose_encoder_had_them)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (uint32_t i = 0; i < 2; i++) {
        double ms = 10 + 100 * i;
        act_input(tool, ms, 1 + 2 * i, i ? "/photos/a.png" : "/photos/b.png", FORMAT_PNG, 0x1000, 500);
        ACT(tool, ms + 3, codec_setting, .value = 80 + i, .session = 1 + i, .key = trace_setting_QUALITY,
            .codec = trace_codec_WEBP);
        act_codec(tool, ms + 20, 10, 1 + i, trace_role_ENCODE, trace_codec_WEBP, 0x5000, 0x9000);
        act_output(tool, ms + 30, 2 + 2 * i, i ? "/photos/c.gif" : "/photos/d.gif", FORMAT_GIF, 0x9000, 400);
    }
    act_end(tool, 300, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(run->images[i].settings->known[SETTING_QUALITY]);
        ck_assert_double_eq(run->images[i].settings->value[SETTING_QUALITY], 80.0 + (double)i);
        ck_assert_str_eq(run->images[i].settings->scale, "webp");
    }
    run_free(run);
}
END_TEST

/* At quality 50 the tables are those of T.81 K.1 themselves. */
/* What ReadImage calls to decode ends before it does. */
START_TEST(decoder_is_the_library_inside_the_framework)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, 0x1000, 500);
    ACT(tool, 13, codec_call, .duration_ns = MS, .session = 2, .depth = 1, .role = trace_role_HEADER,
        .codec = trace_codec_PNG, .outcome = trace_outcome_DONE, .source = 0x1000, .source_bytes = 500);
    ACT(tool, 14, codec_call, .duration_ns = MS, .session = 3, .depth = 1, .role = trace_role_HEADER,
        .codec = trace_codec_JPEG, .outcome = trace_outcome_DONE, .source = 0x1000, .source_bytes = 500);
    ACT(tool, 18, codec_call, .duration_ns = 4 * MS, .session = 3, .depth = 1, .role = trace_role_DECODE,
        .codec = trace_codec_JPEG, .outcome = trace_outcome_DONE, .source = 0x1000, .source_bytes = 500);
    act_codec(tool, 20, 8, 1, trace_role_DECODE, trace_codec_MAGICK, 0x1000, 0x5000);
    act_codec(tool, 40, 20, 4, trace_role_ENCODE, trace_codec_WEBP, 0x5000, 0x9000);
    act_output(tool, 50, 2, "/photos/out.webp", FORMAT_WEBP, 0x9000, 400);
    act_end(tool, 60, 50, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_str_eq(run->images[0].settings->decoder, "libjpeg");
    ck_assert_str_eq(run->images[0].settings->encoder, "libwebp");
    run_free(run);
}
END_TEST

START_TEST(jpeg_quality_comes_from_the_quantization_tables)
{
    static const unsigned char luminance[64] = {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                                                14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                                                18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                                                49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
    char values[128] = {0};
    for (size_t i = 0; i < 64; i++)
        values[2 * i] = (char)luminance[i];
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.ppm", FORMAT_PNM, 0x1000, 500);
    ACT(tool, 15, quantization, .session = 1, .slot = 0, .values = {values, sizeof values});
    act_codec(tool, 30, 10, 1, trace_role_ENCODE, trace_codec_JPEG, 0x5000, 0x9000);
    act_output(tool, 30, 2, "/photos/b.jpg", FORMAT_JPEG, 0x9000, 400);
    act_end(tool, 300, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_double_eq_tol(run->images[0].settings->value[SETTING_QUALITY], 50, 0.5);
    ck_assert_str_eq(run->images[0].settings->encoder, "libjpeg");
    run_free(run);
}
END_TEST

START_TEST(totals_hold_every_file_and_image_totals_only_images)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_open(tool, 5, 1, 9, "/etc/conf", O_RDONLY, 70);
    act_read(tool, 8, 2, 9, 0x100, 70);
    act_close(tool, 9, 0, 9, 70);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 30, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 400);
    ACT(tool, 40, thread_end, .cpu_ns = 5 * MS);
    ACT(tool, 40, process_end, .rchar = 700, .wchar = 600, .own_wchar = 150, .reaped_rchar = 80, .exit_code = 0,
        .how = trace_ending_EXIT, .vm_hwm_bytes = 5000000);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->all_read.bytes, 570);
    ck_assert_uint_eq(run->all_read.ops, 2);
    ck_assert_uint_eq(run->all_read.ns, 3 * MS);
    ck_assert_uint_eq(run->image_read.bytes, 500);
    ck_assert_uint_eq(run->image_write.bytes, 400);
    ck_assert_uint_eq(run->image_write.ns, 1 * MS);
    ck_assert_uint_eq(run->processes[0].seen_io_bytes, 970);
    ck_assert_uint_eq(run->processes[0].kernel_io_bytes, 1300 - 230);
    ck_assert_uint_eq(run->processes[0].vm_hwm_bytes, 5000000);
    run_free(run);
}
END_TEST

/* Whoever reads it, the machine's counter is one; it counts on from reading to reading. */
START_TEST(what_the_machine_left_idle_is_spread_between_anybodys_readings)
{
    struct scene scene = scene_new();
    struct actor a = scene_process(&scene, 100, 1, 0), b = scene_process(&scene, 101, 100, 0);
    ACT(a, 50, sample, .machine_idle_ns = 7000 * MS);
    ACT(b, 150, sample, .machine_idle_ns = 7150 * MS);
    ACT(a, 200, sample, .machine_idle_ns = TRACE_UNKNOWN);
    ACT(a, 250, sample, .machine_idle_ns = 7150 * MS);
    ACT(b, 450, sample, .machine_idle_ns = 1000 * MS); /* backwards: not known */
    act_end(b, 460, 0, 0);
    act_end(a, 460, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->sample_count, 5);
    ck_assert_double_eq_tol(run->samples[0].machine_idle_cpus, 1.5, 1e-6);
    ck_assert_double_eq_tol(run->samples[1].machine_idle_cpus, 0.75, 1e-6);
    ck_assert_double_eq_tol(run->samples[2].machine_idle_cpus, 0, 1e-6);
    ck_assert(isnan(run->samples[3].machine_idle_cpus));
    run_free(run);
}
END_TEST

START_TEST(cpu_between_samples_is_spread_over_windows_and_memory_is_the_trees)
{
    struct scene scene = scene_new();
    struct actor a = scene_process(&scene, 100, 1, 0), b = scene_process(&scene, 101, 100, 0);
    ACT(a, 200, sample, .rss_bytes = 5000000, .shared_bytes = 1000000, .own_bytes = 1000000, .io_ops = 7,
        .cpu_user_ns = 200 * MS);
    ACT(b, 250, sample, .rss_bytes = 3000000, .shared_bytes = 2000000, .heap_live_bytes = -5);
    act_end(b, 260, 0, 0);
    act_end(a, 300, 200, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->sample_count, 3);
    ck_assert_double_eq_tol(run->samples[0].cpu_ratio, 0.5, 1e-6); /* one of two CPUs */
    ck_assert_double_eq_tol(run->samples[1].cpu_ratio, 0.5, 1e-6);
    ck_assert_double_eq_tol(run->samples[2].cpu_ratio, 0, 1e-6);
    ck_assert_uint_eq(run->samples[2].io_ops, 7);
    ck_assert_uint_eq(run->peak_rss_bytes, 3000000 + 1000000 + 2000000); /* private parts, largest shared part */
    ck_assert(run->peak_is_tree);
    ck_assert_uint_eq(run->peak_rss_ns, AT(250));
    ck_assert_uint_eq(run->peak_process, 0);
    run_free(run);
}
END_TEST

START_TEST(sixty_seconds_without_a_process_end_a_period)
{
    struct scene scene = scene_new();
    act_end(scene_process(&scene, 100, 1, 0), 1000, 0, 0);
    act_end(scene_process(&scene, 101, 1, 60999), 62000, 0, 0);
    act_end(scene_process(&scene, 102, 1, 122001), 123000, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->period_count, 2);
    ck_assert_uint_eq(run->periods[0][0], AT(0));
    ck_assert_uint_eq(run->periods[0][1], AT(62000));
    ck_assert_uint_eq(run->periods[1][0], AT(122001));
    run_free(run);
}
END_TEST

START_TEST(order_in_which_processes_and_streams_were_made_does_not_matter)
{
    double busy[2][4];
    uint32_t workers[2][4];
    for (int turn = 0; turn < 2; turn++) {
        struct scene scene = scene_new();
        for (unsigned i = 0; i < 4; i++) {
            unsigned k = turn ? 3 - i : i;
            one_image(&scene, 100 + k, 1, 10 + 7.0 * k);
        }
        struct run *run = finish(&scene);
        ck_assert_uint_eq(run->image_count, 4);
        for (size_t i = 0; i < 4; i++) {
            busy[turn][i] = (double)run->images[i].busy_ns;
            workers[turn][i] = run->images[i].worker;
        }
        run_free(run);
    }
    ck_assert_mem_eq(busy[0], busy[1], sizeof busy[0]);
    ck_assert_mem_eq(workers[0], workers[1], sizeof workers[0]);
}
END_TEST

/* Every prefix of a process with two images: what is complete stays, nothing crashes. */
START_TEST(trace_cut_off_anywhere_keeps_the_images_that_were_complete)
{
    enum { RECORDS = 64 };
    for (unsigned keep = 1; keep < RECORDS; keep++) {
        struct scene scene = scene_new();
        struct actor tool = scene_process(&scene, 100, 1, 0);
        unsigned before = build_trace_records(scene.trace, tool.stream);
        for (uint32_t i = 0; i < 2; i++) {
            double ms = 10 + 100 * i;
            act_input(tool, ms, 1 + 2 * i, i ? "/photos/a.png" : "/photos/b.png", FORMAT_PNG, 0x1000, 500);
            act_codec(tool, ms + 20, 10, 1 + i, trace_role_ENCODE, trace_codec_PNG, 0x5000, 0x9000);
            act_output(tool, ms + 30, 2 + 2 * i, i ? "/photos/c.gif" : "/photos/d.gif", FORMAT_GIF, 0x9000, 400);
        }
        act_end(tool, 300, 1, 0);
        unsigned all = build_trace_records(scene.trace, tool.stream);
        build_trace_keep(scene.trace, tool.stream, keep < all ? keep : all);
        struct run *run = finish(&scene);
        unsigned per_image = (all - before - 2) / 2, whole = keep > before ? (keep - before) / per_image : 0;
        size_t good = 0;
        for (size_t i = 0; i < run->image_count; i++)
            good += run->images[i].status == IMAGE_OK;
        ck_assert_uint_eq(good, whole < 2 ? whole : 2);
        run_free(run);
        if (keep >= all)
            break;
    }
}
END_TEST

/* A pool's thread: the first load turns out to be damaged while it is saved, the program catches that and goes on. */
START_TEST(image_whose_codec_failed_in_a_tool_that_goes_on_failed_and_gives_its_output_to_the_next)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    static const char *const inputs[] = {"/photos/bad.png", "/photos/good.png"};
    for (uint32_t i = 0; i < 2; i++) {
        double ms = 100 * i;
        uint32_t loader = 1 + 2 * i, saver = loader + 1, file = 1 + i;
        ACT(tool, ms + 5, session_link, .session = loader, .direction = trace_direction_IN,
            .path = {inputs[i], strlen(inputs[i])});
        act_input(tool, ms + 10, file, inputs[i], FORMAT_PNG, 0x1000 + 0x1000 * i, 500 + i);
        act_codec(tool, ms + 15, 1, loader, trace_role_HEADER, trace_codec_VIPS, 0, 0);
        act_close(tool, ms + 16, 1, file, 500 + i);
        ACT(tool, ms + 20, session_link, .session = saver, .direction = trace_direction_OUT,
            .path = TEXT("/photos/out.gif"));
        if (i)
            act_output(tool, ms + 30, 9, "/photos/out.gif", FORMAT_GIF, 0x9000, 400);
        ACT(tool, ms + 50, codec_call, .duration_ns = 30 * MS, .session = saver, .hook = 5, .role = trace_role_PIPELINE,
            .codec = trace_codec_VIPS, .outcome = i ? trace_outcome_DONE : trace_outcome_UNWOUND);
    }
    act_end(tool, 270, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct image *image = &run->images[i];
        ck_assert_int_eq(image->status, i ? IMAGE_OK : IMAGE_FAILED);
        ck_assert_uint_eq(image->attempts, 1);
        ck_assert_uint_eq(image->output_count, i);
        ck_assert_str_eq(run->files[image->inputs[0]].path, inputs[i]);
    }
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_runs");
    TCase *tests = tcase_create("runs");
    tcase_add_test(tests, processes_of_one_parent_are_packed_into_as_many_lanes_as_ran_at_once);
    tcase_add_test(tests, the_processes_of_a_pipeline_are_one_worker);
    tcase_add_test(tests, threads_that_own_images_are_workers);
    tcase_add_test(tests, settings_belong_to_the_image_whose_encoder_had_them);
    tcase_add_test(tests, decoder_is_the_library_inside_the_framework);
    tcase_add_test(tests, jpeg_quality_comes_from_the_quantization_tables);
    tcase_add_test(tests, totals_hold_every_file_and_image_totals_only_images);
    tcase_add_test(tests, what_the_machine_left_idle_is_spread_between_anybodys_readings);
    tcase_add_test(tests, cpu_between_samples_is_spread_over_windows_and_memory_is_the_trees);
    tcase_add_test(tests, sixty_seconds_without_a_process_end_a_period);
    tcase_add_test(tests, order_in_which_processes_and_streams_were_made_does_not_matter);
    tcase_add_test(tests, trace_cut_off_anywhere_keeps_the_images_that_were_complete);
    tcase_add_test(tests, image_whose_codec_failed_in_a_tool_that_goes_on_failed_and_gives_its_output_to_the_next);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
