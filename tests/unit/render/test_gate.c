/* SPDX-License-Identifier: MIT
 * Owns: claims about --fail-if: its grammar, which paths there are, when it fails, what it says.
 * Must not know: traces. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/gate/gate.h"
#include "analyzer/gate/schema.h"
#include "analyzer/base/usage.h"
#include "tests/unit/parts/sample_parts.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

START_TEST(expressions_are_understood)
{
    static const struct {
        const char *text, *path;
        enum expression_scope scope;
        enum expression_operator comparison;
        enum expression_value value;
        double number;
        const char *word;
    } cases[] = {
        {"stages.encode.p95>+5%", "stages.encode.p95", SCOPE_ONE, OPERATOR_ABOVE, VALUE_CHANGE, 0.05, NULL},
        {"memory.peak_rss_bytes>512MB", "memory.peak_rss_bytes", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 512e6, NULL},
        {"any images.size_ratio>1", "images.size_ratio", SCOPE_ANY, OPERATOR_ABOVE, VALUE_NUMBER, 1, NULL},
        {"  all  images.status == ok ", "images.status", SCOPE_ALL, OPERATOR_EQUAL, VALUE_TEXT, 0, "ok"},
        {"a.b<=-2.5%", "a.b", SCOPE_ONE, OPERATOR_AT_MOST, VALUE_CHANGE, -0.025, NULL},
        {"a>=±3%", "a", SCOPE_ONE, OPERATOR_AT_LEAST, VALUE_SPREAD, 0.03, NULL},
        {"a<50%", "a", SCOPE_ONE, OPERATOR_BELOW, VALUE_NUMBER, 0.5, NULL},
        {"a!=1.5 GiB", "a", SCOPE_ONE, OPERATOR_UNEQUAL, VALUE_NUMBER, 1.5 * 1073741824, NULL},
        {"a> 5 ", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 5, NULL},
        {"a>5 MB  ", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 5e6, NULL},
        {"a>-5MB", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, -5e6, NULL},
        {"a>250ms", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 0.25, NULL},
        {"a>2min", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 120, NULL},
        {"a>.5us", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 0.5e-6, NULL},
        {"a>1e3", "a", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 1000, NULL},
        {"c[from=png,to=webp].n==2", "c[from=png,to=webp].n", SCOPE_ONE, OPERATOR_EQUAL, VALUE_NUMBER, 2, NULL},
        {"q[label=q=80 > 1].n=2", "q[label=q=80 > 1].n", SCOPE_ONE, OPERATOR_EQUAL, VALUE_NUMBER, 2, NULL},
        {"a=='50%'", "a", SCOPE_ONE, OPERATOR_EQUAL, VALUE_TEXT, 0, "50%"},
        {"any.thing>1", "any.thing", SCOPE_ONE, OPERATOR_ABOVE, VALUE_NUMBER, 1, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct expression expression;
        size_t column;
        char why[300] = "";
        ck_assert_msg(expression_parse(&expression, cases[i].text, &column, why, sizeof why), "%s: %s", cases[i].text,
                      why);
        ck_assert_str_eq(expression.path, cases[i].path);
        ck_assert_msg(expression.scope == cases[i].scope && expression.comparison == cases[i].comparison &&
                          expression.value == cases[i].value && fabs(expression.number - cases[i].number) < 1e-9,
                      "%s is taken for something else: %g", cases[i].text, expression.number);
        if (cases[i].word)
            ck_assert_str_eq(expression.text, cases[i].word);
        expression_release(&expression);
    }
}
END_TEST

START_TEST(the_place_of_an_error_is_named)
{
    static const struct {
        const char *text;
        size_t column;
        const char *why;
    } cases[] = {
        {"", 1, "path of a figure is missing"},
        {">5", 1, "path of a figure is missing"},
        {"any >5", 5, "path of a figure is missing"},
        {"a.b", 4, "operator is missing"},
        {"a.b ~ 5", 5, "operator is missing"},
        {"a>", 3, "value is missing"},
        {"a> 5 parsecs", 6, "no unit"},
        {"a>±5", 5, "no unit"},
        {"a>big", 3, "compared with == and !="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct expression expression;
        size_t column;
        char why[300] = "";
        ck_assert_msg(!expression_parse(&expression, cases[i].text, &column, why, sizeof why), "%s is taken",
                      cases[i].text);
        ck_assert_msg(column == cases[i].column && strstr(why, cases[i].why), "%s: column %zu, %s", cases[i].text,
                      column, why);
        expression_release(&expression);
    }
}
END_TEST

START_TEST(paths_are_those_of_the_schema)
{
    static const struct {
        const char *path;
        enum schema_leaf leaf;
        bool in_list;
    } cases[] = {
        {"duration_s", SCHEMA_NUMBER, false},
        {"stages.encode.p95", SCHEMA_NUMBER, false},
        {"formats.webp.qualities.size_ratio", SCHEMA_NUMBER, true},
        {"formats.webp.qualities[label=q=80].size_ratio", SCHEMA_NUMBER, false},
        {"formats.bmpx.size_ratio", SCHEMA_NONE, false},
        {"images.size_ratio", SCHEMA_NUMBER, true},
        {"images.stages.encode_s", SCHEMA_NUMBER, true},
        {"images.status", SCHEMA_TEXT, true},
        {"conversions[from=png,to=webp].size_reduction", SCHEMA_NUMBER, false},
        {"memory.peak_scope", SCHEMA_TEXT, false},
        {"memory", SCHEMA_OTHER, false},
        {"memory.nothing", SCHEMA_NONE, false},
        {"duration_s.more", SCHEMA_NONE, false},
        {"duration_s[a=1]", SCHEMA_NONE, false},
        {"stages..p95", SCHEMA_NONE, false},
        {"stages.encode.", SCHEMA_NONE, false},
        {"conversions[from=png.n", SCHEMA_NONE, false},
        {"findings.id", SCHEMA_TEXT, true},
        {"spans[sidecar.resize].mean", SCHEMA_NUMBER, false},
        {"spans.resize.mean", SCHEMA_NUMBER, false},
        {"frontend.dropToStartDuration", SCHEMA_NUMBER, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct schema_place place = schema_find(cases[i].path);
        ck_assert_msg(place.leaf == cases[i].leaf, "%s: leaf %d", cases[i].path, place.leaf);
        ck_assert_msg(place.leaf == SCHEMA_NONE || place.in_list == cases[i].in_list, "%s: in a list or not",
                      cases[i].path);
    }
}
END_TEST

/* Every path that compare prints can be put behind --fail-if. */
START_TEST(all_figures_have_paths_of_the_schema)
{
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    json_t *report = side_report(metrics);
    struct figures figures;
    figures_begin(&figures, 1);
    figures_add(&figures, 0, report);
    ck_assert_uint_gt(figures.list_count, 200);
    for (size_t i = 0; i < figures.list_count; i++) {
        struct schema_place place = schema_find(figures.list[i].path);
        if (!isnan(figures.list[i].values[0]))
            ck_assert_msg(place.leaf == SCHEMA_NUMBER && !place.in_list, "%s", figures.list[i].path);
    }
    figures_release(&figures);
    json_decref(report);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

static int parse_gates(struct gates *gates, const char *text)
{
    char program[] = "test", option[400];
    snprintf(option, sizeof option, "--fail-if=%s", text);
    char *argv[] = {program, option, NULL};
    return usage_parse(&gate_argp, 2, argv, gates) ? CMD_USAGE : CMD_OK;
}

/* What a gate says goes to standard error; the exit code is what counts. */
static int check_report(const char *text)
{
    struct gates gates = {0};
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    int result = parse_gates(&gates, text);
    if (result == CMD_OK)
        result = gates_check_report(&gates, metrics);
    gates_release(&gates);
    metrics_free(metrics);
    run_free(run);
    return result;
}

START_TEST(a_report_is_held_against_limits)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"duration_s>1s", CMD_GATE_FAILED}, /* it is 2 */
        {"duration_s>2s", CMD_OK},
        {"duration_s>=2s", CMD_GATE_FAILED},
        {"memory.peak_rss_bytes>255MB", CMD_GATE_FAILED},
        {"memory.peak_rss_bytes>256MB", CMD_OK},
        {"totals.size_ratio>38%", CMD_GATE_FAILED},
        {"stages.encode.p95>1s", CMD_GATE_FAILED},    /* null: nobody can say that it is below */
        {"any images.size_ratio>1", CMD_GATE_FAILED}, /* c.png grew */
        {"any images.size_ratio>2", CMD_OK},
        {"all images.size_ratio<2", CMD_OK}, /* of the failed one it is not known */
        {"any images.status==failed", CMD_GATE_FAILED},
        {"any images.status==discarded", CMD_OK},
        {"any findings.id==images-grew", CMD_GATE_FAILED},
        {"any findings.id==nothing", CMD_OK},
        {"conversions[from=png,to=webp].n<1", CMD_OK},
        {"conversions[from=png,to=webp].n<2", CMD_GATE_FAILED},
        {"conversions[from=gif,to=webp].n<2", CMD_GATE_FAILED},  /* there is none */
        {"conversions[from=png,too=webp].n<1", CMD_GATE_FAILED}, /* nor one that has "too" */
        {"conversions[to=webp,from=png].n<1", CMD_OK},
        {"memory.peak_scope!=tree", CMD_OK},
        {"spans[sidecar.resize].n<1", CMD_OK},
        {"spans[sidecar.other].n<1", CMD_GATE_FAILED}, /* there is none */
        {"duration_s>+5%", CMD_USAGE},
        {"no.such>5", CMD_USAGE},
        {"images.size_ratio>1", CMD_USAGE},
        {"any duration_s>1", CMD_USAGE},
        {"duration_s==two", CMD_USAGE},
        {"memory.peak_scope==5", CMD_USAGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = check_report(cases[i].text);
        ck_assert_msg(code == cases[i].code, "%s: %d, not %d", cases[i].text, code, cases[i].code);
    }
}
END_TEST

