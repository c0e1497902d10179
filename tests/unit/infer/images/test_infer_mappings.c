/* SPDX-License-Identifier: MIT
 * Owns: the claims about anonymous memory, allocators and allocations by size.
 * Must not know: images. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"

#define SLACK 0.2 /* s; see test_infer_hostile.c */
#define RW    (PROT_READ | PROT_WRITE)

static struct run *finish(struct scene *scene)
{
    struct run *run = scene_run(scene);
    scene_free(scene);
    return run;
}

static void map(struct actor actor, double ms, enum trace_map_op op, uint64_t address, uint64_t bytes, int protection)
{
    ACT(actor, ms, map, .address = address, .bytes = bytes, .op = op, .protection = (uint8_t)protection);
}

START_TEST(peak_is_the_highest_sum_that_was_mapped_at_once)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), other = scene_process(&scene, 101, 1, 0);
    map(tool, 1, trace_map_op_MAP, 0x100000, 0x40000, RW);
    map(tool, 2, trace_map_op_MAP, 0x200000, 0x40000, RW);
    map(tool, 3, trace_map_op_UNMAP, 0x110000, 0x10000, 0); /* cuts a hole */
    map(tool, 4, trace_map_op_UNMAP, 0x0f0000, 0x14000, 0); /* the rest before the hole, but for its end */
    map(tool, 5, trace_map_op_MAP, 0x300000, 0x20000, RW);  /* 0xc000 + 0x20000 + 0x40000 + 0x20000 */
    map(tool, 6, trace_map_op_MAP, 0x208000, 0x8000, RW);   /* MAP_FIXED over some of it: no more than before */
    map(tool, 7, trace_map_op_UNMAP, 0, UINT64_MAX, 0);
    map(tool, 8, trace_map_op_MAP, 0x100000, 0x80000, RW);
    map(other, 8, trace_map_op_MAP, 0x100000, 0x1000, RW); /* another address space */
    ACT(tool, 9, map, .address = 0x900000, .bytes = 1 << 30, .op = trace_map_op_MAP, .protection = RW, .error = 12);
    act_end(other, 10, 0, 0);
    act_end(tool, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].anonymous_peak_bytes, 0xc000 + 0x20000 + 0x40000 + 0x20000);
    ck_assert_uint_eq(run->processes[0].reserved_peak_bytes, 0);
    ck_assert_uint_eq(run->processes[1].anonymous_peak_bytes, 0x1000);
    run_free(run);
}
END_TEST

START_TEST(memory_without_access_is_reserved_until_something_is_mapped_there)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    map(tool, 1, trace_map_op_MAP, 0x10000000, 0x4000000, PROT_NONE);
    map(tool, 2, trace_map_op_MAP, 0x10000000, 0x100000, RW);
    map(tool, 3, trace_map_op_MAP, 0x20000000, 0x4000000 - 0x100000, PROT_NONE);
    act_end(tool, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].anonymous_peak_bytes, 0x100000);
    ck_assert_uint_eq(run->processes[0].reserved_peak_bytes, 2 * (0x4000000 - 0x100000));
    run_free(run);
}
END_TEST

START_TEST(files_take_the_place_of_anonymous_memory_and_are_none)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    map(tool, 1, trace_map_op_MAP, 0x100000, 0x40000, RW);
    ACT(tool, 2, map, .address = 0x100000, .bytes = 0x30000, .file = 7, .op = trace_map_op_MAP, .protection = RW);
    map(tool, 3, trace_map_op_MAP, 0x200000, 0x20000, RW);
    act_end(tool, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].anonymous_peak_bytes, 0x40000); /* then 0x10000 + 0x20000 */
    run_free(run);
}
END_TEST

START_TEST(mremap_moves_what_its_unmap_removed)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    struct actor helper = scene_thread(tool, 101, 0);
    map(tool, 1, trace_map_op_MAP, 0x100000, 0x40000, RW);
    map(tool, 2, trace_map_op_UNMAP, 0x100000, 0x40000, 0);
    map(helper, 2, trace_map_op_UNMAP, 0x900000, 0x1000, 0); /* says nothing of the other thread's */
    map(tool, 2, trace_map_op_MOVE, 0x400000, 0x60000, 0);   /* it grew */
    map(tool, 3, trace_map_op_MAP, 0x800000, 0x1000000, PROT_NONE);
    map(tool, 4, trace_map_op_UNMAP, 0x800000, 0x1000000, 0);
    map(tool, 4, trace_map_op_MOVE, 0x8000000, 0x2000000, 0);
    ACT(tool, 5, map, .address = 0x700000, .bytes = 0x10000, .file = 7, .op = trace_map_op_MAP, .protection = RW);
    map(tool, 6, trace_map_op_UNMAP, 0x700000, 0x10000, 0);
    map(tool, 6, trace_map_op_MOVE, 0x20000000, 0x90000000, 0); /* a file's, though it does not say so */
    map(tool, 7, trace_map_op_UNMAP, 0x30000, 0x1000, 0);       /* not known: it was small */
    map(tool, 7, trace_map_op_MOVE, 0x40000, 0x20000, 0);
    act_end(tool, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->processes[0].anonymous_peak_bytes, 0x60000 + 0x20000);
    ck_assert_uint_eq(run->processes[0].reserved_peak_bytes, 0x2000000);
    run_free(run);
}
END_TEST

