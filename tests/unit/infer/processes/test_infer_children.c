/* SPDX-License-Identifier: MIT
 * Owns: the claims about children: which left no record and why, which had nothing to record.
 * Must not know: stages, memory. */
#include <fcntl.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

static void ends(struct actor actor, double ms, enum trace_ending how)
{
    ACT(actor, ms, process_end, .vm_hwm_bytes = 2000000, .heap_known = 1, .exit_code = -1, .how = how);
}

static void started(struct actor actor, double ms, enum trace_spawn_op op, uint32_t pid, const char *path)
{
    ACT(actor, ms, spawn, .duration_ns = MS, .pid = pid, .op = op, .path = {path, strlen(path)});
}

static void collected(struct actor actor, double ms, uint32_t pid, uint32_t status)
{
    ACT(actor, ms, child, .pid = pid, .status = status);
}

static void is_untraced(const struct run *run, size_t index, uint32_t pid, const char *path, const char *reason)
{
    const struct untraced_child *child = &run->untraced[index];
    ck_assert_uint_lt(index, run->untraced_count);
    ck_assert_uint_eq(child->pid, pid);
    ck_assert_pstr_eq(child->path, path);
    ck_assert_pstr_eq(child->reason, reason);
}

START_TEST(children_without_a_record_are_listed_with_the_reason_where_it_is_known)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 100, 1, 0);
    started(shell, 10, trace_spawn_op_SPAWN, 201, "/bin/static");
    collected(shell, 11, 201, 0);
    ACT(shell, 20, spawn, .pid = 202, .op = trace_spawn_op_SPAWN, .untraced = 1, .path = TEXT("/bin/bare"));
    collected(shell, 21, 202, 0);
    started(shell, 30, trace_spawn_op_FORK, 203, "");
    collected(shell, 31, 203, 9); /* killed */
    started(shell, 40, trace_spawn_op_VFORK, 204, "");
    collected(shell, 41, 204, 127 << 8);
    collected(shell, 50, 205, 0);
    collected(shell, 51, 0, 0); /* nobody has that number */
    started(shell, 60, trace_spawn_op_FORK, 206, "");
    collected(shell, 61, 206, 0x137f); /* stopped: not its end */
    started(shell, 70, trace_spawn_op_FORK, 207, "");
    act_end(scene_process(&scene, 207, 100, 71), 72, 0, 0);
    collected(shell, 73, 207, 0);
    ACT(shell, 80, spawn, .error = 2, .op = trace_spawn_op_SPAWN, .path = TEXT("/bin/absent"));
    act_end(shell, 100, 0, 0);
    struct run *run = finish(&scene);
    is_untraced(run, 0, 201, "/bin/static", NULL);
    is_untraced(run, 1, 202, "/bin/bare", "started without the library in its environment");
    is_untraced(run, 2, 203, NULL, "killed by signal 9 before it left a record");
    is_untraced(run, 3, 204, NULL, "exit 127: as a rule, its program was not found");
    is_untraced(run, 4, 205, NULL, "how it was started was not seen");
    is_untraced(run, 5, 206, NULL, "its end was not seen: it may still run");
    ck_assert_uint_eq(run->untraced_count, 6);
    ck_assert_uint_eq(run->note_count, 1);
    ck_assert_str_eq(run->notes[0],
                     "6 children left no record (static, setuid, started without the library, or killed early): "
                     "/bin/static, /bin/bare (started without the library in its environment), "
                     "pid 203 (killed by signal 9 before it left a record), and 3 more");
    run_free(run);
}
END_TEST

static void idle(struct actor actor, double ms, uint32_t pid, double ended_ms, uint64_t cpu_ns)
{
    ACT(actor, ms, idle_child, .pid = pid, .ended_ns = AT(ended_ms), .cpu_ns = cpu_ns);
}

START_TEST(forked_children_that_did_nothing_are_counted_and_missed_by_nobody)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 100, 1, 0);
    for (uint32_t pid = 201; pid <= 203; pid++) {
        started(shell, pid - 190, trace_spawn_op_FORK, pid, "");
        if (pid != 203) /* which nobody says anything of */
            idle(shell, pid - 189.5, pid, pid - 190, 3000);
        collected(shell, pid - 189.4, pid, 0);
    }
    idle(shell, 21, 0, 20, 2000);           /* nobody */
    idle(shell, 22, 299, 21.5, UINT64_MAX); /* more than its parent's life */
    collected(shell, 23, 299, 0);
    act_end(shell, 100, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->idle_children, 3);
    ck_assert_uint_eq(run->idle_children_cpu_ns, 2 * 3000 + 22 * MS);
    is_untraced(run, 0, 203, NULL, NULL);
    ck_assert_uint_eq(run->untraced_count, 1);
    run_free(run);
}
END_TEST

