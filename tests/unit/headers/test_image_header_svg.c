/* SPDX-License-Identifier: MIT
 * Owns: tests of the SVG parser: what stands before the root element, and which size the root element gives.
 * Must not know: how the parser works. */
#include "analyzer/headers/image_header.h"
#include "tests/unit/parts/suite.h"

#include <stdlib.h>
#include <string.h>

static void expect(const char *text, int64_t width, int64_t height)
{
    struct image_facts facts;
    ck_assert_msg(image_header_parse(text, strlen(text), &facts), "unknown: %s", text);
    ck_assert_msg(facts.format == FORMAT_SVG && facts.width == width && facts.height == height, "%s %lldx%lld: %s",
                  format_key(facts.format), (long long)facts.width, (long long)facts.height, text);
    ck_assert_int_eq(facts.exif, 0);
}

static void expect_none(const char *text)
{
    struct image_facts facts;
    ck_assert_msg(!image_header_parse(text, strlen(text), &facts), "taken for %s: %s", format_key(facts.format), text);
}

START_TEST(root_element_is_found_behind_prologs)
{
    expect("<svg width=\"20\" height=\"10\"/>", 20, 10);
    expect("\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg width='20' height='10'>", 20, 10);
    expect("\n <!-- > <svg> --><svg height=\"10px\"\n\twidth=\"20px\" >", 20, 10);
    expect("<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"a>b\" [\n<!ENTITY ns \"x]>\"> "
           "<!-- ]> "
           "-->]>\n<svg xmlns=\"&ns;\" width=\"20\" height=\"10\">",
           20, 10);
    expect("<svg:svg xmlns:svg=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\">", 20, 10);
    expect(
        "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"a.css\"?>\n<svg xmlns=\"x\" data-width=\"3\" width = \"20\" "
        "height=\"10\">",
        20, 10);
}
END_TEST

START_TEST(size_follows_units_and_view_box)
{
    expect("<svg width=\"1in\" height=\"25.4mm\">", 96, 96);
    expect("<svg width=\"72pt\" height=\"6pc\">", 96, 96);
    expect("<svg width=\"2.54cm\" height=\"1e2\">", 96, 100);
    expect("<svg width=\"10.2\" height=\"9.5\">", 11, 10);
    expect("<svg viewBox=\"0 0 40 30\">", 40, 30);
    expect("<svg viewBox=\"-5,-5,40.0,30.0\" width=\"100%\" height=\"100%\">", 40, 30);
    expect("<svg viewBox=\"0 0 40 30\" width=\"80\">", 80, 60);
    expect("<svg width=\"5em\" height=\"0\">", -1, -1);
    expect("<svg>", -1, -1);
    expect("<svg viewBox=\"0 0 40\" width=\"\" height=\"nan\">", -1, -1);
}
END_TEST

START_TEST(what_is_cut_off_says_only_what_was_there)
{
    expect("<svg width=\"20\" height=\"10\" ", -1, -1); /* a viewBox, or another size, may follow */
    expect("<svg width=\"20\" height=\"1", -1, -1);
    expect("<!DOCTYPE svg PUBLIC \"-//W3C//DTD", -1, -1);
}
END_TEST

START_TEST(other_documents_are_none)
{
    expect_none("<?xml version=\"1.0\"?><html><svg width=\"20\" height=\"10\"></svg></html>");
    expect_none("<!DOCTYPE html><svg width=\"1\" height=\"1\">");
    expect_none("<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig>");
    expect_none("<svgx width=\"1\">");
    expect_none("<a:svgx width=\"1\">");
    expect_none("<");
    expect_none("<!-- svg <svg>");
    expect_none("svg <svg>");
    expect_none("<?xml <svg>");
}
END_TEST

START_TEST(long_nonsense_ends)
{
    size_t bytes = 1 << 18;
    char *text = malloc(bytes);
    struct image_facts facts;
    ck_assert_ptr_nonnull(text);
    static const char *const begins[] = {"<!--",     "<!DOCTYPE svg ",    "<?",
                                         "<svg a='", "<svg width='1e1e1", "<svg viewBox='"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        for (const char *fill = "<[\"e1 -a'>"; *fill; fill++) {
            memset(text, *fill, bytes);
            memcpy(text, begins[i], strlen(begins[i]));
            image_header_parse(text, bytes, &facts);
            ck_assert_int_eq(facts.width, -1);
        }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image_header_svg");
    TCase *tests = tcase_create("svg");
    tcase_add_test(tests, root_element_is_found_behind_prologs);
    tcase_add_test(tests, size_follows_units_and_view_box);
    tcase_add_test(tests, what_is_cut_off_says_only_what_was_there);
    tcase_add_test(tests, other_documents_are_none);
    tcase_add_test(tests, long_nonsense_ends);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