/* The same calls on a model that knows each page. */
START_TEST(any_sequence_of_calls_gives_what_single_pages_give)
{
    enum { PAGES = 96, CALLS = 4000 };
    for (uint32_t seed = 1; seed <= 8; seed++) {
        struct scene scene = scene_new();
        struct actor tool = scene_process(&scene, 100, 1, 0);
        char pages[PAGES] = {0};
        uint64_t peak[2] = {0, 0};
        uint32_t random = seed * 7919;
        for (unsigned i = 0; i < CALLS; i++) {
            random = random * 1664525 + 1013904223;
            unsigned first = (random >> 8) % PAGES, what = (random >> 16) % 4;
            unsigned count = 1 + (random >> 20) % (PAGES - first < 40 ? PAGES - first : 40);
            if (what < 2)
                map(tool, 1 + i, trace_map_op_UNMAP, first * 4096, count * 4096, 0);
            else
                map(tool, 1 + i, trace_map_op_MAP, first * 4096, count * 4096, what == 2 ? RW : PROT_NONE);
            memset(pages + first, what < 2 ? 0 : (int)what, count);
            uint64_t live[2] = {0, 0};
            for (unsigned k = 0; k < PAGES; k++)
                if (pages[k])
                    live[pages[k] - 2] += 4096;
            for (unsigned k = 0; k < 2; k++)
                peak[k] = live[k] > peak[k] ? live[k] : peak[k];
        }
        act_end(tool, CALLS + 2, 0, 0);
        struct run *run = finish(&scene);
        ck_assert_uint_eq(run->processes[0].anonymous_peak_bytes, peak[0]);
        ck_assert_uint_eq(run->processes[0].reserved_peak_bytes, peak[1]);
        run_free(run);
    }
}
END_TEST

START_TEST(ranges_from_the_ends_of_the_address_space_do_no_harm)
{
    static const uint64_t ends[] = {0, 1, 4096, UINT64_C(1) << 57, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
    enum { ENDS = sizeof ends / sizeof *ends };
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (unsigned i = 0; i < ENDS * ENDS * 4; i++)
        map(tool, 1 + i, (enum trace_map_op)(i / (ENDS * ENDS)), ends[i % ENDS], ends[i / ENDS % ENDS],
            i % 3 ? RW : PROT_NONE);
    act_end(tool, 1000, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_le(run->processes[0].anonymous_peak_bytes, UINT64_C(1) << 57);
    ck_assert_uint_gt(run->processes[0].anonymous_peak_bytes, UINT64_C(1) << 56);
    run_free(run);
}
END_TEST

/* Ascending addresses with gaps, each cut in two; then all of it at once. */
static double many_mappings(unsigned count)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    for (unsigned i = 0; i < count; i++) {
        map(tool, 1 + i * 0.01, trace_map_op_MAP, (i + 1) * UINT64_C(0x10000), 0x3000, RW);
        map(tool, 1 + i * 0.01, trace_map_op_UNMAP, (i + 1) * UINT64_C(0x10000) + 0x1000, 0x1000, 0);
        if (i % 500 == 499)
            build_trace_cut(scene.trace, tool.stream);
    }
    map(tool, 5000, trace_map_op_UNMAP, 0, UINT64_MAX, 0);
    act_end(tool, 6000, 0, 0);
    clock_t start = clock();
    struct run *run = finish(&scene);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    fprintf(stderr, "%u mappings: %.2f s\n", count, seconds);
    ck_assert_uint_eq(run->processes[0].anonymous_peak_bytes, (uint64_t)(count - 1) * 0x2000 + 0x3000);
    run_free(run);
    return seconds;
}

START_TEST(two_hundred_thousand_mappings_take_linear_time)
{
    double quarter = many_mappings(50000), whole = many_mappings(200000);
    ck_assert_msg(whole < SLACK + 8 * quarter, "%g s and %g s", quarter, whole);
}
END_TEST

START_TEST(allocator_speaks_for_the_moment_when_it_held_most)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0), other = scene_process(&scene, 101, 1, 0);
    ACT(tool, 10, allocator, .allocated = 10, .active = 20, .resident = 300, .retained = 40);
    ACT(other, 20, allocator, .allocated = 1, .active = 2, .resident = 400, .retained = 4);
    ACT(other, 30, allocator, .allocated = 9, .active = 9, .resident = 399, .retained = UINT64_MAX);
    act_end(other, 40, 0, 0);
    act_end(tool, 40, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->allocator.process, 1);
    ck_assert_uint_eq(run->allocator.allocated_bytes, 1);
    ck_assert_uint_eq(run->allocator.active_bytes, 2);
    ck_assert_uint_eq(run->allocator.resident_bytes, 400);
    ck_assert_uint_eq(run->allocator.retained_bytes, 4);
    run_free(run);
    scene = scene_new();
    act_end(scene_process(&scene, 100, 1, 0), 10, 0, 0);
    run = finish(&scene);
    ck_assert_uint_eq(run->allocator.process, NO_ID);
    ck_assert_uint_eq(run->heap_sizes.count, 0);
    run_free(run);
}
END_TEST

