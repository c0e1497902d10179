/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/anonymize/: what is unknown is hashed, what is known stays, and what belongs together
 * still does. That figures are the same and no secret is left is tests/integration/export/anonymize.sh.
 * Must not know: which hash it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/anonymize/anonymize.h"
#include "analyzer/headers/parsed_head.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/headers/image_header.h"

static struct names names;
static struct name_text text;

static void begin(void)
{
    ck_assert(names_init(&names));
}

static void end(void)
{
    names_release(&names);
}

typedef void make(const struct names *names, const char *in, size_t bytes, struct name_text *text);

/* The result, terminated; valid until the sixth call after it. */
static const char *made(make *how, const char *in)
{
    static char results[6][TRACE_TEXT_MAX + 1];
    static unsigned next;
    char *result = results[next++ % 6];
    text.bytes = 0;
    how(&names, in, strlen(in), &text);
    memcpy(result, text.data, text.bytes);
    result[text.bytes] = '\0';
    return result;
}

/* '*' in the pattern stands for a hash. */
static bool is_like(const char *is, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            if (strspn(is, "0123456789abcdef") < 12)
                return false;
            is += 12;
        } else if (*is++ != *pattern) {
            return false;
        }
    }
    return !*is;
}

static const char *const paths[][2] = {
    {"", ""},
    {"/", "/"},
    {".", "."},
    {"..", ".."},
    {"...", "*"},
    {"a", "*"},
    {"/home/anna/b.jpg", "/home/*/*.jpg"},
    {"../x.PNG.tmp", "../*.PNG.tmp"},
    {"/usr/lib//./x/", "/usr/lib//./*/"},
    {".jpg", "*"},
    {".jpg.png", "*.png"},
    {"a.secret", "*"},
    {"a.b c.jpg", "*.jpg"},
    {"pipe:[123]", "pipe:[123]"},
    {"socket:[9]", "socket:[9]"},
    {"anon_inode:[eventpoll]", "anon_inode:[eventpoll]"},
    {"anon_inode:[io_uring]", "anon_inode:[io_uring]"},
    {"anon_inode:[anna]", "*"},
    {"anon_inode:[anna]/b.jpg", "*/*.jpg"},
    {"pipe:[12a]", "*"},
    {"pipe:[12]x", "*"},
    {"socket:[secret]", "*"},
    {"(unreachable)/anna", "(unreachable)/*"},
    {"/proc/self/fd/12345", "/proc/self/fd/*"},
    {"/dev/null", "/dev/null"},
};

START_TEST(paths_keep_their_form)
{
    begin();
    const char *is = made(names_path, paths[_i][0]);
    ck_assert_msg(is_like(is, paths[_i][1]), "%s became %s", paths[_i][0], is);
    end();
}
END_TEST

START_TEST(a_path_is_the_same_before_and_after_it_is_put_together)
{
    begin();
    char whole[200];
    snprintf(whole, sizeof whole, "%s/%s", made(names_path, "/home/lib/anna"), made(names_path, "tmp/c.d.gif"));
    ck_assert_str_eq(made(names_path, "/home/lib/anna/tmp/c.d.gif"), whole);
    /* An output named after its input still is. */
    ck_assert(strncmp(made(names_path, "x.png"), made(names_path, "x.webp"), 12) == 0);
    ck_assert_str_ne(made(names_path, "x.png"), made(names_path, "y.png"));
    struct names other;
    char first[64];
    snprintf(first, sizeof first, "%s", made(names_path, "x.png"));
    ck_assert(names_init(&other));
    text.bytes = 0;
    names_path(&other, "x.png", 5, &text);
    ck_assert(memcmp(text.data, first, 12) != 0);
    names_release(&other);
    end();
}
END_TEST

