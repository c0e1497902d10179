/* SPDX-License-Identifier: MIT
 * Owns: claims about the JSON report.
 * Must not know: how figures come about. */
#include "analyzer/render/render.h"

#include <jansson.h>
#include <string.h>

#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

static char *text_of(struct run *run, bool no_images)
{
    struct render_options options = {.no_images = no_images, .tool_version = "0.0.0"};
    return golden_render(&render_json, run, &options);
}

/* The parsed report of a run, which is freed. */
static json_t *report_of(struct run *run, bool no_images)
{
    char *text = text_of(run, no_images);
    json_error_t error;
    json_t *report = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(report != NULL, "line %d: %s", error.line, error.text);
    free(text);
    return report;
}

START_TEST(the_report_is_the_golden_one)
{
    char *text = text_of(sample_run(), false);
    golden_compare("report.json", text);
    free(text);
}
END_TEST

static void assert_keys(const json_t *object, const char *where, const char *keys)
{
    char *copy = strdup(keys), *rest = NULL;
    for (char *key = strtok_r(copy, " ", &rest); key; key = strtok_r(NULL, " ", &rest))
        ck_assert_msg(json_object_get(object, key) != NULL, "%s has no %s", where, key);
    free(copy);
}

static json_t *first(const json_t *report, const char *list)
{
    return json_array_get(json_object_get(report, list), 0);
}

START_TEST(every_promised_key_is_there)
{
    json_t *report = report_of(sample_run(), false);
    assert_keys(report, "report",
                "schema tool_version command started duration_s periods host processes libraries coverage files images "
                "stages resources workers worker_efficiency formats conversions memory frontend sidecar marks spans "
                "span_list mark_totals findings totals");
    assert_keys(first(report, "marks"), "mark", "name kind t_s pid tid data");
    assert_keys(first(report, "span_list"), "span", "name start_s end_s pid tid matched_by data");
    assert_keys(json_object_get(report, "frontend"), "front end",
                "startTime dropToStartDuration uiUpdateLatency userInteractions");
    assert_keys(first(json_object_get(report, "frontend"), "userInteractions"), "interaction", "event timestamp data");
    assert_keys(json_object_get(report, "sidecar"), "sidecar",
                "imageProcessingStages memoryUsage formatSpecificTimings");
    assert_keys(first(json_object_get(report, "sidecar"), "imageProcessingStages"), "sidecar stage", "name duration");
    assert_keys(first(json_object_get(report, "sidecar"), "memoryUsage"), "sidecar memory", "timestamp heap total");
    assert_keys(first(report, "periods"), "period", "start_s end_s");
    assert_keys(json_object_get(report, "host"), "host",
                "machine kernel boot_id cpu_model cpus usable_cpus memory_bytes cgroup load");
    assert_keys(first(report, "processes"), "process",
                "pid ppid exe argv start_s end_s exit_code signal in_flight allocator io_bytes_seen io_bytes_kernel "
                "alloc_calls free_calls peak_anonymous_bytes peak_reserved_bytes threads_total threads");
    assert_keys(first(first(report, "processes"), "threads"), "thread",
                "tid name start_s end_s cpu_s alloc_calls free_calls heap_bytes");
    assert_keys(first(report, "libraries"), "library", "name version build_id");
    assert_keys(
        json_object_get(report, "coverage"), "coverage",
        "io_bytes_seen io_bytes_kernel logical_bytes uncounted_bytes mapped_bytes device_bytes attributed_ratio "
        "observed_ratio records lost_records overhead_ratio untraced_children idle_children notes");
    assert_keys(first(json_object_get(report, "coverage"), "untraced_children"), "untraced child", "pid path reason");
    assert_keys(first(report, "files"), "file",
                "id path path_b64 kind role format width height depth frames bytes metadata");
    assert_keys(json_object_get(first(report, "files"), "metadata"), "metadata", "icc exif xmp orientation alpha");
    const json_t *image = first(report, "images");
    assert_keys(image, "image",
                "id inputs outputs chain_id worker pid start_s span_s busy_s wait_s cpu_s cpu_thread_s cpu_helpers_s "
                "peak_heap_bytes "
                "large_block_peak_bytes heap_scope stages unattributed_s source settings attempts link_rule status "
                "size_ratio quality_retained");
    assert_keys(json_object_get(image, "stages"), "image stages",
                "validation_s image_read_s optimization_s decode_s transform_s encode_s image_write_s cleanup_s");
    assert_keys(json_object_get(image, "settings"), "settings", "encoder quality scale lossless effort subsampling");
    assert_keys(json_object_get(json_object_get(report, "stages"), "encode"), "stage",
                "n min max mean sum stddev p50 p95 exact source");
    assert_keys(json_object_get(json_object_get(report, "resources"), "cpu"), "cpu", "avg_ratio peak_ratio min_ratio");
    const json_t *resources = json_object_get(report, "resources");
    assert_keys(json_object_get(json_object_get(resources, "io"), "metadata"), "metadata", "calls time_s");
    assert_keys(first(resources, "samples"), "sample", "t_s cpu_ratio rss_bytes heap_bytes io_ops io_bytes threads");
    assert_keys(first(report, "workers"), "worker", "id members tasks mean_task_s cpu_ratio init_s active_s idle_s");
    assert_keys(json_object_get(json_object_get(report, "formats"), "jpeg"), "format",
                "images bytes_in bytes_out size_ratio median_size_ratio time qualities");
    assert_keys(first(report, "conversions"), "conversion",
                "from to n bytes_in bytes_out size_reduction quality_retained");
    const json_t *memory = json_object_get(report, "memory");
    assert_keys(
        memory, "memory",
        "peak_rss_bytes peak_scope peak_source avg_rss_bytes baseline_rss_bytes peak_heap_bytes peak_anonymous_bytes "
        "allocator heap_sizes peak large_blocks sites");
    assert_keys(json_object_get(memory, "allocator"), "allocator",
                "name allocated_bytes active_bytes resident_bytes retained_bytes");
    assert_keys(first(memory, "heap_sizes"), "heap sizes", "below_bytes calls");
    assert_keys(json_object_get(memory, "large_blocks"), "large blocks", "at_s pid bytes blocks sites");
    const json_t *site = json_array_get(json_object_get(memory, "sites"), 0);
    assert_keys(site, "site", "bytes blocks ratio module function location image stack");
    assert_keys(json_array_get(json_object_get(site, "stack"), 0), "frame", "module function location");
    assert_keys(json_object_get(memory, "peak"), "peak", "at_s pid bytes stage images oom_killed");
    assert_keys(json_object_get(report, "totals"), "totals", "images failed discarded bytes_in bytes_out bytes_saved");
    json_decref(report);
}
END_TEST