START_TEST(the_file_of_malloc_names_the_allocator)
{
    struct scene scene = scene_new();
    struct actor plain = scene_process(&scene, 100, 1, 0); /* says nothing: a module's name has to do */
    ACT(plain, 1, module, .path = TEXT("/usr/lib/libtcmalloc.so.4"), .build_id = TEXT(""));
    struct actor named = {.scene = &scene, .pid = 101, .tid = 101};
    named.process = build_trace_process(scene.trace, 101, AT(0));
    named.stream = build_trace_stream(scene.trace, named.process);
    ACT(named, 0, process, .start_ns = AT(0), .pid = 101, .ppid = 1, .exe = TEXT("/usr/bin/tool"),
        .allocator = TEXT("/usr/lib/libjemalloc.so.2"));
    ACT(named, 1, module, .path = TEXT("/usr/lib/libtcmalloc.so.4"), .build_id = TEXT(""));
    act_end(plain, 10, 0, 0);
    act_end(named, 10, 0, 0);
    struct run *run = finish(&scene);
    ck_assert_str_eq(run->processes[0].allocator, "libtcmalloc.so.4");
    ck_assert_str_eq(run->processes[1].allocator, "libjemalloc.so.2");
    run_free(run);
}
END_TEST

START_TEST(allocations_by_size_add_up_over_processes)
{
    static const char sizes[] = "\1\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff";
    struct scene scene = scene_new();
    for (uint32_t i = 0; i < 2; i++) {
        struct actor tool = scene_process(&scene, 100 + i, 1, 0);
        ACT(tool, 5, heap_sizes, .calls = {sizes, 24});
        ACT(tool, 6, heap_sizes, .calls = {sizes, 16}); /* other classes */
        ACT(tool, 6, heap_sizes, .calls = {sizes, 7});
        act_end(tool, 10, 0, 0);
    }
    struct run *run = finish(&scene);
    ck_assert_uint_eq(run->heap_sizes.count, 3);
    ck_assert_uint_eq(run->heap_sizes.calls[0], 2);
    ck_assert_uint_eq(run->heap_sizes.calls[1], 512);
    ck_assert_uint_eq(run->heap_sizes.calls[2], UINT64_C(1) << 45); /* no process makes so many: cut down */
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("infer_mappings");
    TCase *tests = tcase_create("mappings");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, peak_is_the_highest_sum_that_was_mapped_at_once);
    tcase_add_test(tests, memory_without_access_is_reserved_until_something_is_mapped_there);
    tcase_add_test(tests, files_take_the_place_of_anonymous_memory_and_are_none);
    tcase_add_test(tests, mremap_moves_what_its_unmap_removed);
    tcase_add_test(tests, any_sequence_of_calls_gives_what_single_pages_give);
    tcase_add_test(tests, ranges_from_the_ends_of_the_address_space_do_no_harm);
    tcase_add_test(tests, two_hundred_thousand_mappings_take_linear_time);
    tcase_add_test(tests, allocator_speaks_for_the_moment_when_it_held_most);
    tcase_add_test(tests, the_file_of_malloc_names_the_allocator);
    tcase_add_test(tests, allocations_by_size_add_up_over_processes);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
