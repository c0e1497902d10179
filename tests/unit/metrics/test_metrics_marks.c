/* SPDX-License-Identifier: MIT
 * Owns: the claims about figures of marks: statistics by name, what a front end's names stand for.
 * Must not know: records, formatting. */
#include <math.h>
#include <string.h>

#include "analyzer/metrics/metrics.h"
#include "tests/unit/parts/sample_run.h"
#include "tests/unit/parts/suite.h"

/* A run with one process and nothing else. */
static struct run *bare_run(void)
{
    struct run *run = sample_run_without_images();
    run->end_ns = SAMPLE_START + 1000 * SAMPLE_MS;
    return run;
}

static void assert_near(double value, double expected)
{
    ck_assert_double_eq_tol(value, expected, 1e-9);
}

START_TEST(spans_are_measured_by_name_and_the_costly_come_first)
{
    struct run *run = bare_run();
    sample_span(run, 10, 11, "short");
    for (uint64_t i = 1; i <= 20; i++)
        sample_span(run, 100 * i, 100 * i + i, "long");
    sample_mark(run, 500, "point", NULL);
    struct metrics *metrics = metrics_compute(run);
    const struct mark_figures *marks = &metrics->marks;
    ck_assert_uint_eq(marks->span_count, 2); /* a single moment is no span */
    ck_assert_str_eq(run->mark_names[marks->spans[0].name].name, "long");
    ck_assert_uint_eq(marks->spans[0].time.count, 20);
    assert_near(marks->spans[0].time.sum, 0.210);
    assert_near(marks->spans[0].time.mean, 0.0105);
    assert_near(marks->spans[0].time.p50, 0.0105);
    assert_near(marks->spans[0].time.p95, 0.01905);
    assert_near(marks->spans[0].time.min, 0.001);
    assert_near(marks->spans[0].time.max, 0.020);
    ck_assert(isnan(marks->spans[1].time.p95));
    ck_assert_uint_eq(marks->points, 1);
    ck_assert(!marks->frontend.known && !marks->sidecar);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

START_TEST(a_drop_is_answered_by_the_next_start)
{
    struct run *run = bare_run();
    sample_mark(run, 10, "frontend.drop", NULL); /* nothing before the next one */
    sample_mark(run, 20, "frontend.drop", NULL);
    sample_mark(run, 25, "frontend.start", NULL);
    sample_mark(run, 26, "frontend.start", NULL);
    sample_mark(run, 50, "frontend.drop", NULL);
    sample_mark(run, 57, "frontend.start", NULL);
    sample_mark(run, 90, "frontend.drop", NULL); /* nothing after it */
    struct metrics *metrics = metrics_compute(run);
    const struct frontend_figures *frontend = &metrics->marks.frontend;
    ck_assert(frontend->known && !frontend->drop_to_image);
    assert_near(frontend->start_s, 0.025);
    ck_assert_uint_eq(frontend->drops, 4);
    ck_assert_uint_eq(frontend->drop_to_start.count, 2);
    assert_near(frontend->drop_to_start.mean, 0.006);
    ck_assert_uint_eq(frontend->drops_unanswered, 2);
    ck_assert(!frontend->drop_to_start.inferred);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

START_TEST(without_a_start_the_first_image_answers)
{
    struct run *run = bare_run();
    uint32_t in = sample_file(run, "/in/a.png", FILE_ROLE_SOURCE, FORMAT_PNG, 100);
    uint32_t out = sample_file(run, "/out/a.webp", FILE_ROLE_FINAL, FORMAT_WEBP, 50);
    sample_image(run, 0, in, out, 30, 60);
    sample_mark(run, 10, "frontend.drop", NULL);
    struct metrics *metrics = metrics_compute(run);
    const struct frontend_figures *frontend = &metrics->marks.frontend;
    ck_assert(isnan(frontend->start_s));
    ck_assert(frontend->drop_to_image && frontend->drop_to_start.inferred);
    assert_near(frontend->drop_to_start.mean, 0.020);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

START_TEST(updates_and_interactions_are_the_front_ends)
{
    struct run *run = bare_run();
    sample_span(run, 10, 12, "frontend.update");
    sample_mark(run, 15, "frontend.interaction.click", "{\"x\":1}");
    sample_mark(run, 16, "frontend.interaction.", NULL);
    sample_mark(run, 17, "frontend.interactions", NULL);
    struct metrics *metrics = metrics_compute(run);
    const struct frontend_figures *frontend = &metrics->marks.frontend;
    ck_assert_ptr_nonnull(frontend->updates);
    assert_near(frontend->updates->time.mean, 0.002);
    ck_assert_uint_eq(frontend->interactions, 2);
    ck_assert_uint_eq(frontend->listed, 2);
    ck_assert_str_eq(frontend->list[0].event, "click");
    ck_assert_str_eq(frontend->list[0].mark->data, "{\"x\":1}");
    ck_assert_uint_eq(frontend->drop_to_start.count, 0);
    ck_assert(isnan(frontend->drop_to_start.mean));
    metrics_free(metrics);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics marks");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, spans_are_measured_by_name_and_the_costly_come_first);
    tcase_add_test(tests, a_drop_is_answered_by_the_next_start);
    tcase_add_test(tests, without_a_start_the_first_image_answers);
    tcase_add_test(tests, updates_and_interactions_are_the_front_ends);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
