/* SPDX-License-Identifier: MIT
 * Owns: the list of values and how they are written, tests/golden/units.tsv, which the HTML page's units.js is held to
 * as well (tests/browser/units.test.mjs). Must not know: figures, reports. */
#include "analyzer/render/format_units.h"

#include <inttypes.h>
#include <math.h>

#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"

static void line(FILE *out, const char *kind, double value, const char *text)
{
    fprintf(out, "%s\t%.17g\t%s\n", kind, value, text);
}

static void all(FILE *out, double value)
{
    line(out, "duration", value, format_duration(value).text);
    line(out, "bytes", value, format_bytes(value).text);
    line(out, "percent", value, format_percent(value).text);
    line(out, "change", value, format_change(value, false).text);
    line(out, "number", value, format_number(value).text);
    if (value >= 0 && value < 9e15 && value == floor(value))
        line(out, "count", value, format_count((uint64_t)value).text);
}

START_TEST(values_are_written_as_in_the_golden_list)
{
    static const double edges[] = {0,       1,         9.995,    9.9949,    9.9951,   99.95,   99.949, 999.5,
                                   999.499, 0.005,     0.004999, 0.0000995, 0.000995, 0.00995, 0.0995, 0.995,
                                   0.125,   0.375,     0.0625,   2.5,       0.15,     0.25,    0.35,   1.0005,
                                   1.005,   0.9995,    0.99949,  1.00049,   1234.5,   1e6,     999999, 1000000,
                                   1e15,    123456789, 1e21,     3e22,      5e-324,   1e-9,    2e-6,   0.5};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        all(out, edges[i]);
        all(out, -edges[i]);
    }
    /* Multiplicative steps hit every unit; eighths and sixteenths are exact ties of binary numbers. */
    for (double value = 1e-9; value < 1e19; value *= 1.37)
        all(out, value);
    for (int i = 1; i < 400; i += 2)
        all(out, i / 16.0);
    fclose(out);
    golden_compare("units.tsv", text);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format_golden");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, values_are_written_as_in_the_golden_list);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
