/* SPDX-License-Identifier: MIT
 * Owns: the claims about processes: their threads, what of their I/O was seen, where their paths start.
 * Must not know: stages, memory. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

START_TEST(threads_have_names_ends_and_allocations)
{
    struct scene scene = scene_new();
    struct actor main = scene_process(&scene, 100, 1, 0);
    struct actor a = scene_thread(main, 101, 10), b = scene_thread(main, 102, 20);
    ACT(main, 30, thread_name, .tid = 101, .name = TEXT("vips-1"));
    ACT(main, 30, thread_name, .tid = 999, .name = TEXT("nobody"));
    ACT(b, 30, thread_name, .tid = 102, .name = TEXT("gc"));
    ACT(a, 40, thread_end, .cpu_ns = 7 * MS, .alloc_calls = 5, .free_calls = 9, .heap_bytes = -64);
    ACT(a, 41, thread, .start_ns = AT(41), .tid = 101, .creator_tid = 100, .name = TEXT("again")); /* same number */
    act_end(main, 100, 3, 0);
    struct run *run = finish(&scene);
    const struct process *process = &run->processes[0];
    ck_assert_uint_eq(process->threads_total, 4);
    ck_assert_uint_eq(process->thread_count, 4);
    const struct process_thread *threads = process->threads;
    ck_assert_uint_eq(threads[0].tid, 100);
    ck_assert_str_eq(threads[0].name, "main");
    ck_assert_uint_eq(threads[0].end_ns, AT(100));
    ck_assert_uint_eq(threads[0].cpu_ns, 3 * MS);
    ck_assert_str_eq(threads[1].name, "vips-1");
    ck_assert_uint_eq(threads[1].start_ns, AT(10));
    ck_assert_uint_eq(threads[1].end_ns, AT(40));
    ck_assert_uint_eq(threads[1].cpu_ns, 7 * MS);
    ck_assert_uint_eq(threads[1].alloc_calls, 5);
    ck_assert_uint_eq(threads[1].free_calls, 9);
    ck_assert_int_eq(threads[1].heap_bytes, -64);
    ck_assert_str_eq(threads[2].name, "gc");
    ck_assert_uint_eq(threads[2].end_ns, UNKNOWN);
    ck_assert_uint_eq(threads[2].cpu_ns, UNKNOWN);
    ck_assert_uint_eq(threads[2].alloc_calls, UNKNOWN);
    ck_assert_str_eq(threads[3].name, "again");
    run_free(run);
}
END_TEST

START_TEST(of_many_threads_the_first_are_listed_and_all_are_counted)
{
    struct scene scene = scene_new();
    struct actor main = scene_process(&scene, 100, 1, 0), pool = main;
    pool.stream = build_trace_stream(scene.trace, main.process);
    for (uint32_t i = 0; i < 200; i++) {
        ACT(pool, i + 1, thread, .start_ns = AT(i + 1), .tid = 101 + i, .creator_tid = 100);
        ACT(pool, i + 1, thread_end, .cpu_ns = MS);
    }
    act_end(main, 300, 3, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].threads_total, 201);
    ck_assert_uint_eq(run->processes[0].thread_count, THREADS_LISTED);
    ck_assert_uint_eq(run->processes[0].threads[THREADS_LISTED - 1].tid, 100 + THREADS_LISTED - 1);
    ck_assert_ptr_null(run->processes[0].threads[1].name);
    run_free(run);
}
END_TEST

START_TEST(where_the_allocator_was_not_seen_no_call_was_counted)
{
    struct scene scene = scene_new();
    struct actor seen = scene_process(&scene, 100, 1, 0), own = scene_process(&scene, 101, 1, 0);
    struct actor killed = scene_process(&scene, 102, 1, 0);
    ACT(killed, 5, heap, .live_bytes = 1, .peak_bytes = 2, .alloc_calls = 30, .free_calls = 20);
    ACT(own, 1, notice, .what = trace_note_OWN_MALLOC);
    ACT(own, 10, thread_end, .cpu_ns = MS);
    ACT(own, 10, process_end, .exit_code = 0, .how = trace_ending_EXIT);
    ACT(seen, 10, process_end, .heap_known = 1, .alloc_calls = 7, .free_calls = 6, .how = trace_ending_EXIT,
        .metadata_calls = 34, .metadata_ns = 5 * MS);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].alloc_calls, 7);
    ck_assert_uint_eq(run->processes[0].free_calls, 6);
    ck_assert_uint_eq(run->processes[0].metadata_calls, 34);
    ck_assert_uint_eq(run->processes[0].metadata_ns, 5 * MS);
    ck_assert_uint_eq(run->processes[1].alloc_calls, UNKNOWN);
    ck_assert_uint_eq(run->processes[1].threads[0].alloc_calls, UNKNOWN);
    ck_assert_uint_eq(run->processes[1].metadata_calls, 0);
    ck_assert_uint_eq(run->processes[2].alloc_calls, 30);
    ck_assert_uint_eq(run->processes[2].free_calls, 20);
    ck_assert_uint_eq(run->processes[2].metadata_calls, UNKNOWN);
    run_free(run);
}
END_TEST