START_TEST(moments_count_from_the_start_of_the_run)
{
    json_t *report = report_of(sample_run(), false);
    ck_assert_str_eq(json_string_value(json_object_get(report, "started")), "2025-10-09T08:53:20.250Z");
    ck_assert_double_eq_tol(json_real_value(json_object_get(first(report, "images"), "start_s")), 0.1, 1e-12);
    const json_t *memory = json_object_get(report, "memory");
    const json_t *peak = json_object_get(memory, "peak");
    ck_assert_double_eq_tol(json_real_value(json_object_get(peak, "at_s")), 0.2, 1e-12);
    /* At 200 ms image 0 (100 to 600) and image 1 (120 to 420) were in flight. */
    ck_assert_uint_eq(json_array_size(json_object_get(peak, "images")), 2);
    json_decref(report);
}
END_TEST

START_TEST(unknown_is_null)
{
    json_t *report = report_of(sample_empty_run(), false);
    ck_assert(json_is_null(json_object_get(report, "worker_efficiency")));
    ck_assert(json_is_null(json_object_get(report, "command")));
    const json_t *totals = json_object_get(report, "totals");
    ck_assert(json_is_null(json_object_get(totals, "bytes_saved")));
    ck_assert_int_eq(json_integer_value(json_object_get(totals, "images")), 0);
    const json_t *encode = json_object_get(json_object_get(report, "stages"), "encode");
    ck_assert(json_is_null(json_object_get(encode, "mean")));
    ck_assert(json_is_null(json_object_get(encode, "source")));
    json_decref(report);
}
END_TEST

