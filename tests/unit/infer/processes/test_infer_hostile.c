/* SPDX-License-Identifier: MIT
 * Owns: the claims about records that contradict themselves or each other, and about the time that large runs take.
 * Must not know: figures of honest traces.
 *
 * Times are CPU times, and compared with each other: four times as much takes four times as long when the cost is
 * linear, sixteen times when it is quadratic; half way between, the test fails. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

#define SLACK       0.2 /* s */
#define HUGE_FIGURE (UINT64_MAX - 7)

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

START_TEST(duration_longer_than_the_process_lived_is_cut_to_its_life)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.png", FORMAT_PNG, 0x1000, 500);
    ACT(tool, 20, codec_call, .duration_ns = HUGE_FIGURE, .io_ns = HUGE_FIGURE, .session = 1, .role = trace_role_ENCODE,
        .codec = trace_codec_PNG, .outcome = trace_outcome_DONE);
    ACT(tool, 21, rows, .duration_ns = HUGE_FIGURE, .io_ns = 3, .first_ns = 0, .last_ns = HUGE_FIGURE, .session = 1,
        .role = trace_role_ENCODE, .codec = trace_codec_PNG);
    act_output(tool, 30, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 400);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_ge(run->images[0].start_ns, AT(0));
    ck_assert_uint_le(run->images[0].stage_ns[STAGE_ENCODE], 200 * MS);
    run_free(run);
}
END_TEST

START_TEST(counters_that_go_backwards_give_unknown_figures_and_not_huge_ones)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    struct actor next = scene_process(&scene, 101, 1, 0);
    ACT(tool, 10, sample, .rss_bytes = 5000, .own_bytes = 9000, .shared_bytes = HUGE_FIGURE, .io_ops = 9,
        .cpu_user_ns = 5 * MS);
    ACT(tool, 20, sample, .rss_bytes = 5000, .io_ops = 3, .cpu_user_ns = 1 * MS);
    ACT(tool, 30, process_end, .rchar = 5, .wchar = 5, .own_rchar = 100, .exit_code = 0, .how = trace_ending_EXIT);
    ACT(next, 5, thread_cpu, .cpu_ns = 9 * MS);
    ACT(next, 6, thread_cpu, .cpu_ns = 1 * MS);
    act_end(next, 300, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].kernel_io_bytes, UNKNOWN); /* ours alone is more than the kernel counted */
    ck_assert_uint_le(run->peak_rss_bytes, 2000000);
    for (size_t i = 0; i < run->sample_count; i++)
        ck_assert_uint_le(run->samples[i].io_ops, 9);
    run_free(run);
}
END_TEST

START_TEST(rchar_below_its_baseline_makes_coverage_unknown)
{
    struct scene scene = scene_new();
    struct actor tool = {.scene = &scene, .pid = 100, .tid = 100};
    tool.process = build_trace_process(scene.trace, 100, AT(0));
    tool.stream = build_trace_stream(scene.trace, tool.process);
    ACT(tool, 0, process, .start_ns = HUGE_FIGURE, .pid = 100, .ppid = 100, .rchar = 1000, .wchar = 0);
    act_end(tool, 10, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].kernel_io_bytes, UNKNOWN);
    ck_assert_uint_eq(run->processes[0].start_ns, AT(0)); /* not after its own record */
    ck_assert_uint_eq(run->processes[0].parent, NO_ID);   /* not its own parent */
    run_free(run);
}
END_TEST

START_TEST(process_without_any_start_record_still_has_its_images)
{
    struct scene scene = scene_new();
    struct actor tool = {.scene = &scene, .pid = 100, .tid = 100};
    tool.process = build_trace_process(scene.trace, 100, AT(0));
    tool.stream = build_trace_stream(scene.trace, tool.process);
    ACT(tool, 1, notice, .what = trace_note_OWN_MALLOC);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 30, 2, "b.gif", FORMAT_GIF, 0x9000, 400);
    ACT(tool, 90, sample, .rss_bytes = 5000000);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->start_ns, AT(1));
    ck_assert_uint_eq(run->note_count, 1);
    ck_assert_uint_eq(run->sample_count, 1);
    run_free(run);
}
END_TEST

