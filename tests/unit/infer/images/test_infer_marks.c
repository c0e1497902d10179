/* SPDX-License-Identifier: MIT
 * Owns: the claims about marks: which begin an end belongs to, what is listed, what is only counted.
 * Must not know: what names stand for. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static void tell(struct actor actor, double ms, enum trace_moment what, const char *name, const char *data)
{
    ACT(actor, ms, mark, .what = (uint8_t)what, .hook = 1, .name = {name, strlen(name)}, .data = {data, strlen(data)});
}
#define BEGIN(actor, ms, name) tell(actor, ms, trace_moment_BEGIN, name, "")
#define END(actor, ms, name)   tell(actor, ms, trace_moment_END, name, "")

static const struct mark_name *name_of(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->mark_name_count; i++)
        if (strcmp(run->mark_names[i].name, name) == 0)
            return &run->mark_names[i];
    ck_abort_msg("no name %s", name);
    return NULL;
}

/* "name 10-20 thread; …", in ms from the scene's start. */
static const char *spans_of(const struct run *run)
{
    static char text[1000];
    text[0] = '\0';
    for (size_t i = 0; i < run->span_count; i++) {
        const struct span *span = &run->spans[i];
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s %llu-%llu %s", i ? "; " : "", run->mark_names[span->name].name,
                 (unsigned long long)((span->start_ns - SCENE_START) / MS),
                 (unsigned long long)((span->end_ns - SCENE_START) / MS), span_rule_name(span->rule));
    }
    return text;
}

START_TEST(spans_of_one_name_nest)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    BEGIN(tool, 10, "a");
    BEGIN(tool, 20, "a");
    BEGIN(tool, 25, "b");
    END(tool, 30, "a");
    END(tool, 40, "a");
    END(tool, 45, "b");
    act_end(tool, 100, 1, 0);
    struct run *run = scene_run(&scene);
    ck_assert_str_eq(spans_of(run), "a 20-30 thread; a 10-40 thread; b 25-45 thread");
    ck_assert_uint_eq(run->spans_total, 3);
    ck_assert_uint_eq(name_of(run, "a")->spans, 2);
    ck_assert_uint_eq(name_of(run, "a")->lengths_ns[1], 30 * MS);
    ck_assert_uint_eq(run->marks_total, 6);
    ck_assert_uint_eq(run->mark_count, 6);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(the_same_thread_comes_before_the_process_and_that_before_the_run)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), other = scene_process(&scene, 200, 1, 0);
    struct actor thread = scene_thread(tool, 101, 1);
    BEGIN(tool, 10, "a");
    BEGIN(thread, 20, "a");
    BEGIN(other, 30, "a");
    END(tool, 40, "a");
    END(tool, 50, "a");
    END(tool, 60, "a");
    act_end(tool, 100, 1, 0);
    act_end(other, 100, 1, 0);
    struct run *run = scene_run(&scene);
    ck_assert_str_eq(spans_of(run), "a 10-40 thread; a 20-50 process; a 30-60 run");
    ck_assert_uint_eq(run->processes[run->spans[2].process].pid, 200);
    ck_assert_uint_eq(run->spans[1].tid, 101);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(an_id_tells_spans_that_overlap_apart)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    tell(tool, 10, trace_moment_BEGIN, "job", "{\"id\":1}");
    tell(tool, 20, trace_moment_BEGIN, "job", "{\"id\": 2, \"x\":0}");
    tell(tool, 25, trace_moment_BEGIN, "job", "{\"id\":\"1\"}"); /* a text is no number */
    tell(tool, 30, trace_moment_END, "job", "{\"x\":5,\"id\":1}");
    tell(tool, 40, trace_moment_END, "job", "{\"id\":2}");
    END(tool, 50, "job"); /* without an id: nobody's */
    act_end(tool, 100, 1, 0);
    struct run *run = scene_run(&scene);
    ck_assert_str_eq(spans_of(run), "job 10-30 thread; job 20-40 thread");
    ck_assert_str_eq(run->spans[0].data, "{\"id\":1}");
    ck_assert_uint_eq(name_of(run, "job")->begins_left, 1);
    ck_assert_uint_eq(name_of(run, "job")->ends_left, 1);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(what_has_no_other_half_is_counted)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    END(tool, 10, "a");
    BEGIN(tool, 20, "a");
    BEGIN(tool, 30, "a");
    END(tool, 40, "a");
    tell(tool, 50, trace_moment_MARK, "a", "free text");
    tell(tool, 60, (enum trace_moment)9, "a", "");
    ACT(tool, 70, mark, .what = trace_moment_MARK, .hook = 1);
    act_end(tool, 100, 1, 0);
    struct run *run = scene_run(&scene);
    ck_assert_str_eq(spans_of(run), "a 30-40 thread");
    ck_assert_uint_eq(name_of(run, "a")->begins_left, 1);
    ck_assert_uint_eq(name_of(run, "a")->ends_left, 1);
    ck_assert_uint_eq(name_of(run, "a")->points, 1);
    ck_assert_uint_eq(run->mark_count, 5);
    ck_assert_str_eq(run->marks[4].data, "free text");
    ck_assert_int_eq(run->marks[4].kind, MARK_POINT);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(lists_end_and_sums_do_not)
{
    enum { SPANS = SPANS_LISTED + 500 };
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (int i = 0; i < SPANS; i++) {
        BEGIN(tool, 1 + i * 0.002, "a");
        END(tool, 1.001 + i * 0.002, "a");
        if (i % 100 == 99)
            build_trace_cut(scene.trace, tool.stream);
    }
    act_end(tool, 1000, 1, 0);
    struct run *run = scene_run(&scene);
    ck_assert_uint_eq(run->span_count, SPANS_LISTED);
    ck_assert_uint_eq(run->mark_count, MARKS_LISTED);
    ck_assert_uint_eq(run->spans_total, SPANS);
    ck_assert_uint_eq(run->marks_total, 2 * SPANS);
    ck_assert_uint_eq(name_of(run, "a")->length_count, SPANS);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(names_beyond_the_limit_and_begins_that_nothing_ends_take_no_memory)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (int i = 0; i < MARK_NAMES_MAX + 7; i++) {
        char name[20];
        snprintf(name, sizeof name, "n%d", i);
        tell(tool, 1 + i * 0.01, trace_moment_MARK, name, "");
        if (i % 100 == 99)
            build_trace_cut(scene.trace, tool.stream);
    }
    for (int i = 0; i < 5000; i++) { /* more than are kept open */
        BEGIN(tool, 20 + i * 0.01, "n0");
        if (i % 100 == 99)
            build_trace_cut(scene.trace, tool.stream);
    }
    act_end(tool, 1000, 1, 0);
    struct run *run = scene_run(&scene);
    ck_assert_uint_eq(run->mark_name_count, MARK_NAMES_MAX);
    ck_assert_uint_eq(run->marks_unnamed, 7);
    ck_assert_uint_eq(name_of(run, "n0")->begins_left, 5000);
    run_free(run);
    scene_free(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer marks");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, spans_of_one_name_nest);
    tcase_add_test(tests, the_same_thread_comes_before_the_process_and_that_before_the_run);
    tcase_add_test(tests, an_id_tells_spans_that_overlap_apart);
    tcase_add_test(tests, what_has_no_other_half_is_counted);
    tcase_add_test(tests, lists_end_and_sums_do_not);
    tcase_add_test(tests, names_beyond_the_limit_and_begins_that_nothing_ends_take_no_memory);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
