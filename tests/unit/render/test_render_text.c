/* SPDX-License-Identifier: MIT
 * Owns: claims about the text report.
 * Must not know: how figures come about. */
#include "analyzer/render/render.h"

#include <math.h>
#include <string.h>

#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

static char *text_report(struct run *run, bool ascii, size_t top)
{
    struct render_options options = {.ascii = ascii, .images = true, .top = top, .tool_version = "0.0.0"};
    return golden_render(&render_text, run, &options);
}

START_TEST(the_report_is_the_golden_one)
{
    char *text = text_report(sample_run(), false, 0);
    golden_compare("report.txt", text);
    free(text);
}
END_TEST

START_TEST(what_was_read_once_for_several_outputs_says_with_which_and_not_zero)
{
    struct run *run = sample_run();
    run->images[3].read_with = 2;
    run->images[3].stage_ns[STAGE_IMAGE_READ] = 0;
    char *text = text_report(run, false, 0);
    ck_assert_ptr_nonnull(
        strstr(text, "validation 0.01s, read and decoded with /home/ann/photos/out/b.webp, processing 0.34s"));
    ck_assert_ptr_null(strstr(text, "read 0.00s"));
    free(text);
}
END_TEST

START_TEST(the_ascii_report_is_the_golden_one_and_ascii)
{
    char *text = text_report(sample_run(), true, 0);
    golden_compare("report-ascii.txt", text);
    for (const char *at = text; *at; at++)
        ck_assert_int_lt((unsigned char)*at, 0x80);
    free(text);
}
END_TEST

/* Every row of the format that the project was specified with, in its order. */
START_TEST(titles_stand_in_the_specified_order)
{
    static const char *const rows[] = {"=== Image Optimizer Benchmark Report ===",
                                       "\n\nTime-based Metrics:\n",
                                       "\n- Total Duration: ",
                                       "\n- Average Processing Time: ",
                                       "/image (n=",
                                       "\n- Worker Init Time: ",
                                       "\n- Stage Timings (summed over images):\n",
                                       "\n  ├── Validation: ",
                                       "\n  ├── Processing: ",
                                       "\n  ├── I/O: ",
                                       "\n\nResource Metrics:\n",
                                       "\n- CPU Utilization: ",
                                       "\n  ├── Peak: ",
                                       "\n  └── Min: ",
                                       "\n- Worker Efficiency: ",
                                       "\n  ├── Active Time: ",
                                       "\n  └── Idle Time: ",
                                       "\n- I/O Operations:\n",
                                       "\n  ├── Read: ",
                                       "\n  └── Write: ",
                                       "\n\nOptimization Metrics:\n",
                                       "\n- Compression Ratios:\n",
                                       "\n- Size Reductions:\n",
                                       "\n  ├── Total: ",
                                       "\n  └── Average: ",
                                       "\n- Format Conversions:\n",
                                       "\n- Quality Metrics:\n",
                                       "\n\nMemory Usage:\n",
                                       "\n- Peak: ",
                                       "\n- Average: ",
                                       "\n- Baseline: ",
                                       "\n\nTrust:\n",
                                       "\n- Coverage: ",
                                       "\n- Overhead: "};
    char *text = text_report(sample_run(), false, 0);
    const char *at = text;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = strstr(at, rows[i]);
        ck_assert_msg(found != NULL, "row %s is missing or out of order", rows[i]);
        at = found + strlen(rows[i]) - 1; /* a line end may belong to two */
    }
    free(text);
}
END_TEST

START_TEST(unknown_figures_say_why)
{
    struct run *run = sample_empty_run();
    uint32_t source = sample_file(run, "in.jpg", FILE_ROLE_SOURCE, FORMAT_JPEG, UNKNOWN);
    sample_image(run, 0, source, sample_file(run, "out.jpg", FILE_ROLE_FINAL, FORMAT_JPEG, 10), 0, 10);
    char *text = text_report(run, false, 0);
    static const char *const rows[] = {"- CPU Utilization: n/a (",
                                       "Peak: n/a (no full 100 ms window",
                                       "- Worker Efficiency: n/a (",
                                       "JPEG: n/a (size of input or output unknown), n=1",
                                       "- Size Reductions: n/a (",
                                       "- Peak: n/a (",
                                       "- Average: n/a (",
                                       "- Baseline: n/a (",
                                       "- Coverage: n/a (",
                                       "- Overhead: n/a (",
                                       "Decode: n/a (",
                                       "- Worker Init Time: n/a ("};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(strstr(text, rows[i]) != NULL, "%s is missing in\n%s", rows[i], text);
    ck_assert_ptr_null(strstr(text, "nan"));
    free(text);
}
END_TEST

