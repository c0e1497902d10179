/* SPDX-License-Identifier: MIT
 * Owns: the claims about which state of a file the run left behind, and when the file may speak for it.
 * Must not know: formats, how a file is read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/pack/machine.h"
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

#define SIZE 34
#define LEFT 100.0 /* ms: when the output's close ended; it took 1 ms */

static char path[64];
static bool linked; /* the codec call that the path was named to lasts until after the close */

/* A GIF of 8 × 8 pixels and one frame; the trace's heads are cut off before it. */
static void put_file(void)
{
    static const char gif[SIZE] = "GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x08\0\x08\0\0\x02\1\0\0;";
    FILE *file = fopen(path, "wb");
    ck_assert(file && fwrite(gif, 1, SIZE, file) == SIZE && fclose(file) == 0);
}

/* What the trace says of the machine it is from; NULL: as this one. */
static const char *machine_name, *boot_id, *cpu_model;

static void put_host(struct actor actor)
{
    struct machine here;
    machine_describe(&here);
    const char *name = machine_name ? machine_name : here.name, *boot = boot_id ? boot_id : here.boot_id,
               *cpu = cpu_model ? cpu_model : here.cpu_model;
    ACT(actor, 1, host, .cpus = 2, .machine = {name, strlen(name)}, .boot_id = {boot, strlen(boot)},
        .cpu_model = {cpu, strlen(cpu)});
}

/* changed_ms: time of the file's last change now; recorded_ms: as recorded, below 0 = stdio held bytes back. */
static bool read_from_file(double changed_ms, double recorded_ms, bool at_exit, uint64_t bytes)
{
    struct scene empty = scene_new();
    act_end(scene_process(&empty, 99, 1, 0), 1, 0, 0);
    struct run *run = scene_run(&empty);
    uint64_t offset_ns = (uint64_t)run->realtime_offset_ns;
    run_free(run);
    scene_free(&empty);

    put_file();
    uint64_t changed_ns = AT(changed_ms) + offset_ns;
    struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = (time_t)(changed_ns / 1000000000), .tv_nsec = (long)(changed_ns % 1000000000)}};
    struct stat status;
    ck_assert(utimensat(AT_FDCWD, path, times, 0) == 0 && stat(path, &status) == 0);

    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    put_host(tool);
    act_input(tool, 10, 1, "/photos/in.png", FORMAT_PNG, 0x1000, 500);
    if (linked)
        ACT(tool, 40, session_link, .session = 7, .direction = trace_direction_OUT, .path = {path, strlen(path)});
    ACT(tool, 50, open, .device = status.st_dev, .inode = status.st_ino, .file = 2, .fd = 4, .directory_fd = AT_FDCWD,
        .flags = O_WRONLY | O_CREAT, .mode = S_IFREG | 0644, .hook = 1, .origin = trace_origin_OPENED,
        .path = {path, strlen(path)});
    act_write(tool, 60, 1, 2, 0x9000, SIZE);
    act_head(tool, 60, 2, trace_direction_OUT, FORMAT_GIF, 0, 0x9000);
    ACT(tool, LEFT, file_state, .changed_ns = recorded_ms < 0 ? TRACE_UNKNOWN : AT(recorded_ms) + offset_ns,
        .bytes = bytes, .file = 2, .direction = trace_direction_OUT);
    ACT(tool, LEFT, close, .duration_ns = MS, .bytes = bytes, .pending_bytes = recorded_ms < 0, .file = 2, .fd = 4,
        .hook = 4, .last = !at_exit, .at_exit = at_exit);
    if (linked)
        act_codec(tool, LEFT + 10, 80, 7, trace_role_PIPELINE, trace_codec_VIPS, 0, 0);
    act_end(tool, 200, 10, 0);
    run = scene_run(&scene);
    const struct image_file *file = run_file(run, path);
    bool from_file = file->facts_from_file;
    ck_assert_int_eq(file->facts.format, FORMAT_GIF);
    ck_assert_int_eq(file->facts.frames, from_file ? 1 : 0); /* the head in the trace has a trailer and no frame */
    run_free(run);
    scene_free(&scene);
    return from_file;
}

START_TEST(a_recorded_time_must_be_the_files)
{
    ck_assert(read_from_file(70, 70, false, SIZE));
    ck_assert(!read_from_file(70.001, 70, false, SIZE));
    ck_assert(!read_from_file(69.999, 70, false, SIZE));
    ck_assert(!read_from_file(70, 70, false, SIZE + 1));
}
END_TEST

START_TEST(bytes_that_stdio_held_back_change_the_file_while_it_is_closed)
{
    ck_assert(read_from_file(LEFT - 0.5, -1, false, SIZE));
    ck_assert(read_from_file(LEFT - 15, -1, false, SIZE)); /* a clock that ticks slowly */
    ck_assert(!read_from_file(LEFT - 30, -1, false, SIZE));
    ck_assert(!read_from_file(LEFT + 30, -1, false, SIZE));
    ck_assert(read_from_file(LEFT + 30, -1, true, SIZE)); /* libc writes them behind the last record */
    ck_assert(!read_from_file(LEFT + 2000, -1, true, SIZE));
}
END_TEST

START_TEST(what_is_recorded_before_it_is_known_whose_the_output_is_counts)
{
    linked = true;
    ck_assert(read_from_file(70, 70, false, SIZE));
    ck_assert(!read_from_file(70.001, 70, false, SIZE));
    ck_assert(read_from_file(LEFT - 0.5, -1, false, SIZE));
}
END_TEST

START_TEST(files_of_this_machine_say_nothing_of_another_ones)
{
    machine_name = "elsewhere x86_64";
    ck_assert(!read_from_file(70, 70, false, SIZE));
    machine_name = "";
    ck_assert(!read_from_file(70, 70, false, SIZE));
    machine_name = NULL;
    boot_id = "00000000-0000-0000-0000-000000000000"; /* it was started again since then, */
    ck_assert(read_from_file(70, 70, false, SIZE));
    cpu_model = "another"; /* or is another one of the same name */
    ck_assert(!read_from_file(70, 70, false, SIZE));
    boot_id = "";
    ck_assert(!read_from_file(70, 70, false, SIZE));
}
END_TEST

int main(void)
{
    char directory[] = "/tmp/imgbench-facts-XXXXXX";
    if (!mkdtemp(directory))
        return 1;
    snprintf(path, sizeof path, "%s/out.gif", directory);
    Suite *suite = suite_create("infer_facts");
    TCase *tests = tcase_create("facts");
    tcase_add_test(tests, a_recorded_time_must_be_the_files);
    tcase_add_test(tests, bytes_that_stdio_held_back_change_the_file_while_it_is_closed);
    tcase_add_test(tests, files_of_this_machine_say_nothing_of_another_ones);
    tcase_add_test(tests, what_is_recorded_before_it_is_known_whose_the_output_is_counts);
    suite_add_tcase(suite, tests);
    int result = suite_run(suite);
    return unlink(path) == 0 && rmdir(directory) == 0 ? result : 1;
}