/* A handler, or another thread, collects the child before fork has returned. */
START_TEST(an_idle_child_may_be_collected_before_its_start_is_recorded)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 100, 1, 0);
    idle(shell, 12, 201, 11.2, 1000);
    collected(shell, 12.1, 201, 0);
    ACT(shell, 20, spawn, .duration_ns = 10 * MS, .pid = 201, .op = trace_spawn_op_FORK, .path = TEXT(""));
    act_end(shell, 100, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->idle_children, 1);
    ck_assert_uint_eq(run->untraced_count, 0);
    run_free(run);
}
END_TEST

START_TEST(a_number_of_an_idle_child_goes_to_another_child)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 100, 1, 0);
    started(shell, 10, trace_spawn_op_FORK, 201, ""); /* not collected: the next one of its number says so */
    idle(shell, 50, 201, 11, 1000);
    started(shell, 50, trace_spawn_op_FORK, 201, "");
    collected(shell, 52, 201, 9); /* killed */
    started(shell, 60, trace_spawn_op_FORK, 202, "");
    idle(shell, 70, 202, 40, 1000); /* that was an earlier one */
    collected(shell, 71, 202, 9);
    act_end(shell, 100, 5, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->idle_children, 2);
    is_untraced(run, 0, 201, NULL, "killed by signal 9 before it left a record");
    is_untraced(run, 1, 202, NULL, "killed by signal 9 before it left a record");
    ck_assert_uint_eq(run->untraced_count, 2);
    run_free(run);
}
END_TEST

START_TEST(a_number_that_is_used_again_is_another_child)
{
    struct scene scene = scene_new();
    struct actor shell = scene_process(&scene, 100, 1, 0);
    started(shell, 10, trace_spawn_op_SPAWN, 201, "/bin/static");
    collected(shell, 11, 201, 0);
    started(shell, 20, trace_spawn_op_SPAWN, 201, "/bin/traced");
    act_end(scene_process(&scene, 201, 100, 21), 22, 0, 0);
    collected(shell, 23, 201, 3 << 8);
    started(shell, 30, trace_spawn_op_SPAWN, 201, "/bin/other");
    collected(shell, 31, 201, 4 << 8);
    act_end(shell, 100, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->untraced_count, 2);
    is_untraced(run, 0, 201, "/bin/static", NULL);
    is_untraced(run, 1, 201, "/bin/other", NULL);
    ck_assert_int_eq(run->processes[1].exit_code, 3);
    run_free(run);
}
END_TEST

START_TEST(a_program_that_replaced_a_traced_one_can_be_missing_too)
{
    struct scene scene = scene_new();
    struct actor lost = scene_process(&scene, 100, 1, 0), went_on = scene_process(&scene, 101, 1, 0);
    struct actor followed = scene_process(&scene, 102, 1, 0);
    ACT(lost, 10, spawn, .op = trace_spawn_op_EXEC, .untraced = 1, .path = TEXT("/bin/bare"));
    ends(lost, 11, trace_ending_REPLACED);
    started(went_on, 10, trace_spawn_op_EXEC, 0, "/bin/absent");
    ends(went_on, 11, trace_ending_REPLACED);
    act_open(went_on, 12, 1, 1, "/etc/conf", O_RDONLY, 70); /* exec failed */
    started(followed, 10, trace_spawn_op_EXEC, 0, "/bin/next");
    ends(followed, 11, trace_ending_REPLACED);
    act_end(scene_process(&scene, 102, 1, 12), 20, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->untraced_count, 1);
    is_untraced(run, 0, 100, "/bin/bare", "started without the library in its environment");
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_children");
    TCase *tests = tcase_create("children");
    tcase_add_test(tests, children_without_a_record_are_listed_with_the_reason_where_it_is_known);
    tcase_add_test(tests, forked_children_that_did_nothing_are_counted_and_missed_by_nobody);
    tcase_add_test(tests, an_idle_child_may_be_collected_before_its_start_is_recorded);
    tcase_add_test(tests, a_number_of_an_idle_child_goes_to_another_child);
    tcase_add_test(tests, a_number_that_is_used_again_is_another_child);
    tcase_add_test(tests, a_program_that_replaced_a_traced_one_can_be_missing_too);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