START_TEST(what_the_kernel_counts_nowhere_is_no_part_of_coverage)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_open(tool, 1, 0, 1, "/etc/conf", O_RDONLY, 70);
    act_read(tool, 2, 0, 1, 0x100, 70);
    ACT(tool, 3, io, .bytes = 500, .kernel_bytes = 500, .file = 9, .calls = 1, .op = trace_io_op_READ,
        .layer = trace_io_layer_UNCOUNTED);
    ACT(tool, 4, io, .bytes = 10, .kernel_bytes = 4096, .file = 1, .calls = 1, .op = trace_io_op_READ,
        .layer = trace_io_layer_STDIO);
    ACT(tool, 5, open, .file = 2, .fd = 4, .directory_fd = AT_FDCWD, .mode = S_IFCHR | 0600, .flags = O_RDWR,
        .origin = trace_origin_OPENED, .path = TEXT("/dev/zero"));
    ACT(tool, 6, io, .bytes = 33, .kernel_bytes = 33, .file = 2, .calls = 1, .op = trace_io_op_WRITE);
    ACT(tool, 7, io, .offset = 5, .bytes = 999, .file = 1, .calls = 1, .op = trace_io_op_ALLOCATE); /* moves none */
    ACT(tool, 8, close, .file = 2, .stdio_calls = 2, .stdio_bytes = 6, .pending_bytes = 6, .last = 1);
    act_end(tool, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].seen_io_bytes, 70 + 4096 + 33 + 6);
    ck_assert_uint_eq(run->logical_io_bytes, 70 + 500 + 10 + 33 + 6);
    ck_assert_uint_eq(run->uncounted_io_bytes, 500);
    ck_assert_uint_eq(run->device_io_bytes, 33 + 6);
    run_free(run);
}
END_TEST

START_TEST(samples_hold_the_kernels_bytes_once_and_the_threads_of_all)
{
    struct scene scene = scene_new();
    struct actor parent = scene_process(&scene, 100, 1, 0), child = scene_process(&scene, 101, 100, 0);
    ACT(child, 50, sample, .rss_bytes = 1, .rchar = 700, .wchar = 0, .threads = 5);
    ACT(child, 60, process_end, .rchar = 900, .wchar = 100, .exit_code = 0, .how = trace_ending_EXIT);
    ACT(parent, 70, child, .pid = 101);
    ACT(parent, 150, sample, .rss_bytes = 1, .rchar = 1000 + 30, .wchar = 4, .threads = 2); /* and the child's */
    ACT(parent, 350, sample, .rss_bytes = 1, .rchar = TRACE_UNKNOWN, .wchar = 4, .threads = TRACE_UNKNOWN);
    ACT(parent, 450, sample, .rss_bytes = 1, .rchar = 20, .wchar = 4, .threads = 1); /* backwards: not known */
    act_end(parent, 500, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->sample_count, 5);
    ck_assert_uint_eq(run->samples[0].io_bytes, 700);
    ck_assert_uint_eq(run->samples[0].threads, 6);
    ck_assert_uint_eq(run->samples[1].io_bytes, 34);
    ck_assert_uint_eq(run->samples[1].threads, 2);
    ck_assert_uint_eq(run->samples[2].io_bytes, UNKNOWN);
    ck_assert_uint_eq(run->samples[2].threads, 2);
    ck_assert_uint_eq(run->samples[3].io_bytes, UNKNOWN);
    ck_assert_uint_eq(run->samples[4].io_bytes, UNKNOWN);
    ck_assert_uint_eq(run->samples[4].threads, 1);
    run_free(run);
}
END_TEST

START_TEST(paths_start_at_the_root_that_the_process_has)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    ACT(tool, 1, chdir, .fd = -1, .root = 1, .path = TEXT("jail")); /* from /photos */
    act_input(tool, 10, 1, "/in/../../../a.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 20, 2, "kept/b.gif", FORMAT_GIF, 0x9000, 400); /* the working directory has not changed */
    act_open(tool, 25, 1, 8, "jail", O_RDONLY, 0);                  /* the root itself */
    ACT(tool, 30, chdir, .fd = -1, .path = TEXT("/deep"));          /* as getcwd says it inside */
    act_input(tool, 40, 3, "../../c.gif", FORMAT_GIF, 0x1000, 500);
    ACT(tool, 50, chdir, .fd = 5, .path = TEXT("(unreachable)/elsewhere"));
    act_output(tool, 60, 4, "d.gif", FORMAT_GIF, 0x9000, 400);
    act_rename(tool, 70, "/x", "/y");
    struct actor child = scene_process(&scene, 101, 100, 80); /* its cwd is /photos, inside */
    act_input(child, 90, 1, "e.gif", FORMAT_GIF, 0x1000, 500);
    act_end(child, 100, 0, 0);
    ACT(tool, 110, chdir, .fd = -1, .root = 1, .path = TEXT("/..")); /* no way out */
    act_input(tool, 120, 5, "/f.gif", FORMAT_GIF, 0x1000, 500);
    act_end(tool, 200, 0, 0);
    struct run *run = finish(&scene);
    run_file(run, "/photos/jail/a.gif");
    run_file(run, "/photos/kept/b.gif");
    run_file(run, "/photos/jail/c.gif");
    run_file(run, "/elsewhere/d.gif");
    run_file(run, "/photos/jail/photos/e.gif");
    run_file(run, "/photos/jail/f.gif");
    run_free(run);
}
END_TEST

