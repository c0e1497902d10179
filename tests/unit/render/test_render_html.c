/* SPDX-License-Identifier: MIT
 * Owns: claims about the HTML report's file: its data are those of the JSON report, and no text in them can leave its
 * place. What a browser makes of it is tests/browser/.
 * Must not know: how the page looks. */
#include "analyzer/render/html/html_parts.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "analyzer/render/image_table.h"
#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

static const struct render_options options = {.tool_version = "0.0.0"};

/* What stands in a page's script element, as it is written there. Free the result. */
static char *block_text(const char *page, const char *id)
{
    char tag[80];
    snprintf(tag, sizeof tag, "<script type=\"application/json\" id=\"%s\">", id);
    const char *start = strstr(page, tag);
    ck_assert_msg(start != NULL, "no %s", id);
    start += strlen(tag);
    const char *end = strstr(start, "</script>");
    ck_assert_ptr_nonnull(end);
    return strndup(start, (size_t)(end - start));
}

static json_t *block(const char *page, const char *id)
{
    char *text = block_text(page, id);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(json != NULL, "%s, line %d: %s", id, error.line, error.text);
    free(text);
    return json;
}

START_TEST(the_page_has_the_figures_of_the_json_report)
{
    char *page = golden_render(&render_html, sample_run(), &options);
    char *text = golden_render(&render_json, sample_run(), &options);
    json_t *shown = block(page, "report"), *report = json_loads(text, 0, NULL);
    const char *key;
    json_t *value;
    json_object_foreach(report, key, value)
    {
        if (!strcmp(key, "files") || !strcmp(key, "images"))
            ck_assert_msg(json_object_get(shown, key) == NULL, "%s is there twice", key);
        else if (strcmp(key, "processes") != 0)
            ck_assert_msg(json_equal(json_object_get(shown, key), value), "%s differs", key);
    }
    ck_assert_int_eq(json_integer_value(json_object_get(shown, "process_count")),
                     (json_int_t)json_array_size(json_object_get(report, "processes")));
    json_decref(shown);
    json_decref(report);
    free(page);
    free(text);
}
END_TEST

START_TEST(only_processes_that_failed_are_listed)
{
    struct run *run = sample_run();
    ck_assert_uint_gt(run->process_count, 1);
    for (size_t i = 0; i < run->process_count; i++) {
        run->processes[i].signal = run->processes[i].exit_code = 0;
        free(run->processes[i].in_flight);
        run->processes[i].in_flight = NULL;
    }
    run->processes[1].exit_code = 3;
    uint32_t pid = run->processes[1].pid;
    char *page = golden_render(&render_html, run, &options);
    json_t *report = block(page, "report");
    const json_t *failed = json_object_get(report, "processes");
    ck_assert_uint_eq(json_array_size(failed), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(failed, 0), "pid")), pid);
    ck_assert_int_eq(json_integer_value(json_object_get(report, "failed_process_count")), 1);
    json_decref(report);
    free(page);
}
END_TEST

static json_t *value_at(const json_t *column, size_t index)
{
    json_t *same = json_object_get(column, "same"), *from = json_object_get(column, "from");
    if (!from)
        return same ? same : json_array_get(json_object_get(column, "values"), index);
    static json_t *counted; /* one at a time: freed by the next */
    json_decref(counted);
    return counted = json_integer(json_integer_value(from) + (json_int_t)index);
}

/* A text of a column that has names or a prefix. */
static char *text_at(const json_t *column, size_t index)
{
    const json_t *names = json_object_get(column, "names"), *value;
    if (names) {
        value = json_array_get(json_object_get(column, "index"), index);
        value = json_is_null(value) ? value : json_array_get(names, (size_t)json_integer_value(value));
    } else {
        value = value_at(column, index);
    }
    if (!json_is_string(value))
        return NULL;
    const char *prefix = json_string_value(json_object_get(column, "prefix"));
    char *text = NULL;
    ck_assert_int_ge(asprintf(&text, "%s%s", prefix ? prefix : "", json_string_value(value)), 0);
    return text;
}

