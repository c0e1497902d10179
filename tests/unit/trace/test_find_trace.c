/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/load/find_trace.h: which trace a command without operand means.
 * Must not know: what commands do with it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/load/find_trace.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

/* Later than any trace that may lie in the temp directory of whoever runs the tests. */
#define FUTURE_NS INT64_C(4000000000000000000)

static struct build_trace *home; /* only its directory is used */
static char traces[256];

static void set_up(void)
{
    home = build_trace_new();
    char state[200];
    snprintf(state, sizeof state, "%s/state", build_trace_path(home));
    ck_assert(!mkdir(state, 0700));
    ck_assert(!setenv("XDG_STATE_HOME", state, 1));
    snprintf(traces, sizeof traces, "%s/imgbench", state);
    ck_assert(!mkdir(traces, 0700));
}

static void tear_down(void)
{
    build_trace_free(home);
}

/* Puts a trace that began start_ns after the others into the state directory. */
static void put_trace(const char *name, uint64_t start_ns, bool with_image)
{
    struct build_trace *trace = build_trace_new();
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
    struct trace_thread_cpu cpu = {.cpu_ns = 1};
    struct trace_head head = {.direction = trace_direction_IN, .data = {"\x89PNG", 4}};
    int64_t offset_ns = FUTURE_NS;
    char control[512], target[512];
    build_trace_add(trace, stream, 5, TRACE_KIND_thread_cpu, &cpu);
    if (with_image)
        build_trace_add(trace, stream, 6, TRACE_KIND_head, &head);
    build_trace_finish(trace);
    snprintf(control, sizeof control, "%s/control", build_trace_path(trace));
    build_trace_poke(control, offsetof(struct trace_control, realtime_offset_ns), &offset_ns, sizeof offset_ns);
    build_trace_poke(control, offsetof(struct trace_control, start_ns), &start_ns, sizeof start_ns);
    snprintf(target, sizeof target, "%s/%s", traces, name);
    ck_assert_msg(!rename(build_trace_path(trace), target), "%s: %s", target, strerror(errno));
    build_trace_free(trace);
}

static void finds(bool any, const char *name)
{
    char expected[512];
    char *found = find_trace(NULL, any);
    snprintf(expected, sizeof expected, "%s/%s", traces, name);
    ck_assert_pstr_eq(found, expected);
    free(found);
}

START_TEST(operand_is_taken_as_it_is)
{
    char *found = find_trace("some/where", false);
    ck_assert_str_eq(found, "some/where");
    free(found);
}
END_TEST

START_TEST(newest_trace_that_saw_an_image_is_found)
{
    put_trace("cwebp-1", 200, true); /* the newest by its own account, not by name or directory time */
    put_trace("cwebp-2", 100, true);
    put_trace("ls-3", 300, false);
    finds(false, "cwebp-1");
    finds(true, "cwebp-1");
}
END_TEST

START_TEST(hidden_names_and_links_are_no_traces)
{
    char target[512], link_path[512];
    put_trace("a", 100, true);
    put_trace(".b", 200, true);
    snprintf(target, sizeof target, "%s/.b", traces);
    snprintf(link_path, sizeof link_path, "%s/c", traces);
    ck_assert(!symlink(target, link_path));
    finds(false, "a");
}
END_TEST

START_TEST(relative_state_directory_is_ignored)
{
    char path[400];
    put_trace("a", 100, true);
    snprintf(path, sizeof path, "%s/.local", build_trace_path(home));
    ck_assert(!mkdir(path, 0700));
    snprintf(path, sizeof path, "%s/.local/state", build_trace_path(home));
    ck_assert(!rename(getenv("XDG_STATE_HOME"), path));
    ck_assert(!setenv("HOME", build_trace_path(home), 1));
    ck_assert(!setenv("XDG_STATE_HOME", "state", 1));
    snprintf(traces, sizeof traces, "%s/.local/state/imgbench", build_trace_path(home));
    finds(false, "a");
    ck_assert(!unsetenv("XDG_STATE_HOME"));
    finds(false, "a");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("find_trace");
    TCase *group = tcase_create("default trace");
    tcase_add_checked_fixture(group, set_up, tear_down);
    tcase_add_test(group, operand_is_taken_as_it_is);
    tcase_add_test(group, newest_trace_that_saw_an_image_is_found);
    tcase_add_test(group, hidden_names_and_links_are_no_traces);
    tcase_add_test(group, relative_state_directory_is_ignored);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