START_TEST(a_root_of_any_length_does_no_harm)
{
    static char name[2000];
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    memset(name, 'r', sizeof name);
    name[0] = '/';
    for (unsigned i = 0; i < 100; i++)
        ACT(tool, 1 + i, chdir, .fd = -1, .root = 1, .path = {name, sizeof name});
    act_input(tool, 110, 1, "/a.gif", FORMAT_GIF, 0x1000, 500);
    act_end(tool, 200, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->file_count, 1);
    ck_assert_uint_eq(strlen(run->files[0].path), 2 * sizeof name + 6);
    run_free(run);
}
END_TEST

START_TEST(msync_is_time_of_the_files_write)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_open(tool, 21, 1, 2, "/photos/b.gif", O_RDWR | O_CREAT | O_TRUNC, 0);
    act_write(tool, 22, 1, 2, 0x9000, 400);
    act_head(tool, 22, 2, trace_direction_OUT, FORMAT_GIF, 0, 0x9000);
    ACT(tool, 30, map, .duration_ns = 5 * MS, .address = 0x5000, .bytes = 400, .file = 2, .op = trace_map_op_SYNC);
    act_close(tool, 32, 1, 2, 400);
    act_end(tool, 100, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->images[0].stage_ns[STAGE_IMAGE_WRITE], 6 * MS);
    ck_assert_uint_eq(run->image_write.ns, 6 * MS);
    ck_assert_uint_eq(run->image_write.bytes, 400);
    ck_assert_uint_eq(run->all_write.ns, 6 * MS);
    ck_assert_uint_eq(run->all_write.ops, 2);
    ck_assert_uint_eq(run->all_read.mapped_bytes, 0);
    run_free(run);
}
END_TEST

START_TEST(a_close_that_another_open_revealed_is_a_close)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    act_input(tool, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    act_open(tool, 21, 1, 2, "/photos/b.gif", O_WRONLY | O_CREAT | O_TRUNC, 0);
    act_write(tool, 22, 1, 2, 0x9000, 400);
    act_head(tool, 22, 2, trace_direction_OUT, FORMAT_GIF, 0, 0x9000);
    ACT(tool, 30, close, .bytes = 400, .file = 2, .fd = 4, .last = 1); /* no hook, not at the end */
    act_input(tool, 40, 3, "/photos/c.gif", FORMAT_GIF, 0x1000, 500);
    act_output(tool, 50, 4, "/photos/d.gif", FORMAT_GIF, 0x9000, 300);
    act_end(tool, 100, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->image_count, 2);
    ck_assert_uint_eq(run_file(run, "/photos/b.gif")->bytes, 400);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(run->images[i].status, IMAGE_OK);
        ck_assert_uint_eq(run->images[i].output_count, 1);
    }
    run_free(run);
}
END_TEST

START_TEST(what_limits_the_recording_is_a_note)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    ACT(tool, 1, notice, .what = trace_note_IO_URING);
    ACT(tool, 2, notice, .what = trace_note_NO_STACKS);
    ACT(tool, 3, notice, .what = trace_note_SECCOMP);
    act_end(tool, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->note_count, 3);
    ck_assert_str_eq(run->notes[0], "pid 100 made an io_uring: its I/O may bypass the recording");
    ck_assert_str_eq(run->notes[1], "call stacks were asked for, but libunwind could not be loaded in pid 100");
    ck_assert_str_eq(run->notes[2], "pid 100 entered a system call filter: recording ended before it");
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_processes");
    TCase *tests = tcase_create("processes");
    tcase_add_test(tests, threads_have_names_ends_and_allocations);
    tcase_add_test(tests, of_many_threads_the_first_are_listed_and_all_are_counted);
    tcase_add_test(tests, where_the_allocator_was_not_seen_no_call_was_counted);
    tcase_add_test(tests, what_the_kernel_counts_nowhere_is_no_part_of_coverage);
    tcase_add_test(tests, samples_hold_the_kernels_bytes_once_and_the_threads_of_all);
    tcase_add_test(tests, paths_start_at_the_root_that_the_process_has);
    tcase_add_test(tests, a_root_of_any_length_does_no_harm);
    tcase_add_test(tests, msync_is_time_of_the_files_write);
    tcase_add_test(tests, a_close_that_another_open_revealed_is_a_close);
    tcase_add_test(tests, what_limits_the_recording_is_a_note);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