START_TEST(columns_hold_what_the_image_table_says)
{
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    ck_assert_ptr_nonnull(metrics);
    char *page = golden_render(&render_html, sample_run(), &options);
    json_t *images = block(page, "images");
    ck_assert_int_eq(json_integer_value(json_object_get(images, "count")), SAMPLE_IMAGES);
    const json_t *columns = json_object_get(images, "columns");
    size_t next = 0, texts = 0, numbers = 0;
    for (size_t i = 0; i < image_column_count; i++) {
        const struct image_column *column = &image_columns[i];
        const json_t *shown = json_array_get(columns, next);
        const char *key = json_string_value(json_object_get(shown, "key"));
        bool there = key && !strcmp(key, column->key);
        next += there;
        for (size_t image = 0; image < SAMPLE_IMAGES; image++) {
            char room[IMAGE_COLUMN_TEXT];
            if (column->text) {
                const char *expected = column->text(metrics, image, room);
                char *text = there ? text_at(shown, image) : NULL;
                ck_assert_msg(!expected == !text, "%s of %zu", column->key, image);
                /* One sample path is not UTF-8 and is shown with a mark instead. */
                ck_assert_msg(!text || strstr(text, "\uFFFD") || !strcmp(text, expected), "%s: %s", column->key, text);
                texts += text != NULL;
                free(text);
            } else {
                double expected = column->number(metrics, image);
                const json_t *value = value_at(shown, image);
                bool known = there && !json_is_null(value);
                ck_assert_msg(isfinite(expected) == known, "%s of %zu", column->key, image);
                double number = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
                ck_assert_msg(!known || fabs(number - expected) <= 1e-4 * fabs(expected) + 1e-7, "%s is %g, not %g",
                              column->key, number, expected);
                numbers += known;
            }
        }
    }
    ck_assert_uint_eq(next, json_array_size(columns));
    ck_assert_uint_gt(texts, 20);
    ck_assert_uint_gt(numbers, 60);
    json_decref(images);
    free(page);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

START_TEST(no_name_leaves_its_place)
{
    static const char evil[] = "/in/</script><img src=x onerror=alert(1)>&\u2028\u2029<!--.png";
    struct run *run = sample_run();
    free(run->files[0].path);
    run->files[0].path = strdup(evil);
    free(run->processes[0].command);
    run->processes[0].command = strdup(evil);
    char *page = golden_render(&render_html, run, &options);
    ck_assert_ptr_null(strstr(page, "<img"));
    static const char *const ids[] = {"report", "images"};
    for (size_t i = 0; i < 2; i++) {
        char *text = block_text(page, ids[i]);
        ck_assert_ptr_null(strpbrk(text, "<>&"));
        ck_assert_ptr_null(strstr(text, "\u2028"));
        ck_assert_ptr_null(strstr(text, "\u2029"));
        free(text);
    }
    json_t *report = block(page, "report"), *images = block(page, "images");
    ck_assert_str_eq(json_string_value(json_object_get(report, "command")), evil);
    size_t index, found = 0;
    json_t *column;
    json_array_foreach(json_object_get(images, "columns"), index, column)
    {
        const char *key = json_string_value(json_object_get(column, "key"));
        char *text = !strcmp(key, "input") || !strcmp(key, "output") ? text_at(column, 0) : NULL;
        found += text && !strcmp(text, evil);
        free(text);
    }
    ck_assert_uint_ge(found, 1);
    json_decref(report);
    json_decref(images);
    free(page);
}
END_TEST

/* Writes a text in pieces of some length through the escaping stream. */
static char *escaped(const char *text, size_t piece)
{
    char *result = NULL;
    size_t bytes = 0, length = strlen(text);
    FILE *out = open_memstream(&result, &bytes);
    FILE *stream = html_escaping(out);
    ck_assert(out && stream);
    setvbuf(stream, NULL, _IONBF, 0);
    for (size_t at = 0; at < length; at += piece)
        fwrite(text + at, 1, piece < length - at ? piece : length - at, stream);
    ck_assert_int_eq(fclose(stream), 0);
    fclose(out);
    return result;
}

START_TEST(marks_are_escaped_wherever_a_write_ends)
{
    static const char text[] = "a<b\u2028c\u2029\u20ac\u2027\u2028\u2028>&\u2029";
    static const char expected[] = "a\\u003cb\\u2028c\\u2029\u20ac\u2027\\u2028\\u2028\\u003e\\u0026\\u2029";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        char *result = escaped(text, piece);
        ck_assert_str_eq(result, expected);
        free(result);
    }
    /* A sequence that never ends is kept as it is. */
    char *result = escaped("x\xe2\x80", 1);
    ck_assert_str_eq(result, "x\xe2\x80");
    free(result);
}
END_TEST

START_TEST(a_run_without_anything_makes_a_page)
{
    char *page = golden_render(&render_html, sample_empty_run(), &options);
    json_t *images = block(page, "images");
    ck_assert_int_eq(json_integer_value(json_object_get(images, "count")), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(images, "columns")), 0);
    json_decref(images);
    json_decref(block(page, "report"));
    free(page);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    FILE *out = fopen("/dev/full", "w");
    ck_assert(metrics && out);
    ck_assert_int_eq(render_html.report(metrics, &options, out), -1);
    fclose(out);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render_html");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, the_page_has_the_figures_of_the_json_report);
    tcase_add_test(tests, only_processes_that_failed_are_listed);
    tcase_add_test(tests, columns_hold_what_the_image_table_says);
    tcase_add_test(tests, no_name_leaves_its_place);
    tcase_add_test(tests, marks_are_escaped_wherever_a_write_ends);
    tcase_add_test(tests, a_run_without_anything_makes_a_page);
    tcase_add_test(tests, a_full_disk_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
