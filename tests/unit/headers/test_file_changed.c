/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/base/file_changed.h.
 * Must not know: who compares the number with what. */
#include "analyzer/base/file_changed.h"
#include "tests/unit/parts/suite.h"

START_TEST(seconds_and_nanoseconds_are_one_number)
{
    struct stat status = {.st_mtim = {1700000000, 123456789}};
    ck_assert_uint_eq(file_changed_ns(&status), UINT64_C(1700000000123456789));
    status.st_mtim = (struct timespec){0, 0};
    ck_assert_uint_eq(file_changed_ns(&status), 0);
}
END_TEST

START_TEST(before_1970_is_not_known)
{
    struct stat status = {.st_mtim = {-1, 999999999}};
    ck_assert_uint_eq(file_changed_ns(&status), FILE_CHANGED_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_changed");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, seconds_and_nanoseconds_are_one_number);
    tcase_add_test(tests, before_1970_is_not_known);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
