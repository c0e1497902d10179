/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/headers/parsed_head.h: what was written is read, and nothing that is not there.
 * Must not know: formats' layouts. */
#include <math.h>
#include <string.h>

#include "analyzer/headers/parsed_head.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/headers/image_header.h"

static const char end[PARSED_HEAD_END + 1] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static char head[PARSED_HEAD_BYTES];

/* Every fact that there is, each with a value of its own. */
static struct image_facts all_facts(void)
{
    struct image_facts facts = {.format = FORMAT_WEBP};
    int value = 0;
#define IMAGE_FACT_INTEGER(type, name) facts.name = ++value;
#define IMAGE_FACT_REAL(name)          facts.name = ++value + 1.0 / 3;
#include "analyzer/headers/facts/image_facts.def"
    return facts;
}

static void same(const struct image_facts *a, const struct image_facts *b)
{
    ck_assert_int_eq(a->format, b->format);
#define IMAGE_FACT_INTEGER(type, name) ck_assert_msg(a->name == b->name, #name);
#define IMAGE_FACT_REAL(name)          ck_assert_msg(a->name == b->name || (isnan(a->name) && isnan(b->name)), #name);
#include "analyzer/headers/facts/image_facts.def"
}

START_TEST(every_fact_is_read_as_it_was_written)
{
    struct image_facts facts = all_facts(), got;
    parsed_head_write(head, &facts, end);
    ck_assert(image_header_parse(head, sizeof head, &got));
    same(&got, &facts);
    ck_assert_mem_eq(head + sizeof head - PARSED_HEAD_END, end, PARSED_HEAD_END);
}
END_TEST

START_TEST(the_longest_facts_fit)
{
    struct image_facts facts = all_facts(), got;
#define IMAGE_FACT_INTEGER(type, name) facts.name = sizeof(type) == 8 ? (type)INT64_MAX : INT32_MAX;
#define IMAGE_FACT_REAL(name)          facts.name = -1.2345678901234567e-300;
#include "analyzer/headers/facts/image_facts.def"
    parsed_head_write(head, &facts, end);
    ck_assert(image_header_parse(head, sizeof head, &got));
    same(&got, &facts);
}
END_TEST

START_TEST(what_is_unknown_stays_unknown)
{
    struct image_facts facts = image_facts_unknown, got;
    parsed_head_write(head, &facts, end);
    ck_assert(!image_header_parse(head, sizeof head, &got));
    same(&got, &image_facts_unknown);
    facts.format = FORMAT_GIF;
    parsed_head_write(head, &facts, end);
    ck_assert(image_header_parse(head, sizeof head, &got));
    same(&got, &facts);
}
END_TEST

/* Another text in front of the end. */
static bool parse(const char *text, struct image_facts *facts)
{
    parsed_head_write(head, &image_facts_unknown, end);
    memcpy(head + 16, text, strlen(text));
    return image_header_parse(head, sizeof head, facts);
}

START_TEST(no_line_is_trusted)
{
    struct image_facts got, gif = image_facts_unknown;
    gif.format = FORMAT_GIF;
    ck_assert(!parse("format nonsense\nwidth 3\n", &got));
    same(&got, &image_facts_unknown);
    ck_assert(
        parse("format gif\nwidth -7\ndepth 99999999999\nquality inf\nquality_rmse nan\nother 1\n\n \nframes", &got));
    same(&got, &gif);
    ck_assert(!image_header_parse(head, sizeof head - 1, &got));
    memset(head, 'x', 16);
    ck_assert(!image_header_parse(head, sizeof head, &got));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parsed_head");
    TCase *tests = tcase_create("parsed_head");
    tcase_add_test(tests, every_fact_is_read_as_it_was_written);
    tcase_add_test(tests, the_longest_facts_fit);
    tcase_add_test(tests, what_is_unknown_stays_unknown);
    tcase_add_test(tests, no_line_is_trusted);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
