/* SPDX-License-Identifier: MIT
 * Owns: claims about the CSV and the Markdown report.
 * Must not know: how figures come about. */
#include "analyzer/render/render.h"

#include <string.h>

#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/suite.h"

static char *table(const struct renderer *renderer, struct run *run)
{
    struct render_options options = {.tool_version = "0.0.0"};
    return golden_render(renderer, run, &options);
}

/* The sample with a name of somebody's choice for the first output. */
static char *named(const struct renderer *renderer, const char *name)
{
    struct run *run = sample_run();
    uint32_t file = run->images[0].outputs[0];
    free(run->files[file].path);
    run->files[file].path = sample_copy(name);
    return table(renderer, run);
}

START_TEST(the_csv_is_the_golden_one)
{
    char *text = table(&render_csv, sample_run());
    golden_compare("report.csv", text);
    free(text);
}
END_TEST

START_TEST(the_markdown_is_the_golden_one)
{
    char *text = table(&render_md, sample_run());
    golden_compare("report.md", text);
    free(text);
}
END_TEST

START_TEST(csv_has_a_row_per_image_and_as_many_cells_in_each)
{
    char *text = table(&render_csv, sample_run());
    size_t rows = 0, commas = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), rows++) {
        size_t here = 0;
        for (const char *at = line; *at; at++)
            here += *at == ',';
        ck_assert_msg(!rows || here == commas, "row %zu has %zu commas, not %zu", rows, here, commas);
        commas = here;
    }
    ck_assert_uint_eq(rows, 7);
    free(text);
}
END_TEST

START_TEST(csv_quotes_what_would_end_a_cell_and_disarms_formulas)
{
    char *text = named(&render_csv, "/a,\"b\"\nc.jpg");
    ck_assert_ptr_nonnull(strstr(text, ",\"/a,\"\"b\"\"\nc.jpg\","));
    free(text);
    static const char *const formulas[] = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1"};
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        char expected[40];
        snprintf(expected, sizeof expected, ",'%s,", formulas[i]);
        text = named(&render_csv, formulas[i]);
        ck_assert_msg(strstr(text, expected) != NULL, "%s goes in as it is", formulas[i]);
        free(text);
    }
    text = named(&render_csv, "/x/\xff.jpg");
    ck_assert_ptr_nonnull(strstr(text, ",/x/\xef\xbf\xbd.jpg,"));
    free(text);
}
END_TEST

START_TEST(markdown_lets_no_name_end_a_cell_or_become_markup)
{
    char *text = named(&render_md, "/x/a|b<img src=x>@team`c`[l](http://x)\n# d.jpg");
    ck_assert_ptr_null(strstr(text, "<img"));
    ck_assert_ptr_null(strstr(text, "@team"));
    ck_assert_ptr_null(strstr(text, "a|b"));
    ck_assert_ptr_null(strstr(text, "](http"));
    ck_assert_ptr_null(strstr(text, "\n# d"));
    free(text);
}
END_TEST

START_TEST(unknown_figures_are_empty_cells_and_na)
{
    struct run *run = sample_run();
    run->host.usable_cpus = 0.0 / 0.0;
    for (size_t i = 0; i < run->file_count; i++)
        run->files[i].bytes = UNKNOWN;
    char *text = table(&render_md, run);
    ck_assert_ptr_nonnull(strstr(text, "| Size | n/a (no sizes known) |"));
    ck_assert_ptr_nonnull(strstr(text, "| CPU | n/a of n/a usable CPUs; n/a per MB saved |"));
    free(text);
    run = sample_run();
    for (size_t i = 0; i < run->file_count; i++)
        run->files[i].bytes = UNKNOWN;
    text = table(&render_csv, run);
    ck_assert_ptr_nonnull(strstr(text, ",jpeg,jpeg,,,,"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render_tables");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, the_csv_is_the_golden_one);
    tcase_add_test(tests, the_markdown_is_the_golden_one);
    tcase_add_test(tests, csv_has_a_row_per_image_and_as_many_cells_in_each);
    tcase_add_test(tests, csv_quotes_what_would_end_a_cell_and_disarms_formulas);
    tcase_add_test(tests, markdown_lets_no_name_end_a_cell_or_become_markup);
    tcase_add_test(tests, unknown_figures_are_empty_cells_and_na);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