/* "/home/ann/photos/in/e\xff.png" in base64, worked out with base64(1). */
START_TEST(a_path_that_is_not_utf8_is_kept_exactly_too)
{
    json_t *report = report_of(sample_run(), false);
    const json_t *file = json_array_get(json_object_get(report, "files"), 8);
    ck_assert_str_eq(json_string_value(json_object_get(file, "path")), "/home/ann/photos/in/e\uFFFD.png");
    ck_assert_str_eq(json_string_value(json_object_get(file, "path_b64")), "L2hvbWUvYW5uL3Bob3Rvcy9pbi9l/y5wbmc=");
    ck_assert(json_is_null(json_object_get(first(report, "files"), "path_b64")));
    json_decref(report);
}
END_TEST

START_TEST(no_images_leaves_only_images_out)
{
    json_t *whole = report_of(sample_run(), false), *report = report_of(sample_run(), true);
    ck_assert_ptr_null(json_object_get(report, "images"));
    ck_assert_uint_eq(json_object_size(report) + 1, json_object_size(whole));
    json_decref(whole);
    json_decref(report);
}
END_TEST

/* Σ stages + unattributed = busy, for every image, in what is written. */
START_TEST(stages_of_every_image_add_up)
{
    static const char *const parts[] = {"validation_s", "image_read_s", "optimization_s", "image_write_s", "cleanup_s"};
    json_t *report = report_of(sample_run(), false);
    size_t index;
    json_t *image;
    json_array_foreach(json_object_get(report, "images"), index, image)
    {
        double sum = json_number_value(json_object_get(image, "unattributed_s"));
        for (size_t i = 0; i < 5; i++)
            sum += json_number_value(json_object_get(json_object_get(image, "stages"), parts[i]));
        ck_assert_double_eq_tol(sum, json_number_value(json_object_get(image, "busy_s")), 1e-9);
        double span = json_number_value(json_object_get(image, "span_s"));
        double wait = json_number_value(json_object_get(image, "wait_s"));
        ck_assert_double_eq_tol(span - wait, json_number_value(json_object_get(image, "busy_s")), 1e-9);
    }
    ck_assert_uint_eq(index, SAMPLE_IMAGES);
    json_decref(report);
}
END_TEST

static void assert_documented(const json_t *json, const char *page)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        ck_assert_msg(strstr(page, key) != NULL, "docs/report.md does not define %s", key);
        const char *name;
        json_t *span;
        if (strcmp(key, "spans") == 0) /* by names that are the program's own */
            json_object_foreach(value, name, span) assert_documented(span, page);
        else if (strcmp(key, "data") != 0) /* its own, too */
            assert_documented(value, page);
    }
    for (size_t i = 0; i < json_array_size(json); i++)
        assert_documented(json_array_get(json, i), page);
}

START_TEST(every_key_is_documented)
{
    char *page = calloc(1, 1 << 20);
    FILE *in = fopen(TESTS_DIR "/../docs/report.md", "r");
    ck_assert(page && in);
    ck_assert_uint_gt(fread(page, 1, (1 << 20) - 1, in), 0);
    fclose(in);
    json_t *report = report_of(sample_run(), false);
    assert_documented(report, page);
    json_decref(report);
    free(page);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    struct render_options options = {.tool_version = "0.0.0"};
    FILE *out = fopen("/dev/full", "w");
    ck_assert(metrics && out);
    ck_assert_int_eq(render_json.report(metrics, &options, out), -1);
    fclose(out);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render_json");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, the_report_is_the_golden_one);
    tcase_add_test(tests, every_promised_key_is_there);
    tcase_add_test(tests, moments_count_from_the_start_of_the_run);
    tcase_add_test(tests, unknown_is_null);
    tcase_add_test(tests, a_path_that_is_not_utf8_is_kept_exactly_too);
    tcase_add_test(tests, no_images_leaves_only_images_out);
    tcase_add_test(tests, stages_of_every_image_add_up);
    tcase_add_test(tests, every_key_is_documented);
    tcase_add_test(tests, a_full_disk_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
