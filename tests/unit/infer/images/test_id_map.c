/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/infer/state/id_map.h, against an array of all numbers as the naive model.
 * Must not know: how the map is laid out. */
#include "analyzer/infer/state/id_map.h"

#include <stdlib.h>
#include <time.h>

#include "tests/unit/parts/suite.h"

enum { NUMBERS = 512, STEPS = 40000 };

static char values[NUMBERS];

/* A number from the trace for a small index: dense, at the end of the range, or equal in the low bits. */
static uint32_t number_of(unsigned index, unsigned pattern)
{
    return pattern == 0 ? index + 1 : pattern == 1 ? UINT32_MAX - index : (index + 1) << 22;
}

static uint64_t random_state = 1;
static uint32_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1;
    return (uint32_t)(random_state >> 33);
}

static size_t count_values(const struct id_map *map)
{
    size_t count = 0, at = 0;
    while (id_map_next(map, &at))
        count++;
    return count;
}

START_TEST(an_empty_map_has_no_number_and_nothing_to_walk)
{
    struct id_map map = {NULL, 0, 0};
    size_t at = 0;
    ck_assert_ptr_null(id_map_get(&map, 1));
    ck_assert_ptr_null(id_map_next(&map, &at));
    id_map_remove(&map, 1);
    id_map_release(&map);
}
END_TEST

START_TEST(number_0_is_never_stored)
{
    struct id_map map = {NULL, 0, 0};
    id_map_put(&map, 0, values);
    ck_assert_ptr_null(id_map_get(&map, 0));
    id_map_put(&map, 3, values);
    id_map_put(&map, 0, values);
    id_map_remove(&map, 0);
    ck_assert_ptr_null(id_map_get(&map, 0));
    ck_assert_uint_eq(count_values(&map), 1);
    id_map_release(&map);
}
END_TEST

START_TEST(a_second_value_of_a_number_replaces_the_first)
{
    struct id_map map = {NULL, 0, 0};
    id_map_put(&map, 7, &values[0]);
    id_map_put(&map, 7, &values[1]);
    ck_assert_ptr_eq(id_map_get(&map, 7), &values[1]);
    ck_assert_uint_eq(map.count, 1);
    id_map_release(&map);
}
END_TEST

START_TEST(random_puts_and_removals_agree_with_an_array)
{
    for (unsigned pattern = 0; pattern < 3; pattern++) {
        struct id_map map = {NULL, 0, 0};
        char *model[NUMBERS] = {NULL};
        size_t count = 0;
        for (unsigned step = 0; step < STEPS; step++) {
            unsigned i = next_random() % NUMBERS, what = next_random() % 3;
            if (what == 0) {
                count += !model[i];
                model[i] = &values[next_random() % NUMBERS];
                id_map_put(&map, number_of(i, pattern), model[i]);
            } else if (what == 1) {
                count -= model[i] != NULL;
                model[i] = NULL;
                id_map_remove(&map, number_of(i, pattern));
            }
            ck_assert_ptr_eq(id_map_get(&map, number_of(i, pattern)), model[i]);
            ck_assert_uint_eq(map.count, count);
        }
        ck_assert_uint_eq(count_values(&map), count);
        for (unsigned i = 0; i < NUMBERS; i++)
            ck_assert_ptr_eq(id_map_get(&map, number_of(i, pattern)), model[i]);
        id_map_release(&map);
    }
}
END_TEST

START_TEST(size_follows_what_is_in_it_and_not_the_numbers)
{
    struct id_map map = {NULL, 0, 0};
    id_map_put(&map, UINT32_MAX, values);
    id_map_put(&map, UINT32_C(1) << 31, values);
    ck_assert_uint_le(map.capacity, 16);
    for (uint32_t i = 0; i < 100000; i++) { /* one comes, one goes */
        id_map_put(&map, i + 1, values);
        id_map_remove(&map, i + 1);
    }
    ck_assert_uint_le(map.capacity, 16);
    id_map_release(&map);
}
END_TEST

START_TEST(numbers_with_equal_low_bits_cost_no_more_than_others)
{
    struct id_map map = {NULL, 0, 0};
    clock_t start = clock();
    for (uint32_t i = 1; i <= 60000; i++)
        id_map_put(&map, i << 16, values);
    for (uint32_t i = 1; i <= 60000; i++)
        ck_assert_ptr_eq(id_map_get(&map, i << 16), values);
    ck_assert_msg((double)(clock() - start) / CLOCKS_PER_SEC < 1, "quadratic");
    id_map_release(&map);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("id_map");
    TCase *tests = tcase_create("id_map");
    tcase_add_test(tests, an_empty_map_has_no_number_and_nothing_to_walk);
    tcase_add_test(tests, number_0_is_never_stored);
    tcase_add_test(tests, a_second_value_of_a_number_replaces_the_first);
    tcase_add_test(tests, random_puts_and_removals_agree_with_an_array);
    tcase_add_test(tests, size_follows_what_is_in_it_and_not_the_numbers);
    tcase_add_test(tests, numbers_with_equal_low_bits_cost_no_more_than_others);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
