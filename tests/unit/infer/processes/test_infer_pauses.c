/* SPDX-License-Identifier: MIT
 * Owns: the claims about recordings that were stopped and started: what a stretch is, and that a pause is in no figure.
 * Must not know: who stops them. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "analyzer/metrics/metrics.h"
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

/* The trace's control page says that its state is this one, and when the states from 2 on came, in ms. */
static void control(struct scene *scene, uint32_t state, const double *ms, unsigned count)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/control", build_trace_path(scene->trace));
    build_trace_poke(path, offsetof(struct trace_control, state), &state, sizeof state);
    for (unsigned i = 0; i < count; i++) {
        uint64_t since_ns = AT(ms[i]);
        build_trace_poke(path, offsetof(struct trace_control, since_ns) + (2 + i) * sizeof since_ns, &since_ns,
                         sizeof since_ns);
    }
}

static void ends(struct actor actor, double ms, double cpu_ms, uint64_t rchar, enum trace_ending how)
{
    ACT(actor, ms, process_end, .cpu_user_ns = (uint64_t)(cpu_ms * 1e6), .rchar = rchar, .own_rchar = 100,
        .exit_code = how == trace_ending_PAUSED ? -1 : 0, .how = (uint8_t)how);
}

/* The same process, recorded again. */
static struct actor goes_on(struct scene *scene, double ms, double cpu_ms, uint64_t rchar)
{
    struct actor actor = {.scene = scene, .pid = 100, .tid = 100};
    actor.process = build_trace_process(scene->trace, 100, AT(ms));
    actor.stream = build_trace_stream(scene->trace, actor.process);
    ACT(actor, ms, thread, .start_ns = AT(0), .tid = 100, .name = TEXT("main"));
    ACT(actor, ms, process, .start_ns = AT(ms), .cpu_ns = (uint64_t)(cpu_ms * 1e6), .rchar = rchar, .pid = 100,
        .ppid = 1, .usable_cpus = 2, .resumed = 1, .exe = TEXT("/usr/bin/tool"), .cwd = TEXT("/photos"));
    return actor;
}

/* An image of 15 ms. */
static void converts(struct actor tool, double ms, uint32_t number, const char *from, const char *to)
{
    act_input(tool, ms, number, from, FORMAT_PNG, 0x1000 * number, 500);
    act_codec(tool, ms + 8, 5, number, trace_role_DECODE, trace_codec_PNG, 0x1000 * number, 0x100000 * number);
    act_close(tool, ms + 8, 0, number, 500);
    act_codec(tool, ms + 12, 3, number, trace_role_ENCODE, trace_codec_JPEG, 0x100000 * number, 0x9000);
    act_output(tool, ms + 12, number + 1, to, FORMAT_JPEG, 0x9000, 400);
}

