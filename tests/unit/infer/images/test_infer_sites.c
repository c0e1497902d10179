/* SPDX-License-Identifier: MIT
 * Owns: the claims about the places that made the memory peak: what each held then, by which name.
 * Must not know: how a report shows them. */
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/export/flamegraph.h"
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

#define BASE UINT64_C(0x7f0000000000)

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

static void came(struct actor actor, double ms, uint64_t address, uint64_t bytes, uint64_t caller, uint32_t stack)
{
    ACT(actor, ms, block, .address = address, .bytes = bytes, .caller = caller, .stack = stack,
        .op = trace_block_op_ALLOCATED);
}

static void went(struct actor actor, double ms, uint64_t address, uint64_t bytes)
{
    ACT(actor, ms, block, .address = address, .bytes = bytes, .op = trace_block_op_FREED);
}

/* A module that is not on any disk: its places are offsets. */
static struct actor process_with_module(struct scene *scene)
{
    struct actor tool = scene_process(scene, 100, 1, 0);
    ACT(tool, 1, module, .base = BASE, .bytes = 0x10000, .path = TEXT("/nowhere/libpixels.so.1"));
    return tool;
}

static const struct memory_site *site_at(const struct run *run, const char *location)
{
    for (size_t i = 0; i < run->site_count; i++)
        if (run->sites[i].frames[0].location && strcmp(run->sites[i].frames[0].location, location) == 0)
            return &run->sites[i];
    return NULL;
}

static void assert_site(const struct run *run, const char *location, uint64_t bytes, uint64_t blocks)
{
    const struct memory_site *site = site_at(run, location);
    ck_assert_msg(site != NULL, "no site %s", location);
    ck_assert_uint_eq(site->bytes, bytes);
    ck_assert_uint_eq(site->blocks, blocks);
}

START_TEST(each_site_has_what_it_held_at_the_peak_and_not_before_or_after)
{
    struct scene scene = scene_new();
    struct actor tool = process_with_module(&scene);
    came(tool, 10, 0x100000, 1000, BASE + 0x10, 0);
    came(tool, 11, 0x200000, 500, BASE + 0x20, 0);
    went(tool, 12, 0x100000, 1000);
    came(tool, 13, 0x300000, 700, BASE + 0x30, 0);
    came(tool, 14, 0x400000, 600, BASE + 0x20, 0); /* 1800: the peak */
    went(tool, 15, 0x300000, 700);
    went(tool, 16, 0x200000, 500);
    came(tool, 17, 0x500000, 900, BASE + 0x10, 0); /* 1500 */
    came(tool, 18, 0x600000, 200, BASE + 0x40, 0); /* 1700 */
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->blocks_peak_bytes, 1800);
    ck_assert_uint_eq(run->blocks_peak_count, 3);
    ck_assert_uint_eq(run->blocks_peak_ns, AT(14));
    ck_assert_uint_eq(run->site_count, 2);
    assert_site(run, "libpixels.so.1+0x20", 1100, 2);
    assert_site(run, "libpixels.so.1+0x30", 700, 1);
    ck_assert_str_eq(run->sites[0].frames[0].location, "libpixels.so.1+0x20"); /* largest first */
    ck_assert_str_eq(run->sites[0].frames[0].module, "libpixels.so.1");
    ck_assert_ptr_null(run->sites[0].frames[0].function);
    ck_assert_msg(strstr(run->notes[0], "/nowhere/libpixels.so.1 cannot be read"), "%s", run->notes[0]);
    run_free(run);
}
END_TEST

START_TEST(a_block_whose_release_was_lost_is_counted_once)
{
    struct scene scene = scene_new();
    struct actor tool = process_with_module(&scene);
    came(tool, 10, 0x100000, 1000, BASE + 0x10, 0);
    came(tool, 11, 0x100000, 1200, BASE + 0x20, 0);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->blocks_peak_bytes, 1200);
    ck_assert_uint_eq(run->site_count, 1);
    assert_site(run, "libpixels.so.1+0x20", 1200, 1);
    run_free(run);
}
END_TEST