START_TEST(blocks_and_numbers_from_the_ends_of_their_ranges_do_no_harm)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, UINT32_MAX, "/photos/a.gif", FORMAT_GIF, UINT64_MAX, UINT64_MAX);
    for (unsigned i = 0; i < 3; i++) {
        ACT(tool, 11, block, .address = UINT64_MAX, .bytes = HUGE_FIGURE, .op = trace_block_op_ALLOCATED,
            .session = ~0u);
        ACT(tool, 12, block, .address = UINT64_MAX, .bytes = 1, .op = trace_block_op_FREED);
        ACT(tool, 12, block, .address = 5, .bytes = 1, .op = trace_block_op_FREED);
    }
    ACT(tool, 13, hook, .hook = UINT16_MAX, .role = 255, .codec = 255, .name = TEXT("\xff\0x"));
    ACT(tool, 14, codec_setting, .value = 1e308, .session = 1, .key = 255, .codec = 255);
    ACT(tool, 15, codec_call, .source = UINT64_MAX, .source_bytes = UINT64_MAX, .session = ~0u, .role = 255,
        .codec = 255, .outcome = 255, .hook = UINT16_MAX);
    act_output(tool, 30, 2, "/photos/\xff\xfe.gif", FORMAT_GIF, UINT64_MAX - 1, UINT64_MAX);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_lt(run->images[0].large_block_peak_bytes + 1, UINT64_C(1) << 60);
    run_free(run);
}
END_TEST

static double seconds_for(struct scene *scene, size_t images)
{
    clock_t start = clock();
    struct run *run = scene_run(scene);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    fprintf(stderr, "%zu images: %.2f s\n", images, seconds);
    ck_assert_uint_eq(run->image_count, images);
    run_free(run);
    scene_free(scene);
    return seconds;
}

static double one_thread(unsigned count)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (unsigned i = 0; i < count; i++) { /* all through one temporary name */
        char in[40], out[40];
        snprintf(in, sizeof in, "/photos/%u.gif", i);
        snprintf(out, sizeof out, "/photos/%u.out", i);
        act_input(tool, 10 * i, 1 + 2 * i, in, FORMAT_GIF, 0x1000, 500);
        act_close(tool, 10 * i + 3, 1, 1 + 2 * i, 500);
        act_output(tool, 10 * i + 3, 2 + 2 * i, "/photos/temp", FORMAT_GIF, 0x9000, 400);
        if (i % 2)
            act_rename(tool, 10 * i + 7, "/photos/temp", out);
        else
            act_unlink(tool, 10 * i + 7, "/photos/temp");
        if (i % 200 == 199)
            build_trace_cut(scene.trace, tool.stream);
    }
    act_end(tool, 2000000, 1, 0);
    return seconds_for(&scene, count);
}

START_TEST(a_hundred_thousand_images_of_one_thread_take_linear_time)
{
    double quarter = one_thread(25000), whole = one_thread(100000);
    ck_assert_msg(whole < SLACK + 8 * quarter, "%g s and %g s", quarter, whole);
}
END_TEST

static double many_threads(unsigned count)
{
    struct scene scene = scene_new();
    struct actor main = scene_process(&scene, 100, 1, 0), thread = main;
    thread.stream = build_trace_stream(scene.trace, main.process);
    for (unsigned i = 0; i < count; i++) { /* one stream goes from thread to thread */
        char in[40], out[40];
        double ms = 10.0 * (i + 1);
        snprintf(in, sizeof in, "/photos/%u.gif", i);
        snprintf(out, sizeof out, "/photos/%u.out", i);
        ACT(thread, ms, thread, .start_ns = AT(ms), .tid = 1000 + i, .creator_tid = 100, .name = TEXT("t"));
        act_input(thread, ms, 1 + 2 * i, in, FORMAT_GIF, 0x1000, 500);
        act_output(thread, ms + 3, 2 + 2 * i, out, FORMAT_GIF, 0x9000, 400);
        ACT(thread, ms + 7, thread_end, .cpu_ns = MS);
        if (i % 200 == 199)
            build_trace_cut(scene.trace, thread.stream);
    }
    act_end(main, 400000, 1, 0);
    return seconds_for(&scene, count);
}