START_TEST(a_pause_is_in_no_figure)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    converts(tool, 10, 1, "/photos/a.png", "/photos/a.jpg");
    act_input(tool, 80, 3, "/photos/b.png", FORMAT_PNG, 0x1000, 500);
    act_codec(tool, 90, 5, 7, trace_role_DECODE, trace_codec_PNG, 0x1000, 0x5000);
    ends(tool, 101, 50, 1100, trace_ending_PAUSED);
    struct actor later = goes_on(&scene, 300, 180, 9000); /* it worked on while nobody looked */
    converts(later, 310, 1, "/photos/c.png", "/photos/c.jpg");
    ends(later, 400, 210, 9600, trace_ending_EXIT);
    control(&scene, 3, (const double[]){100, 300}, 2);
    struct run *run = scene_run(&scene);
    struct metrics *metrics = metrics_compute(run);

    ck_assert_uint_eq(run->process_count, 2);
    ck_assert(run->processes[0].paused && !run->processes[0].resumed);
    ck_assert(run->processes[1].resumed && !run->processes[1].paused);
    ck_assert_uint_eq(run->processes[0].cpu_ns, 50 * MS);
    ck_assert_uint_eq(run->processes[1].cpu_ns, 30 * MS);
    ck_assert_uint_eq(run->processes[0].kernel_io_bytes, 1000);
    ck_assert_uint_eq(run->processes[1].kernel_io_bytes, 500);

    ck_assert_uint_eq(run->pause_count, 1);
    ck_assert_uint_eq(run->period_count, 2);
    ck_assert_uint_eq(run->periods[0][1], AT(100));
    ck_assert_uint_eq(run->periods[1][0], AT(300));
    ck_assert_double_eq_tol(metrics->duration_s, 0.2, 1e-9);
    ck_assert_double_eq_tol(metrics->paused_s, 0.2, 1e-9);
    ck_assert_double_eq_tol(metrics->cpu_avg_ratio, 0.080 / 0.4, 1e-9);

    ck_assert_uint_eq(metrics->images_ok, 2);
    ck_assert_uint_eq(metrics->unfinished, 1);
    ck_assert_uint_eq(metrics->broken_off, 1);
    ck_assert_uint_eq(metrics->finding_count, 0); /* nobody is to blame for it */

    ck_assert_uint_eq(run->worker_count, 1);
    ck_assert_uint_eq(run->workers[0].member_count, 1);
    ck_assert_uint_eq(run->workers[0].tasks, 3);
    ck_assert_uint_eq(run->workers[0].init_ns, 11 * MS); /* of its first start only */
    ck_assert_uint_lt(run->workers[0].idle_ns, 200 * MS);
    metrics_free(metrics);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(a_process_that_noticed_nothing_is_paused_all_the_same)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    ends(tool, 1000, 5, 0, trace_ending_EXIT);
    control(&scene, 6, (const double[]){100, 150, 200, 250, 900}, 5); /* and it is paused at the end */
    struct run *run = scene_run(&scene);
    ck_assert_uint_eq(run->pause_count, 3);
    ck_assert_uint_eq(run->period_count, 3);
    static const double expected[][2] = {{0, 100}, {150, 200}, {250, 900}};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(run->periods[i][0], AT(expected[i][0]));
        ck_assert_uint_eq(run->periods[i][1], AT(expected[i][1]));
    }
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(what_was_recorded_first_after_a_start_has_no_known_beginning)
{
    struct scene scene = scene_new();
    struct actor tool = goes_on(&scene, 500, 40, 0);
    converts(tool, 510, 1, "/photos/a.png", "/photos/a.jpg");
    ends(tool, 600, 60, 500, trace_ending_EXIT);
    control(&scene, 3, (const double[]){0, 500}, 2);
    struct run *run = scene_run(&scene);
    struct metrics *metrics = metrics_compute(run);
    ck_assert_uint_eq(run->start_ns, AT(500));
    ck_assert_uint_eq(run->pause_count, 0); /* before the run */
    ck_assert_uint_eq(run->processes[0].cpu_ns, 20 * MS);
    ck_assert_uint_eq(run->workers[0].init_ns, UNKNOWN);
    ck_assert(isnan(metrics->worker_init_s));
    ck_assert_uint_eq(metrics->worker_inits, 0);
    metrics_free(metrics);
    run_free(run);
    scene_free(&scene);
}
END_TEST

START_TEST(a_control_page_may_say_anything)
{
    static const uint32_t states[] = {2, 3, 77, TRACE_STATES, UINT32_MAX, 0};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct scene scene = scene_new();
        struct actor tool = scene_process(&scene, 100, 1, 0);
        ends(tool, 1000, 5, 0, trace_ending_EXIT);
        control(&scene, states[i], (const double[]){900, 100, 500, 400, 5000, 1e9}, 6);
        struct run *run = scene_run(&scene);
        uint64_t last_ns = 0;
        for (size_t k = 0; k < run->period_count; k++) {
            ck_assert_uint_ge(run->periods[k][0], last_ns);
            ck_assert_uint_gt(run->periods[k][1], run->periods[k][0]);
            last_ns = run->periods[k][1];
        }
        run_free(run);
        scene_free(&scene);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer pauses");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_pause_is_in_no_figure);
    tcase_add_test(tests, a_process_that_noticed_nothing_is_paused_all_the_same);
    tcase_add_test(tests, what_was_recorded_first_after_a_start_has_no_known_beginning);
    tcase_add_test(tests, a_control_page_may_say_anything);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