/* A side of runs that took so long, of one image whose output has so many bytes. */
static void fill(struct side *side, const double *duration_s, size_t runs, uint64_t bytes)
{
    *side = (struct side){.path = sample_copy("side"), .session = sample_copy("one")};
    side->runs = calloc(runs, sizeof *side->runs);
    for (size_t i = 0; i < runs; i++)
        side->runs[side->runs_count++] =
            (struct side_run){.name = sample_copy("run"),
                              .round = (unsigned)i + 1,
                              .report = json_pack("{s:f, s:{s:I}, s:[{s:s}]}", "duration_s", duration_s[i], "totals",
                                                  "bytes_out", (json_int_t)bytes, "findings", "id", "tail")};
    side->images = calloc(1, sizeof *side->images);
    side->images[side->images_count++] = (struct side_image){.source = sample_copy("/a/x.png"),
                                                             .status = sample_copy("ok"),
                                                             .bytes_in = 1000,
                                                             .bytes_out = bytes,
                                                             .busy_s = 1};
}

static int check_comparison(const char *text, size_t runs, double slower, double spread, uint64_t bytes, bool strict)
{
    static const double noise[] = {0.3, -0.8, 0.1, 0.9, -0.4, -0.2, 0.7, -0.6, 0.5, -0.1};
    double first[10], second[10];
    struct side old, new;
    struct comparison comparison;
    struct gates gates = {.compares = true, .strict = strict};
    for (size_t i = 0; i < runs; i++) {
        first[i] = 1 + spread * noise[i];
        second[i] = slower * (1 + spread * noise[9 - i]);
    }
    fill(&old, first, runs, 500);
    fill(&new, second, runs, bytes);
    comparison_make(&comparison, &old, &new, NULL, NULL);
    int result = parse_gates(&gates, text);
    if (result == CMD_OK)
        result = gates_check_comparison(&gates, &comparison);
    gates_release(&gates);
    comparison_release(&comparison);
    side_release(&old);
    side_release(&new);
    return result;
}