/* 340 ms of the fourth image are optimization that nobody can split: a gap, a call that does everything, or both. */
START_TEST(what_is_not_told_apart_says_why)
{
    static const struct {
        uint64_t inferred_ms;
        const char *row;
    } cases[] = {
        {340, "Not told apart: 0.34s (no codec call seen)\n"},
        {0, "Not told apart: 0.34s (in calls that do all of it)\n"},
        {140, "Not told apart: 0.34s (0.20s in calls that do all of it, else no codec call seen)\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run *run = sample_run();
        run->images[3].inferred_ns[STAGE_OPTIMIZATION] = cases[i].inferred_ms * 1000000;
        char *text = text_report(run, false, 0);
        ck_assert_msg(strstr(text, cases[i].row) != NULL, "%s is missing in\n%s", cases[i].row, text);
        free(text);
    }
}
END_TEST

START_TEST(a_gap_in_coverage_names_its_processes)
{
    struct run *run = sample_run();
    run->processes[0].kernel_io_bytes = 20100000; /* 95 % */
    char *text = text_report(run, false, 0);
    ck_assert_ptr_nonnull(strstr(text, "inferred)\n  └── 4000 /usr/bin/batch in out: 1.00 MB not seen\n- Overhead"));
    free(text);
    run = sample_run();
    run->processes[0].kernel_io_bytes = 18100000;
    text = text_report(run, false, 0);
    ck_assert_ptr_nonnull(
        strstr(text, "  └── 4000 /usr/bin/batch in out: 1.00 MB more seen than the kernel counted\n"));
    free(text);
}
END_TEST

START_TEST(rows_of_memory_that_was_not_used_are_left_out)
{
    struct run *run = sample_run();
    run->processes[0].anonymous_peak_bytes = 0;
    run->allocator.process = NO_ID;
    run->processes[0].metadata_calls = UNKNOWN;
    char *text = text_report(run, false, 0);
    ck_assert_ptr_null(strstr(text, "- Mapped Peak:"));
    ck_assert_ptr_null(strstr(text, "- Allocator:"));
    ck_assert_ptr_nonnull(strstr(text, "  ├── Metadata: n/a (no process's end was recorded)\n"));
    free(text);
}
END_TEST

START_TEST(a_sample_far_below_the_peak_does_not_say_what_it_is_made_of)
{
    struct run *run = sample_run();
    run->processes[0].vm_hwm_bytes = 365000000; /* the sample has 180 MB, and 2 MB of our own */
    char *text = text_report(run, false, 0);
    ck_assert_ptr_nonnull(
        strstr(text, "\n- Made of: n/a (at the highest sample the largest process had 180 MB of its 365 MB)\n"));
    free(text);
    run = sample_run();
    run->processes[0].vm_hwm_bytes = 363000000;
    text = text_report(run, false, 0);
    ck_assert_ptr_nonnull(strstr(text, "\n- Made of: 120 MB heap, "));
    free(text);
}
END_TEST

START_TEST(a_run_without_images_says_what_was_seen)
{
    char *text = text_report(sample_run_without_images(), false, 0);
    ck_assert_ptr_nonnull(strstr(text, "No image was processed in this run"));
    ck_assert_ptr_nonnull(strstr(text, "4000 /usr/bin/identify in/a.jpg (exit 0, 12 records)"));
    ck_assert_ptr_nonnull(strstr(text, "/home/ann/photos/in/a.jpg (JPEG, 1.00 MB)"));
    ck_assert_ptr_nonnull(strstr(text, "\nTrust:\n"));
    ck_assert_ptr_null(strstr(text, "Time-based Metrics"));
    free(text);
    text = text_report(sample_empty_run(), true, 0);
    ck_assert_ptr_nonnull(strstr(text, "- Processes: 0\n"));
    free(text);
}
END_TEST

START_TEST(images_that_grew_say_so)
{
    struct run *run = sample_empty_run();
    uint32_t source = sample_file(run, "in.png", FILE_ROLE_SOURCE, FORMAT_PNG, 1000);
    sample_image(run, 0, source, sample_file(run, "out.jpg", FILE_ROLE_FINAL, FORMAT_JPEG, 1200), 0, 10);
    char *text = text_report(run, false, 0);
    ck_assert_ptr_nonnull(strstr(text, "JPEG: 120.0% of original (+20.0%), n=1"));
    ck_assert_ptr_nonnull(strstr(text, "PNG → JPEG: 20.0% larger, n=1"));
    ck_assert_ptr_nonnull(strstr(text, "Average: 200 B/image larger"));
    free(text);
}
END_TEST

START_TEST(top_limits_the_images)
{
    char *text = text_report(sample_run(), false, 2);
    ck_assert_ptr_nonnull(strstr(text, "\nImages (the slowest 2 of 6):\n- 0.60s: "));
    ck_assert_ptr_nonnull(strstr(text, "in/e\\xff.png"));
    ck_assert_ptr_null(strstr(strstr(text, "\nImages (the"), "in/a.jpg"));
    free(text);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    struct render_options options = {.tool_version = "0.0.0"};
    FILE *out = fopen("/dev/full", "w");
    ck_assert(metrics && out);
    ck_assert_int_eq(render_text.report(metrics, &options, out), -1);
    fclose(out);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render_text");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, the_report_is_the_golden_one);
    tcase_add_test(tests, what_was_read_once_for_several_outputs_says_with_which_and_not_zero);
    tcase_add_test(tests, the_ascii_report_is_the_golden_one_and_ascii);
    tcase_add_test(tests, titles_stand_in_the_specified_order);
    tcase_add_test(tests, unknown_figures_say_why);
    tcase_add_test(tests, what_is_not_told_apart_says_why);
    tcase_add_test(tests, a_gap_in_coverage_names_its_processes);
    tcase_add_test(tests, rows_of_memory_that_was_not_used_are_left_out);
    tcase_add_test(tests, a_sample_far_below_the_peak_does_not_say_what_it_is_made_of);
    tcase_add_test(tests, a_run_without_images_says_what_was_seen);
    tcase_add_test(tests, images_that_grew_say_so);
    tcase_add_test(tests, top_limits_the_images);
    tcase_add_test(tests, a_full_disk_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
