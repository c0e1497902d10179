/* SPDX-License-Identifier: MIT
 * Owns: claims about what `imgbench export` writes of a run, and of the numbers and messages it is made of.
 * Must not know: how figures come about, how records are read. */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/export/perfetto/wire/intern.h"
#include "analyzer/export/ndjson.h"
#include "analyzer/export/perfetto/wire/proto.h"
#include "analyzer/export/sqlite.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/golden.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/metrics/metrics.h"

/* ---- protocol buffers ---- */

static void assert_bytes(struct proto *proto, const char *expected, size_t bytes)
{
    ck_assert_uint_eq(proto->count, bytes);
    ck_assert_mem_eq(proto->bytes, expected, bytes);
    proto_release(proto);
}
#define ASSERT_BYTES(proto, text) assert_bytes(proto, text, sizeof(text) - 1)

START_TEST(integers_are_varints_of_seven_bits_a_byte)
{
    struct proto proto = {NULL, 0, 0};
    proto_integer(&proto, 1, 0);
    proto_integer(&proto, 1, 127);
    proto_integer(&proto, 1, 128);
    proto_integer(&proto, 1, 300);
    proto_integer(&proto, 16, UINT64_MAX);
    ASSERT_BYTES(&proto, "\x08\x00\x08\x7f\x08\x80\x01\x08\xac\x02\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}
END_TEST

START_TEST(doubles_are_eight_bytes_little_endian)
{
    struct proto proto = {NULL, 0, 0};
    proto_double(&proto, 5, 1.0);
    ASSERT_BYTES(&proto, "\x29\x00\x00\x00\x00\x00\x00\xf0\x3f");
}
END_TEST

START_TEST(messages_nest_and_know_their_lengths)
{
    struct proto proto = {NULL, 0, 0};
    size_t outer = proto_begin(&proto, 1), inner = proto_begin(&proto, 2);
    proto_integer(&proto, 3, 5);
    proto_end(&proto, inner);
    size_t empty = proto_begin(&proto, 4);
    proto_end(&proto, empty);
    proto_end(&proto, outer);
    proto_integer(&proto, 6, 7);
    ASSERT_BYTES(&proto, "\x0a\x06\x12\x02\x18\x05\x22\x00\x30\x07");
}
END_TEST

START_TEST(lengths_of_several_bytes_move_what_is_within)
{
    struct proto proto = {NULL, 0, 0};
    char text[16384];
    memset(text, 'a', sizeof text);
    for (size_t length = 120; length <= sizeof text; length += length < 140 ? 1 : 4061) {
        size_t outer = proto_begin(&proto, 1);
        proto_text(&proto, 2, text, length);
        proto_integer(&proto, 3, 1);
        proto_end(&proto, outer);
        size_t head = length < 128 ? 1 : length < 16384 ? 2 : 3, within = 1 + head + length + 2;
        size_t outer_head = within < 128 ? 1 : within < 16384 ? 2 : 3;
        ck_assert_uint_eq(proto.count, 1 + outer_head + within);
        size_t read = 0;
        for (size_t i = 0; i < outer_head; i++)
            read |= (size_t)(proto.bytes[1 + i] & 0x7f) << 7 * i;
        ck_assert_uint_eq(read, within);
        ck_assert_mem_eq(proto.bytes + 1 + outer_head + 1 + head, text, length);
        ck_assert_mem_eq(proto.bytes + proto.count - 2, "\x18\x01", 2);
        proto_release(&proto);
    }
}
END_TEST

START_TEST(texts_are_always_utf8)
{
    struct proto proto = {NULL, 0, 0};
    proto_text(&proto, 1, "a\xff\xc3\xa9\xe2\x82", 6);
    ASSERT_BYTES(&proto, "\x0a\x0c"
                         "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd");
}
END_TEST

START_TEST(a_text_has_one_number)
{
    struct intern table = {.texts = NULL};
    char text[16];
    bool fresh;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 1; i <= 2000; i++) {
            int bytes = snprintf(text, sizeof text, "text %u", i);
            ck_assert_uint_eq(intern(&table, text, (size_t)bytes, &fresh), i);
            ck_assert_int_eq(fresh, !round);
        }
    ck_assert_uint_eq(intern(&table, "text 1", 5, &fresh), 2001); /* "text " */
    intern_release(&table);
}
END_TEST

/* ---- lines of JSON ---- */

START_TEST(images_are_the_golden_lines)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    ck_assert_int_eq(ndjson_images(out, metrics), 0);
    fclose(out);
    golden_compare("images.ndjson", text);
    size_t lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, SAMPLE_IMAGES);
    free(text);
    metrics_free(metrics);
    run_free(run);
}
END_TEST