START_TEST(stacks_with_one_innermost_frame_and_other_callers_are_sites_of_their_own)
{
    struct scene scene = scene_new();
    struct actor tool = process_with_module(&scene);
    ACT(tool, 10, frame, .frame = 1, .parent = 0, .address = BASE + 0x100);
    ACT(tool, 10, frame, .frame = 2, .parent = 1, .address = BASE + 0x200);
    ACT(tool, 10, frame, .frame = 3, .parent = 0, .address = 0x5000);
    ACT(tool, 10, frame, .frame = 4, .parent = 3, .address = BASE + 0x200);
    came(tool, 11, 0x100000, 1000, BASE + 0x200, 2);
    came(tool, 12, 0x200000, 700, BASE + 0x200, 4);
    came(tool, 13, 0x300000, 30, BASE + 0x200, 2);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->site_count, 2);
    ck_assert(run->sites[0].has_stack && run->sites[1].has_stack);
    ck_assert_uint_eq(run->sites[0].bytes, 1030);
    ck_assert_uint_eq(run->sites[0].frame_count, 2);
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    export_flamegraph(out, run);
    fclose(out);
    const char *program =
        strrchr(run->processes[0].exe, '/') ? strrchr(run->processes[0].exe, '/') + 1 : run->processes[0].exe;
    char expected[300];
    snprintf(expected, sizeof expected,
             "%s;libpixels.so.1+0x100;libpixels.so.1+0x200 1030\n%s;0x5000;libpixels.so.1+0x200 700\n", program,
             program);
    ck_assert_str_eq(text, expected);
    free(text);
    run_free(run);
}
END_TEST

START_TEST(a_stack_that_calls_itself_or_lost_its_frames_ends)
{
    struct scene scene = scene_new();
    struct actor tool = process_with_module(&scene);
    ACT(tool, 10, frame, .frame = 1, .parent = 2, .address = BASE + 0x100);
    ACT(tool, 10, frame, .frame = 2, .parent = 1, .address = BASE + 0x200);
    came(tool, 11, 0x100000, 1000, BASE + 0x200, 2);
    came(tool, 12, 0x200000, 500, BASE + 0x300, 9);
    ACT(tool, 13, frame, .frame = 3, .parent = 8, .address = BASE + 0x400);
    came(tool, 14, 0x300000, 100, BASE + 0x400, 3);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->site_count, 3);
    ck_assert_uint_eq(run->sites[0].frame_count, SITE_FRAMES_MAX);
    ck_assert(!run->sites[1].has_stack);
    ck_assert_uint_eq(run->sites[1].frame_count, 1);
    ck_assert_ptr_null(run->sites[1].frames[0].location);
    ck_assert_uint_eq(run->sites[2].frame_count, 1);
    ck_assert_str_eq(run->sites[2].frames[0].location, "libpixels.so.1+0x400");
    run_free(run);
}
END_TEST

START_TEST(sites_are_of_the_process_that_held_most_and_know_its_image)
{
    struct scene scene = scene_new();
    struct actor small = scene_process(&scene, 100, 1, 0), large = scene_process(&scene, 200, 1, 0);
    ACT(large, 1, module, .base = BASE, .bytes = 0x10000, .path = TEXT("/nowhere/libpixels.so.1"));
    came(small, 10, 0x100000, 1000, BASE + 0x10, 0);
    act_input(large, 10, 1, "/photos/a.gif", FORMAT_GIF, 0x1000, 500);
    came(large, 14, 0x100000, 2000, BASE + 0x10, 0);
    act_output(large, 20, 2, "/photos/b.gif", FORMAT_GIF, 0x9000, 400);
    act_end(small, 100, 1, 0);
    act_end(large, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[run->blocks_peak_process].pid, 200);
    ck_assert_uint_eq(run->site_count, 1);
    ck_assert_uint_eq(run->image_count, 1);
    ck_assert_uint_eq(run->sites[0].image, 0);
    run_free(run);
}
END_TEST

START_TEST(a_forked_process_has_its_parents_modules)
{
    struct scene scene = scene_new();
    struct actor parent = process_with_module(&scene);
    struct actor child = {.scene = &scene, .pid = 101, .tid = 101};
    child.process = build_trace_process(scene.trace, 101, AT(20));
    child.stream = build_trace_stream(scene.trace, child.process);
    ACT(child, 20, thread, .start_ns = AT(20), .tid = 101, .name = TEXT("main"));
    ACT(child, 20, process, .start_ns = AT(20), .pid = 101, .ppid = 100, .forked = 1, .exe = TEXT("/usr/bin/tool"),
        .cwd = TEXT("/photos"));
    came(child, 30, 0x100000, 2000, BASE + 0x10, 0);
    act_end(child, 40, 1, 0);
    act_end(parent, 100, 1, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->site_count, 1);
    ck_assert_str_eq(run->sites[0].frames[0].location, "libpixels.so.1+0x10");
    run_free(run);
}
END_TEST

START_TEST(an_object_loaded_where_another_was_names_what_ran_then)
{
    struct scene scene = scene_new();
    struct actor tool = process_with_module(&scene);
    came(tool, 10, 0x100000, 2000, BASE + 0x10, 0);
    went(tool, 11, 0x100000, 2000);
    ACT(tool, 20, module, .base = BASE, .bytes = 0x10000, .path = TEXT("/nowhere/libother.so.2"));
    came(tool, 30, 0x100000, 1000, BASE + 0x10, 0);
    act_end(tool, 100, 1, 0);
    struct run *run = finish(&scene);
    assert_site(run, "libpixels.so.1+0x10", 2000, 1);
    run_free(run);
}
END_TEST