START_TEST(thirty_thousand_threads_with_an_image_each_take_linear_time)
{
    double quarter = many_threads(7500), whole = many_threads(30000);
    ck_assert_msg(whole < SLACK + 8 * quarter, "%g s and %g s", quarter, whole);
}
END_TEST

static double many_processes(unsigned count)
{
    struct scene scene = scene_new();
    for (unsigned i = 0; i < count; i++) {
        double ms = 10.0 * i;
        struct actor tool = scene_process(&scene, 100 + i, 100, ms);
        act_input(tool, ms, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
        ACT(tool, ms + 3, sample, .rss_bytes = 5000000);
        act_output(tool, ms + 3, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 400);
        if (i % 2)
            act_end(tool, ms + 7, 1, 0);
    }
    return seconds_for(&scene, count);
}

START_TEST(two_thousand_processes_take_linear_time)
{
    double quarter = many_processes(500), whole = many_processes(2000);
    ck_assert_msg(whole < SLACK + 8 * quarter, "%g s and %g s", quarter, whole);
}
END_TEST

/* So many files decoded before so many outputs of one of them, that each with all would be millions of pairs. */
static double each_with_all(unsigned count)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    unsigned number = 1;
    for (unsigned i = 0; i < count; i++, number++) {
        char path[40];
        snprintf(path, sizeof path, "/photos/%u.png", i);
        act_input(tool, number, number, path, FORMAT_PNG, 0x1000, 500);
        act_codec(tool, number + 0.5, 0.1, number, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x100000);
        act_close(tool, number + 0.6, 0, number, 500);
        if (i % 200 == 199)
            build_trace_cut(scene.trace, tool.stream);
    }
    for (unsigned i = 0; i < count; i++, number++) {
        char path[40];
        snprintf(path, sizeof path, "/photos/%u.jpg", i);
        act_codec(tool, number + 0.5, 0.1, number, trace_role_ENCODE, trace_codec_JPEG, 0x100000, 0x9000);
        act_output(tool, number + 0.5, number, path, FORMAT_JPEG, 0x9000, 400);
        if (i % 200 == 199)
            build_trace_cut(scene.trace, tool.stream);
    }
    act_end(tool, number + 20, 1, 0);
    return seconds_for(&scene, count);
}

START_TEST(four_thousand_inputs_before_four_thousand_outputs_take_linear_time)
{
    double quarter = each_with_all(1000), whole = each_with_all(4000);
    ck_assert_msg(whole < SLACK + 8 * quarter, "%g s and %g s", quarter, whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_hostile");
    TCase *tests = tcase_create("hostile");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, duration_longer_than_the_process_lived_is_cut_to_its_life);
    tcase_add_test(tests, counters_that_go_backwards_give_unknown_figures_and_not_huge_ones);
    tcase_add_test(tests, rchar_below_its_baseline_makes_coverage_unknown);
    tcase_add_test(tests, process_without_any_start_record_still_has_its_images);
    tcase_add_test(tests, blocks_and_numbers_from_the_ends_of_their_ranges_do_no_harm);
    tcase_add_test(tests, a_hundred_thousand_images_of_one_thread_take_linear_time);
    tcase_add_test(tests, thirty_thousand_threads_with_an_image_each_take_linear_time);
    tcase_add_test(tests, two_thousand_processes_take_linear_time);
    tcase_add_test(tests, four_thousand_inputs_before_four_thousand_outputs_take_linear_time);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