static const char *line_of(enum trace_kind kind, const void *fields, size_t bytes)
{
    static char line[4096];
    struct trace_record record = {.time_ns = 5, .kind = kind};
    struct reader_origin origin = {.pid = 7, .stream = 2};
    memcpy(&record.process, fields, bytes);
    FILE *out = fmemopen(line, sizeof line, "w");
    ndjson_record(out, &record, &origin);
    fclose(out);
    return line;
}
#define LINE(kind, ...) line_of(TRACE_KIND_##kind, &(struct trace_##kind){__VA_ARGS__}, sizeof(struct trace_##kind))

START_TEST(a_record_is_an_object_below_its_kind)
{
    ck_assert_str_eq(LINE(io, .duration_ns = 5, .bytes = 4096, .kernel_bytes = 1, .offset = TRACE_UNKNOWN,
                          .buffer = UINT64_MAX - 1, .file = 3, .calls = 1, .op = trace_io_op_READ, .layer = 1),
                     "{\"time_ns\":5,\"pid\":7,\"stream\":2,\"kind\":\"io\",\"io\":{\"duration_ns\":5,\"bytes\":4096,"
                     "\"kernel_bytes\":1,\"offset\":null,\"buffer\":18446744073709551614,\"file\":3,\"session\":0,"
                     "\"hook\":0,\"error\":0,\"calls\":1,\"op\":\"READ\",\"layer\":\"STDIO\"}}\n");
    ck_assert_str_eq(LINE(codec_setting, .value = NAN, .key = 99, .codec = 0),
                     "{\"time_ns\":5,\"pid\":7,\"stream\":2,\"kind\":\"codec_setting\",\"codec_setting\":{"
                     "\"value\":null,\"session\":0,\"key\":\"99\",\"codec\":\"NONE\"}}\n");
}
END_TEST

START_TEST(texts_and_bytes_of_a_record_are_json)
{
    ck_assert_ptr_nonnull(strstr(LINE(thread, .tid = 1, .name = {"a\"\\\n\x01\x7f\xc3\xa9", 8}),
                                 "\"name\":\"a\\\"\\\\\\n\\u0001\\u007f\xc3\xa9\"}}\n"));
    ck_assert_ptr_nonnull(
        strstr(LINE(thread, .name = {"a\xff", 2}), "\"name\":\"a\xef\xbf\xbd\",\"name_b64\":\"Yf8=\"}}\n"));
    ck_assert_ptr_nonnull(strstr(LINE(head, .direction = 1, .before = -2, .data = {"\x89PNG", 4}),
                                 "\"direction\":\"IN\",\"before\":-2,\"data\":\"89504e47\"}}\n"));
}
END_TEST

/* ---- the database ---- */

static sqlite3 *database;
static char database_path[] = "/tmp/imgbench-test-database-XXXXXX";

