/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/pack/pack.h: what was written is read, is found by all that it is known by, and no byte
 * of a file is trusted. That reports are the same is tests/integration/export/carry.sh.
 * Must not know: where answers come from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/pack/pack.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/pack/pack_json.h"

static char error[5000];
static char boot[] = "3a5e0000-0000-4000-8000-000000000001";
static const struct pack_trace of_trace = {.boot_id = boot, .realtime_offset_ns = -5, .start_ns = UINT64_MAX};
static const char strange[] = "/photos/caf\xe9 \"1\"\n.jpg"; /* no UTF-8 */

static struct image_file_state state(uint64_t inode)
{
    return (struct image_file_state){
        .device = UINT64_MAX, .inode = inode, .bytes = 3, .changed_from_ns = 4, .changed_to_ns = 5};
}

static struct pack *example(void)
{
    struct pack *pack = pack_new();
    pack->trace = of_trace;
    pack->trace.boot_id = strdup(boot);
    for (int i = 0; i < 3; i++) { /* two of one path, one of them twice */
        struct pack_file *file = pack_add_file(pack, strange);
        file->state = state(i == 2 ? 1 : 7 + (uint64_t)i);
        if (i == 1)
            file->state = state(7);
        file->facts.format = FORMAT_JPEG;
        file->facts.width = INT64_MAX;
        file->facts.quality = 81.0 / 7;
        file->hashed = i != 2;
        memset(file->hash, 0xa5, sizeof file->hash);
    }
    struct pack_module *module = pack_module(pack, "/lib/liba.so", "\x01\xff", 2);
    pack_add_symbol(module, UINT64_MAX, "last", NULL);
    pack_add_symbol(module, 12, NULL, "a.c:7");
    pack_add_symbol(module, 12, NULL, "a.c:7");
    ck_assert_ptr_eq(pack_module(pack, "/other", "\x01\xff", 2), module);
    pack_module(pack, "/bin/none", "", 0)->error = SYMBOLIZE_OTHER_BUILD;
    pack_settle(pack);
    return pack;
}

/* The pack of a trace, as it is read from text; NULL: what was written by pack_write(). */
static struct pack *through_file(const char *text, const struct pack_trace *wanted)
{
    struct build_trace *trace = build_trace_new();
    char *written = NULL;
    size_t bytes = 0;
    if (text) {
        build_trace_file(trace, PACK_NAME, text, strlen(text));
    } else {
        struct pack *pack = example();
        FILE *out = open_memstream(&written, &bytes);
        ck_assert_int_eq(pack_write(pack, out), 0);
        fclose(out);
        build_trace_file(trace, PACK_NAME, written, bytes);
        free(written);
        pack_free(pack);
    }
    struct pack *read = pack_read(build_trace_path(trace), wanted, error, sizeof error);
    build_trace_free(trace);
    return read;
}

START_TEST(everything_is_read_as_it_was_written_and_found)
{
    struct pack *pack = through_file(NULL, &of_trace);
    ck_assert_msg(pack != NULL, "%s", error);
    ck_assert_str_eq(error, "");
    ck_assert_uint_eq(pack->files_count, 2);
    struct image_file_state wanted = state(7);
    const struct pack_file *file = pack_find_file(pack, strange, &wanted);
    ck_assert_ptr_nonnull(file);
    ck_assert(file->hashed && file->hash[31] == 0xa5);
    ck_assert_int_eq(file->facts.format, FORMAT_JPEG);
    ck_assert(file->facts.width == INT64_MAX && file->facts.height == -1);
    ck_assert(file->facts.quality == 81.0 / 7 && isnan(file->facts.quality_rmse));
    wanted = state(1);
    ck_assert(!pack_find_file(pack, strange, &wanted)->hashed);
    ck_assert_ptr_null(pack_find_file(pack, "/photos/other.jpg", &wanted));
    uint64_t *parts[] = {&wanted.device, &wanted.inode, &wanted.bytes, &wanted.changed_from_ns, &wanted.changed_to_ns};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i] ^= 8;
        ck_assert_ptr_null(pack_find_file(pack, strange, &wanted));
        *parts[i] ^= 8;
    }

    ck_assert_uint_eq(pack->modules_count, 2);
    const struct pack_module *module = pack_find_module(pack, "/elsewhere/liba.so", "\x01\xff", 2);
    ck_assert(module && module->error == SYMBOLIZE_OK && module->symbols_count == 2);
    ck_assert_ptr_null(pack_find_module(pack, "/lib/liba.so", "\x01\xfe", 2));
    ck_assert_str_eq(pack_find_symbol(module, UINT64_MAX)->function, "last");
    ck_assert_ptr_null(pack_find_symbol(module, UINT64_MAX)->location);
    ck_assert_str_eq(pack_find_symbol(module, 12)->location, "a.c:7");
    ck_assert_ptr_null(pack_find_symbol(module, 11));
    ck_assert_int_eq(pack_find_module(pack, "/bin/none", "", 0)->error, SYMBOLIZE_OTHER_BUILD);
    ck_assert_ptr_null(pack_find_module(pack, "/bin/some", "", 0));
    pack_free(pack);
}
END_TEST