static const char *const libraries[][2] = {
    {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"},
    {"/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"},
    {"/usr/lib/anna/libx.so", "/usr/lib/*/libx.so"},
    {"/home/anna/node_modules/@img/lib/libvips-cpp.so.8.18.3", "/home/*/node_modules/*/lib/libvips-cpp.so.8.18.3"},
    {"/home/anna/libanna.so.2.1", "/home/*/*.so.2.1"},
    {"/home/anna/libanna.so.old", "/home/*/*"},
    {"/usr/lib/anna.so", "/usr/lib/*.so"},
    {"libjpeg.so.62", "libjpeg.so.62"},
    {"libjpeg of anna.so", "*.so"},
    {"/opt/anna/libpng-anna.so", "/opt/*/*.so"},
    {"/opt/libgiftofanna.so.1", "/opt/*.so.1"},
    {"/opt/libpng16-4cc6a9fc.so.16.50.0", "/opt/libpng16-4cc6a9fc.so.16.50.0"}, /* as wheels name them */
    {"/opt/libMagickCore-7.Q16HDRI.so.10", "/opt/libMagickCore-7.Q16HDRI.so.10"},
    {"/opt/libOpenEXRUtil-3_1.so.30", "/opt/libOpenEXRUtil-3_1.so.30"},
    {"/opt/libtcmalloc_minimal_debug.so.4", "/opt/libtcmalloc_minimal_debug.so.4"},
    {"/opt/sharp-linux-x64.node", "/opt/sharp-linux-x64.node"},
    {"/opt/libjxl_threads.so.0.11", "/opt/libjxl_threads.so.0.11"},
    {"/opt/libwebpdemux.so.2", "/opt/libwebpdemux.so.2"},
    {"", ""},
};

START_TEST(libraries_that_are_known_keep_their_names)
{
    begin();
    const char *is = made(names_library, libraries[_i][0]);
    ck_assert_msg(is_like(is, libraries[_i][1]), "%s became %s", libraries[_i][0], is);
    end();
}
END_TEST

/* Arguments, with '|' for the NUL behind each. */
static const char *const commands[][2] = {
    {"cwebp|-q|83|in/a.jpg|-o|a.webp|", "cwebp|-q|83|*/*.jpg|-o|*.webp|"},
    {"/home/anna/bin/cwebp|-q|83", "cwebp|-q|83"},
    {"nginx: anna's site|x|", "tool|*|"},
    {"-bash|", "bash|"},
    {"tool|--quality=65-80|--header=Bearer abc|--token=x1|--speed=fast|",
     "tool|--quality=65-80|--*=*|--*=*|--speed=fast|"},
    {"tool|-q80|-O3|-p1234567|-pSecret|-9|-x|", "tool|-q80|-O3|-*|-*|-9|-x|"},
    {"tool|-q|secret|83|", "tool|-q|*|*|"},
    {"tool|--password|1234|", "tool|--*|*|"},
    {"tool|-quality|123456|", "tool|-quality|*|"},
    {"tool|-resize|800x600>|-sampling-factor|4:2:0|-quality|-5|",
     "tool|-resize|800x600>|-sampling-factor|4:2:0|-quality|-5|"},
    {"tool|--|-q|80|", "tool|--|*|*|"},
    {"python3|-c|open('/home/anna/x.png')\nimport os|", "python3|-c|*|"},
    {"xargs|-P2|bash|job|", "xargs|-P2|bash|*|"},
    {"tool|||a|", "tool|||*|"},
    {"tool|+repage|+anna|-|", "tool|+repage|+*|-|"},
    {"tool|--min=|--anna=|", "tool|--min=|--*=|"},
    {"", ""},
};

START_TEST(arguments_keep_what_is_known)
{
    begin();
    char given[200], is[400];
    static const struct trace_text exe = {"/home/anna/tool", 15};
    names_add_program(&names, "/home/anna/tool");
    size_t bytes = strlen(commands[_i][0]);
    for (size_t i = 0; i < bytes; i++)
        given[i] = commands[_i][0][i] == '|' ? '\0' : commands[_i][0][i];
    text.bytes = 0;
    names_command(&names, &exe, &(struct trace_text){given, bytes}, &text);
    for (size_t i = 0; i < text.bytes; i++)
        is[i] = text.data[i] ? text.data[i] : '|';
    is[text.bytes] = '\0';
    ck_assert_msg(is_like(is, commands[_i][1]), "%s became %s", commands[_i][0], is);
    end();
}
END_TEST

START_TEST(threads_keep_names_of_programs_and_pools)
{
    begin();
    names_add_program(&names, "/opt/a-program-of-anna");
    ck_assert_str_eq(made(names_thread, "libuv-worker"), "libuv-worker");
    ck_assert_str_eq(made(names_thread, "pool-12"), "pool-12");
    ck_assert_str_eq(made(names_thread, "a-program-of-an"), "a-program-of-an"); /* as the kernel cuts it */
    ck_assert(is_like(made(names_thread, "a-program-of"), "*"));
    ck_assert(is_like(made(names_thread, "anna"), "*"));
    ck_assert_str_eq(made(names_thread, ""), "");
    end();
}
END_TEST

/* Every kind with a text in each field: none of it is left, but numbers. */
START_TEST(no_kind_of_record_keeps_a_text_that_is_not_known)
{
    static struct anonymize_texts texts;
    static char out[TRACE_RECORD_MAX];
    begin();
    for (unsigned kind = 1; kind < TRACE_KIND_LIMIT; kind++) {
        const struct trace_kind_info *info = trace_kind_info(kind);
        if (!info || kind == TRACE_KIND_quantization || kind == TRACE_KIND_heap_sizes)
            continue;
        for (int length = 0; length < 3; length++) {
            static char longest[TRACE_TEXT_MAX];
            struct trace_record record, before;
            build_trace_sample((enum trace_kind)kind, &record);
            for (size_t i = 0; i < sizeof longest; i++)
                longest[i] = "anna/ b\0"[i % 8];
            for (const struct trace_field_info *field = info->fields; field->name; field++)
                if (field->type == TRACE_TYPE_text || field->type == TRACE_TYPE_bytes)
                    *(struct trace_text *)(void *)((char *)&record.process + field->offset) =
                        (struct trace_text){longest, length == 0   ? 0
                                                     : length == 1 ? 7
                                                                   : sizeof longest};
            before = record;
            anonymize_record(&names, &record, &texts);
            size_t bytes = trace_encode(record.kind, 1, &record.process, out, sizeof out);
            ck_assert_uint_gt(bytes, 0);
            ck_assert_msg(!memmem(out, bytes, "anna", 4), "%s", info->name);
            ck_assert_mem_eq(&record.process, &before.process, trace_shapes[kind].fixed_bytes);
        }
    }
    end();
}
END_TEST

static struct trace_text head_of(const char *data, size_t bytes, struct anonymize_texts *texts)
{
    struct trace_record record = {.kind = TRACE_KIND_head, .head = {.data = {data, bytes}}};
    anonymize_record(&names, &record, texts);
    return record.head.data;
}

START_TEST(heads_end_alike_when_they_did_and_say_what_they_said)
{
    static struct anonymize_texts a, b;
    begin();
    char first[200] = "GIF89a\x08\0\x06\0\x80", second[200] = "GIF89a\x09\0\x06\0\x80";
    struct trace_text x = head_of(first, 200, &a), y = head_of(second, 200, &b);
    ck_assert(x.bytes == y.bytes && memcmp(x.data + x.bytes - 64, y.data + y.bytes - 64, 64) == 0);
    struct image_facts was, is;
    image_header_parse(first, 200, &was);
    ck_assert(image_header_parse(x.data, x.bytes, &is));
    ck_assert(is.format == FORMAT_GIF && is.width == 8 && is.height == 6 && is.frames == was.frames);
    second[136] = 1; /* the first of the last 64 */
    y = head_of(second, 200, &b);
    ck_assert(memcmp(x.data + x.bytes - 64, y.data + y.bytes - 64, 64) != 0);
    y = head_of(first, 199, &b);
    ck_assert(memcmp(x.data + x.bytes - 64, y.data + y.bytes - 64, 64) != 0);
    y = head_of("", 0, &b);
    ck_assert(!image_header_parse(y.data, y.bytes, &is));
    end();
}
END_TEST

START_TEST(a_pack_answers_under_the_other_names)
{
    begin();
    names_add_program(&names, "/home/anna/tool");
    struct image_file_state state = {.inode = 5};
    struct pack *pack = pack_new();
    struct pack_file *file = pack_add_file(pack, "/home/anna/a.png");
    file->state = state;
    file->hashed = true;
    pack_add_symbol(pack_module(pack, "/home/anna/tool", "\x01\x02", 2), 7, "annas_function", "src/anna.c:12");
    pack_add_symbol(pack_module(pack, "/usr/lib/libaom.so.3", "\x03\x04", 2), 7, "aom_malloc", NULL);
    pack_settle(pack);
    struct pack *other = anonymize_pack(&names, pack);
    ck_assert_ptr_nonnull(pack_find_file(other, made(names_path, "/home/anna/a.png"), &state));
    ck_assert(!other->files[0].hashed);
    const struct pack_module *library = pack_find_module(other, "", "\x03\x04", 2);
    ck_assert_str_eq(library->path, "/usr/lib/libaom.so.3");
    ck_assert_str_eq(pack_find_symbol(library, 7)->function, "aom_malloc");
    /* The program's build id is the one that its module record has now. */
    static struct anonymize_texts texts;
    struct trace_record record = {.kind = TRACE_KIND_module, .module = {.path = {"", 0}, .build_id = {"\x01\x02", 2}}};
    anonymize_record(&names, &record, &texts);
    const struct pack_module *tool = pack_find_module(other, "", record.module.build_id.data, 2);
    ck_assert_ptr_nonnull(tool);
    ck_assert(is_like(tool->path, "/home/*/tool"));
    ck_assert(is_like(pack_find_symbol(tool, 7)->function, "*"));
    ck_assert(is_like(pack_find_symbol(tool, 7)->location, "*/*:12"));
    pack_free(pack);
    pack_free(other);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("anonymize");
    TCase *tests = tcase_create("anonymize");
    tcase_add_loop_test(tests, paths_keep_their_form, 0, (int)(sizeof paths / sizeof *paths));
    tcase_add_test(tests, a_path_is_the_same_before_and_after_it_is_put_together);
    tcase_add_loop_test(tests, libraries_that_are_known_keep_their_names, 0,
                        (int)(sizeof libraries / sizeof *libraries));
    tcase_add_loop_test(tests, arguments_keep_what_is_known, 0, (int)(sizeof commands / sizeof *commands));
    tcase_add_test(tests, threads_keep_names_of_programs_and_pools);
    tcase_add_test(tests, no_kind_of_record_keeps_a_text_that_is_not_known);
    tcase_add_test(tests, heads_end_alike_when_they_did_and_say_what_they_said);
    tcase_add_test(tests, a_pack_answers_under_the_other_names);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