static void write_database(struct run *run)
{
    char error[200] = "";
    strcpy(database_path + sizeof database_path - 7, "XXXXXX");
    int fd = mkstemp(database_path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    struct metrics *metrics = metrics_compute(run);
    ck_assert_msg(sqlite_write(database_path, metrics, "0.0.0", error, sizeof error), "%s", error);
    metrics_free(metrics);
    run_free(run);
    ck_assert_int_eq(sqlite3_open_v2(database_path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
}

static void drop_database(void)
{
    sqlite3_close(database);
    unlink(database_path);
}

/* The values of all rows, | between columns, newline after rows; NULL is "-". */
static void assert_rows(const char *sql, const char *expected)
{
    static char text[8192];
    size_t at = 0;
    sqlite3_stmt *query;
    ck_assert_msg(sqlite3_prepare_v2(database, sql, -1, &query, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(database));
    text[0] = '\0';
    while (sqlite3_step(query) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(query); i++) {
            const char *value = (const char *)sqlite3_column_text(query, i);
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%c", value ? value : "-",
                                   i + 1 < sqlite3_column_count(query) ? '|' : '\n');
        }
    sqlite3_finalize(query);
    ck_assert_str_eq(text, expected);
}

START_TEST(the_database_holds_the_sample_run)
{
    write_database(sample_run());
    assert_rows("PRAGMA integrity_check", "ok\n");
    assert_rows("PRAGMA foreign_key_check", "");
    assert_rows("SELECT (SELECT count(*) FROM processes), (SELECT count(*) FROM files), (SELECT count(*) FROM images), "
                "(SELECT count(*) FROM workers), (SELECT count(*) FROM samples), (SELECT count(*) FROM libraries), "
                "(SELECT count(*) FROM findings), (SELECT count(*) FROM memory_sites), (SELECT count(*) FROM notes)",
                "2|10|6|2|8|2|7|6|1\n");
    assert_rows("SELECT id, status, input, output, size_ratio, setting, worker, pid FROM image_list WHERE id IN (0, 4)",
                "0|ok|/home/ann/photos/in/a.jpg|/home/ann/photos/out/a.jpg|0.64|q=85|0|4000\n"
                "4|failed|/home/ann/photos/in/d.jpg|-|-|-|1|4000\n");
    assert_rows("SELECT value, typeof(value) FROM figures WHERE key IN ('totals.bytes_saved', 'memory.peak_scope', "
                "'image_time.p95', 'resources.cpu.avg_ratio', 'coverage.io_uring') ORDER BY key",
                "0|integer\n-|null\ntree|text\n0.6|real\n2750700|integer\n");
    assert_rows("SELECT format, images, size_ratio FROM formats ORDER BY format",
                "avif|1|0.25\njpeg|1|0.64\npng|1|1.031\nwebp|1|0.25\n");
    assert_rows("SELECT format, label, n FROM qualities WHERE format = 'avif'", "avif|aom min=20 max=40|1\n");
    assert_rows("SELECT from_format, to_format, n FROM conversions ORDER BY 2", "png|avif|1\npng|webp|1\n");
    assert_rows("SELECT severity, count(*) FROM findings JOIN finding_images ON finding = id WHERE name = "
                "'orientation-lost'",
                "high|1\n");
    drop_database();
}
END_TEST

START_TEST(stages_add_up_as_in_the_report)
{
    write_database(sample_run());
    assert_rows("SELECT count(*) FROM images i WHERE abs(busy_s - unattributed_s - (SELECT sum(time_s) FROM stages s "
                "WHERE s.image = i.id AND stage NOT IN ('decode', 'transform', 'encode'))) > 1e-9",
                "0\n");
    assert_rows("SELECT stage, time_s, first_s, source FROM stages WHERE image = 0 AND stage = 'encode'",
                "encode|0.3|0.2|observed\n");
    assert_rows("SELECT id, busy_s FROM slowest_images LIMIT 2", "2|0.6\n5|0.6\n");
    assert_rows("SELECT output_format, images FROM by_format WHERE input_format = 'jpeg'", "jpeg|1\n");
    assert_rows("SELECT count(*) FROM timeline WHERE kind = 'image'", "6\n");
    drop_database();
}
END_TEST

START_TEST(unknown_is_null_in_the_database)
{
    write_database(sample_empty_run());
    assert_rows("SELECT count(*) FROM images", "0\n");
    assert_rows("SELECT value FROM figures WHERE key IN ('memory.peak_rss_bytes', 'totals.bytes_in')", "-\n-\n");
    drop_database();
}
END_TEST

START_TEST(a_database_that_cannot_be_written_says_why)
{
    char error[200] = "";
    struct run *run = sample_run();
    struct metrics *metrics = metrics_compute(run);
    ck_assert(!sqlite_write("/nonexistent/database", metrics, "0", error, sizeof error));
    ck_assert_str_eq(error, "unable to open database file");
    metrics_free(metrics);
    run_free(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("export");
    TCase *group = tcase_create("formats");
    tcase_add_test(group, integers_are_varints_of_seven_bits_a_byte);
    tcase_add_test(group, doubles_are_eight_bytes_little_endian);
    tcase_add_test(group, messages_nest_and_know_their_lengths);
    tcase_add_test(group, lengths_of_several_bytes_move_what_is_within);
    tcase_add_test(group, texts_are_always_utf8);
    tcase_add_test(group, a_text_has_one_number);
    tcase_add_test(group, images_are_the_golden_lines);
    tcase_add_test(group, a_record_is_an_object_below_its_kind);
    tcase_add_test(group, texts_and_bytes_of_a_record_are_json);
    tcase_add_test(group, the_database_holds_the_sample_run);
    tcase_add_test(group, stages_add_up_as_in_the_report);
    tcase_add_test(group, unknown_is_null_in_the_database);
    tcase_add_test(group, a_database_that_cannot_be_written_says_why);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