START_TEST(a_pack_belongs_to_one_trace)
{
    struct pack_trace other = of_trace;
    char another[] = "3a5e0000-0000-4000-8000-000000000002";
    other.boot_id = another;
    ck_assert_ptr_null(through_file(NULL, &other));
    ck_assert_ptr_nonnull(strstr(error, "another trace"));
    other.boot_id = NULL; /* not known: no contradiction */
    struct pack *pack = through_file(NULL, &other);
    ck_assert_ptr_nonnull(pack);
    pack_free(pack);
    other.start_ns = 1;
    ck_assert_ptr_null(through_file(NULL, &other));
    other = of_trace;
    other.realtime_offset_ns = 5;
    ck_assert_ptr_null(through_file(NULL, &other));
}
END_TEST

START_TEST(no_pack_is_no_error)
{
    struct build_trace *trace = build_trace_new();
    ck_assert_ptr_null(pack_read(build_trace_path(trace), &of_trace, error, sizeof error));
    ck_assert_str_eq(error, "");
    char path[256];
    snprintf(path, sizeof path, "%s/" PACK_NAME, build_trace_path(trace));
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
    ck_assert_ptr_null(pack_read(build_trace_path(trace), &of_trace, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "a symbolic link"));
    build_trace_free(trace);
}
END_TEST

#define BEGIN                                                                                                          \
    "{\"schema\": \"imgbench-pack/1\", \"trace\": {\"realtime_offset_ns\": \"-5\", \"start_ns\": "                     \
    "\"18446744073709551615\"}, "
#define ONE_FILE   BEGIN "\"files\": 1, \"modules\": 0}\n"
#define ONE_MODULE BEGIN "\"files\": 0, \"modules\": 1}\n"
static const char *const damaged[] = {
    "",
    "\x80",
    "[]",
    "{}",
    "{\"schema\": 1}",
    "{\"schema\": \"imgbench-pack/1\"}",
    BEGIN "\"files\": 0}",
    BEGIN "\"files\": [], \"modules\": []}",
    BEGIN "\"files\": 0, \"modules\": 0, \"files\": 0}",
    ONE_FILE,
    ONE_FILE "\n",
    ONE_FILE "1\n",
    ONE_FILE "{\"path\": \"/a\"}\n",
    ONE_FILE "{\"path_hex\": \"zz\"}\n",
    ONE_FILE "{\"path\": \"/a\", \"device\": \"1\", \"inode\": \"1\", \"bytes\": \"1\", \"changed_from_ns\": \"1\", "
             "\"changed_to_ns\": \"1\", \"facts\": {\"format\": \"x\"}}\n",
    BEGIN "\"files\": 9223372036854775807, \"modules\": 1}\n",
    ONE_MODULE,
    ONE_MODULE "null\n",
    ONE_MODULE "{\"path\": \"/a\", \"build_id\": \"0\", \"state\": \"ok\", \"symbols\": []}\n",
    ONE_MODULE "{\"path\": \"/a\", \"build_id\": \"\", \"state\": \"good\", \"symbols\": []}\n",
    ONE_MODULE "{\"path\": \"/a\", \"build_id\": \"\", \"state\": \"ok\", \"symbols\": [{}]}\n",
};

START_TEST(the_smallest_pack_can_be_used)
{
    struct pack *pack = through_file(BEGIN "\"files\": 0, \"modules\": 0}\n", &of_trace);
    ck_assert_msg(pack != NULL, "%s", error);
    pack_free(pack);
    pack = through_file(ONE_MODULE "{\"path\": \"/a\", \"build_id\": \"\", \"state\": \"ok\", \"symbols\": []}\n",
                        &of_trace);
    ck_assert_msg(pack != NULL, "%s", error);
    pack_free(pack);
}
END_TEST

START_TEST(no_byte_is_trusted)
{
    ck_assert_ptr_null(through_file(damaged[_i], &of_trace));
    ck_assert_ptr_nonnull(strstr(error, "it is not used"));
    ck_assert_ptr_null(strchr(error, '\n'));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pack");
    TCase *tests = tcase_create("pack");
    tcase_add_test(tests, everything_is_read_as_it_was_written_and_found);
    tcase_add_test(tests, a_pack_belongs_to_one_trace);
    tcase_add_test(tests, no_pack_is_no_error);
    tcase_add_test(tests, the_smallest_pack_can_be_used);
    tcase_add_loop_test(tests, no_byte_is_trusted, 0, (int)(sizeof damaged / sizeof *damaged));
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