/* ---- names from a file: this test's own ---- */

__attribute__((noinline)) uint64_t tests_function_with_a_name(uint64_t a);
uint64_t tests_function_with_a_name(uint64_t a)
{
    __asm__ volatile("" : "+r"(a));
    return a + 1;
}

static unsigned char own_id[64];
static size_t own_id_bytes;
static uint64_t own_base;

static int read_own(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    own_base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_NOTE)
            continue;
        const char *at = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        const char *end = at + info->dlpi_phdr[i].p_memsz;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const char *value = at + sizeof *note + ((note->n_namesz + 3) & ~3u);
            if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz <= sizeof own_id)
                memcpy(own_id, value, own_id_bytes = note->n_descsz);
            at = value + ((note->n_descsz + 3) & ~3u);
        }
    }
    return 1; /* the executable comes first */
}

/* Two calls in one function, one elsewhere, as if this program had been the traced one. */
static struct run *run_of_this_program(size_t id_bytes, unsigned char flip)
{
    char exe[4096];
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe);
    ck_assert(length > 0);
    ck_assert_int_eq(dl_iterate_phdr(read_own, NULL), 1);
    unsigned char id[64];
    memcpy(id, own_id, sizeof id);
    id[0] ^= flip;
    uint64_t function = (uint64_t)(uintptr_t)tests_function_with_a_name;
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    ACT(tool, 1, module, .base = own_base, .bytes = 1 << 30, .path = {exe, (uint64_t)length},
        .build_id = {(const char *)id, id_bytes});
    came(tool, 10, 0x100000, 1000, function + 1, 0);
    came(tool, 11, 0x200000, 500, function + 2, 0);
    act_end(tool, 100, 1, 0);
    return finish(&scene);
}

START_TEST(calls_from_one_function_are_one_site_with_its_name)
{
    ck_assert_uint_eq(tests_function_with_a_name(1), 2);
    ck_assert_int_eq(dl_iterate_phdr(read_own, NULL), 1);
    struct run *run = run_of_this_program(own_id_bytes, 0);
    ck_assert_uint_eq(run->site_count, 1);
    ck_assert_str_eq(run->sites[0].frames[0].function, "tests_function_with_a_name");
    ck_assert_uint_eq(run->sites[0].bytes, 1500);
    ck_assert_uint_eq(run->note_count, 0);
    const char *location = run->sites[0].frames[0].location;
    ck_assert_msg(!location || strstr(location, "test_infer_sites.c:"), "%s", location);
    run_free(run);
}
END_TEST

START_TEST(a_file_that_is_another_build_names_nothing)
{
    ck_assert_int_eq(dl_iterate_phdr(read_own, NULL), 1);
    ck_assert_uint_gt(own_id_bytes, 0);
    static const struct {
        size_t bytes_less;
        unsigned char flip;
    } wrong[] = {{0, 1}, {1, 0}};
    for (size_t i = 0; i < 2; i++) {
        struct run *run = run_of_this_program(own_id_bytes - wrong[i].bytes_less, wrong[i].flip);
        ck_assert_uint_eq(run->site_count, 2);
        ck_assert_ptr_null(run->sites[0].frames[0].function);
        ck_assert_msg(strstr(run->sites[0].frames[0].location, "test_infer_sites+0x"), "%s",
                      run->sites[0].frames[0].location);
        ck_assert_uint_eq(run->note_count, 1);
        ck_assert_msg(strstr(run->notes[0], "is not the file that ran"), "%s", run->notes[0]);
        run_free(run);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_sites");
    TCase *tests = tcase_create("sites");
    tcase_add_test(tests, each_site_has_what_it_held_at_the_peak_and_not_before_or_after);
    tcase_add_test(tests, a_block_whose_release_was_lost_is_counted_once);
    tcase_add_test(tests, stacks_with_one_innermost_frame_and_other_callers_are_sites_of_their_own);
    tcase_add_test(tests, a_stack_that_calls_itself_or_lost_its_frames_ends);
    tcase_add_test(tests, sites_are_of_the_process_that_held_most_and_know_its_image);
    tcase_add_test(tests, a_forked_process_has_its_parents_modules);
    tcase_add_test(tests, an_object_loaded_where_another_was_names_what_ran_then);
    tcase_add_test(tests, calls_from_one_function_are_one_site_with_its_name);
    tcase_add_test(tests, a_file_that_is_another_build_names_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
