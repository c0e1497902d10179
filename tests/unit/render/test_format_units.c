/* SPDX-License-Identifier: MIT
 * Owns: claims about how figures and foreign text are written.
 * Must not know: reports. */
#include "analyzer/render/format_units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parts/suite.h"
#include "analyzer/render/format_text.h"

START_TEST(durations_are_seconds_with_two_decimals)
{
    ck_assert_str_eq(format_duration(0.45).text, "0.45s");
    ck_assert_str_eq(format_duration(12.34).text, "12.34s");
    ck_assert_str_eq(format_duration(3725.5).text, "3725.50s");
    ck_assert_str_eq(format_duration(0).text, "0.00s");
    ck_assert_str_eq(format_duration(0.005).text, "0.01s");
}
END_TEST

START_TEST(durations_that_would_read_zero_are_milliseconds_or_microseconds)
{
    ck_assert_str_eq(format_duration(0.0018).text, "1.8 ms");
    ck_assert_str_eq(format_duration(0.00012).text, "0.12 ms");
    ck_assert_str_eq(format_duration(0.0000123).text, "12 us");
}
END_TEST

START_TEST(sizes_are_decimal_with_three_digits)
{
    ck_assert_str_eq(format_bytes(0).text, "0 B");
    ck_assert_str_eq(format_bytes(64).text, "64 B");
    ck_assert_str_eq(format_bytes(999).text, "999 B");
    ck_assert_str_eq(format_bytes(1000).text, "1.00 kB");
    ck_assert_str_eq(format_bytes(812000).text, "812 kB");
    ck_assert_str_eq(format_bytes(999499).text, "999 kB");
    ck_assert_str_eq(format_bytes(999500).text, "1.00 MB");
    ck_assert_str_eq(format_bytes(9995000).text, "10.0 MB");
    ck_assert_str_eq(format_bytes(45600000).text, "45.6 MB");
    ck_assert_str_eq(format_bytes(256e6).text, "256 MB");
    ck_assert_str_eq(format_bytes(1.8e19).text, "18.0 EB");
    ck_assert_str_eq(format_bytes(-560000).text, "-560 kB");
}
END_TEST

START_TEST(unknown_is_never_a_number)
{
    ck_assert_str_eq(format_duration(NAN).text, "n/a");
    ck_assert_str_eq(format_bytes(format_known(UNKNOWN)).text, "n/a");
    ck_assert_str_eq(format_percent(NAN).text, "n/a");
    ck_assert_str_eq(format_percent(INFINITY).text, "n/a");
    ck_assert_str_eq(format_change(NAN, true).text, "n/a");
    ck_assert_str_eq(format_count(UNKNOWN).text, "n/a");
}
END_TEST

START_TEST(changes_carry_their_sign)
{
    ck_assert_str_eq(format_change(0.68, false).text, "\u221232.0%");
    ck_assert_str_eq(format_change(0.68, true).text, "-32.0%");
    ck_assert_str_eq(format_change(1.031, true).text, "+3.1%");
    ck_assert_str_eq(format_change(1, true).text, "0.0%");
    ck_assert_str_eq(format_change(0.9999, true).text, "0.0%");
}
END_TEST

START_TEST(counts_have_thousands_separators)
{
    ck_assert_str_eq(format_count(0).text, "0");
    ck_assert_str_eq(format_count(999).text, "999");
    ck_assert_str_eq(format_count(3214).text, "3,214");
    ck_assert_str_eq(format_count(1234567).text, "1,234,567");
    ck_assert_str_eq(format_count(UINT64_MAX - 1).text, "18,446,744,073,709,551,614");
}
END_TEST

START_TEST(every_setting_has_a_name)
{
    for (int key = 1; key < SETTING_COUNT; key++)
        ck_assert_ptr_nonnull(format_setting((enum setting_key)key));
    ck_assert_ptr_null(format_setting(SETTING_NONE));
}
END_TEST

static void assert_text(const char *text, bool ascii, const char *expected)
{
    char *written = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&written, &bytes);
    ck_assert_ptr_nonnull(out);
    format_text(out, text, ascii);
    fclose(out);
    ck_assert_str_eq(written, expected);
    free(written);
}

START_TEST(text_cannot_command_the_terminal)
{
    assert_text("a b.png", false, "a b.png");
    assert_text("x\x1b[2Jy\n\t\r\x7f", false, "x\\x1b[2Jy\\n\\t\\r\\x7f");
    assert_text("\xc2\x9b"
                "31m",
                false, "\\u{9b}31m");                          /* C1: an escape sequence in one character */
    assert_text("a\u202egnp.exe", false, "a\\u{202e}gnp.exe"); /* turns the rest of the line round */
    assert_text(NULL, false, "?");
}
END_TEST

START_TEST(text_that_is_not_utf8_is_escaped)
{
    assert_text("caf\u00e9", false, "caf\u00e9");
    assert_text("caf\u00e9", true, "caf\\u{e9}");
    assert_text("caf\xe9.png", false, "caf\\xe9.png");              /* Latin-1 */
    assert_text("\xc0\xaf", false, "\\xc0\\xaf");                   /* overlong */
    assert_text("\xed\xa0\x80", false, "\\xed\\xa0\\x80");          /* surrogate */
    assert_text("\xf4\x90\x80\x80", false, "\\xf4\\x90\\x80\\x80"); /* beyond Unicode */
    assert_text("\xe2\x82", false, "\\xe2\\x82");                   /* cut off */
    assert_text("\U0001f600", false, "\U0001f600");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format_units");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, durations_are_seconds_with_two_decimals);
    tcase_add_test(tests, durations_that_would_read_zero_are_milliseconds_or_microseconds);
    tcase_add_test(tests, sizes_are_decimal_with_three_digits);
    tcase_add_test(tests, unknown_is_never_a_number);
    tcase_add_test(tests, changes_carry_their_sign);
    tcase_add_test(tests, counts_have_thousands_separators);
    tcase_add_test(tests, every_setting_has_a_name);
    tcase_add_test(tests, text_cannot_command_the_terminal);
    tcase_add_test(tests, text_that_is_not_utf8_is_escaped);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