START_TEST(changes_fail_when_all_of_the_interval_is_past_the_limit)
{
    /* 10 rounds, 20 % slower, noise of 1 % */
    ck_assert_int_eq(check_comparison("duration_s>+5%", 10, 1.2, 0.01, 500, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("duration_s>+25%", 10, 1.2, 0.01, 500, true), CMD_OK);
    ck_assert_int_eq(check_comparison("duration_s>±5%", 10, 0.8, 0.01, 500, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("duration_s<-5%", 10, 0.8, 0.01, 500, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("duration_s<-5%", 10, 1.2, 0.01, 500, true), CMD_OK);
    /* noise of 30 %: by its estimate past the limit, by its interval not */
    ck_assert_int_eq(check_comparison("duration_s>+5%", 10, 1.1, 0.3, 500, false), CMD_OK);
    ck_assert_int_eq(check_comparison("duration_s>+5%", 10, 1.1, 0.3, 500, true), CMD_UNDECIDED);
    /* one run on each side */
    ck_assert_int_eq(check_comparison("duration_s>+5%", 1, 3, 0, 500, false), CMD_OK);
    ck_assert_int_eq(check_comparison("duration_s>+5%", 1, 3, 0, 500, true), CMD_UNDECIDED);
}
END_TEST

START_TEST(sizes_are_exact_in_single_runs)
{
    ck_assert_int_eq(check_comparison("totals.bytes_out>+5%", 1, 1, 0, 530, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("totals.bytes_out>+5%", 1, 1, 0, 520, true), CMD_OK);
    ck_assert_int_eq(check_comparison("any images.bytes_out>+5%", 1, 1, 0, 530, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("any images.size_ratio>+5%", 1, 1, 0, 520, true), CMD_OK);
    ck_assert_int_eq(check_comparison("any images.size_ratio>52%", 1, 1, 0, 530, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("totals.bytes_out>525", 1, 1, 0, 530, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("any findings.id==tail", 1, 1, 0, 530, true), CMD_GATE_FAILED);
    ck_assert_int_eq(check_comparison("memory.peak_rss_bytes>+5%", 1, 1, 0, 530, true), CMD_GATE_FAILED); /* null */
    ck_assert_int_eq(check_comparison("any images.busy_s>+5%", 1, 1, 0, 530, true), CMD_USAGE);
    ck_assert_int_eq(check_comparison("any images.status==failed", 1, 1, 0, 530, true), CMD_USAGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate");
    TCase *tests = tcase_create("all");
    argp_err_exit_status = CMD_USAGE;
    tcase_add_test(tests, expressions_are_understood);
    tcase_add_test(tests, the_place_of_an_error_is_named);
    tcase_add_test(tests, paths_are_those_of_the_schema);
    tcase_add_test(tests, all_figures_have_paths_of_the_schema);
    tcase_add_test(tests, a_report_is_held_against_limits);
    tcase_add_test(tests, changes_fail_when_all_of_the_interval_is_past_the_limit);
    tcase_add_test(tests, sizes_are_exact_in_single_runs);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
