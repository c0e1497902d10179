/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/reader/reader.h about damage: what is said, where, and what is still read.
 * Must not know: how the reader does it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/reader/reader.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

#define HEADER_BYTES sizeof(struct trace_packet_header)
#define RECORD_BYTES 16u /* of thread_cpu */

/* Every test damages packet 0.0 of this trace: records 1, 2, 3 in it, and record 4 in packet 0.1. */
static struct build_trace *trace;
static unsigned stream;
static char packet[4608];

struct damage {
    unsigned count;
    uint64_t offset;
    char path[4608];
    char what[256];
};

static void note_damage(void *context, const char *path, uint64_t offset, const char *what)
{
    struct damage *damage = context;
    damage->count++;
    damage->offset = offset;
    snprintf(damage->path, sizeof damage->path, "%s", path);
    snprintf(damage->what, sizeof damage->what, "%s", what);
}

static void add_cpu(uint64_t time_ns)
{
    struct trace_thread_cpu record = {.cpu_ns = time_ns};
    build_trace_add(trace, stream, time_ns, TRACE_KIND_thread_cpu, &record);
}

static void set_up(void)
{
    trace = build_trace_new();
    stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
    add_cpu(1);
    add_cpu(2);
    add_cpu(3);
    build_trace_cut(trace, stream);
    add_cpu(4);
    build_trace_cut(trace, stream);
    snprintf(packet, sizeof packet, "%s", build_trace_packet(trace, stream, 0));
}

static void tear_down(void)
{
    build_trace_free(trace);
}

/* Passing over all records finds as many, and the same damage last. */
static void counts_the_same(size_t records, const struct damage *read)
{
    char error[4500] = "";
    uint32_t streams;
    struct damage damage = {0};
    struct reader *reader = reader_open(build_trace_path(trace), note_damage, &damage, error, sizeof error);
    ck_assert_msg(reader != NULL, "%s", error);
    ck_assert_uint_eq(reader_count(reader, &streams), records);
    ck_assert_uint_eq(streams > 0, records > 0);
    ck_assert_uint_eq(damage.count, read->count);
    ck_assert_uint_eq(damage.offset, read->offset);
    ck_assert_str_eq(damage.what, read->what);
    ck_assert_str_eq(damage.path, read->path);
    reader_close(reader);
}

/* Reads all; returns the times of the records as digits. */
static const char *read_times(struct damage *damage)
{
    static char times[64];
    char error[4500] = "";
    struct trace_record record;
    struct reader_origin origin;
    size_t count = 0;
    *damage = (struct damage){0};
    struct reader *reader = reader_open(build_trace_path(trace), note_damage, damage, error, sizeof error);
    ck_assert_msg(reader != NULL, "%s", error);
    while (reader_next(reader, &record, &origin) && count < sizeof times - 1)
        times[count++] = (char)('0' + record.time_ns % 10);
    times[count] = '\0';
    ck_assert_uint_eq(reader_damages(reader), damage->count);
    reader_close(reader);
    counts_the_same(count, damage);
    return times;
}

static void expect(const char *times, uint64_t offset, const char *what)
{
    struct damage damage;
    ck_assert_str_eq(read_times(&damage), times);
    ck_assert_str_eq(damage.what, what);
    ck_assert_uint_eq(damage.offset, offset);
    ck_assert_str_eq(damage.path, packet);
    ck_assert_uint_eq(damage.count, 1);
}

START_TEST(whole_trace_has_no_damage)
{
    struct damage damage;
    ck_assert_str_eq(read_times(&damage), "1234");
    ck_assert_uint_eq(damage.count, 0);
}
END_TEST

START_TEST(truncated_packet_gives_its_whole_records)
{
    ck_assert(!truncate(packet, HEADER_BYTES + 2 * RECORD_BYTES + 8));
    expect("124", HEADER_BYTES + 2 * RECORD_BYTES + 8, "the file ends here, but its packet has 128 bytes");
    ck_assert(!truncate(packet, HEADER_BYTES + 2 * RECORD_BYTES));
    expect("124", HEADER_BYTES + 2 * RECORD_BYTES, "the file ends here, but its packet has 128 bytes");
    ck_assert(!truncate(packet, HEADER_BYTES));
    expect("4", HEADER_BYTES, "the file ends here, but its packet has 128 bytes");
    ck_assert(!truncate(packet, HEADER_BYTES - 1));
    expect("4", HEADER_BYTES - 1, "the file ends inside the packet header");
    ck_assert(!truncate(packet, 0));
    expect("4", 0, "the file is empty; its packet was lost");
}
END_TEST

START_TEST(zeros_and_garbage_are_not_packets)
{
    char bytes[HEADER_BYTES] = {0};
    build_trace_poke(packet, 0, bytes, sizeof bytes);
    expect("4", 0, "not a trace packet; it is skipped");
    memset(bytes, 'x', sizeof bytes);
    build_trace_poke(packet, 0, bytes, sizeof bytes);
    expect("4", 0, "not a trace packet; it is skipped");
}
END_TEST

START_TEST(header_that_contradicts_itself_skips_the_packet)
{
    uint64_t bits[] = {0, 8, HEADER_BYTES * 8 + 1, UINT64_MAX, UINT64_MAX - 63};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        build_trace_poke(packet, offsetof(struct trace_packet_header, content_size), &bits[i], sizeof bits[i]);
        expect("4", offsetof(struct trace_packet_header, content_size),
               "the packet header contradicts itself; the packet is skipped");
    }
}
END_TEST

START_TEST(content_beyond_the_file_is_reported_and_the_rest_read)
{
    uint64_t bits = 1 << 20;
    build_trace_poke(packet, offsetof(struct trace_packet_header, content_size), &bits, sizeof bits);
    build_trace_poke(packet, offsetof(struct trace_packet_header, packet_size), &bits, sizeof bits);
    expect("1234", HEADER_BYTES + 3 * RECORD_BYTES, "the file ends here, but its packet has 131072 bytes");
}
END_TEST

START_TEST(packet_larger_than_any_is_not_read_into_memory)
{
    uint64_t bits = UINT64_C(1) << 43;
    build_trace_poke(packet, offsetof(struct trace_packet_header, content_size), &bits, sizeof bits);
    build_trace_poke(packet, offsetof(struct trace_packet_header, packet_size), &bits, sizeof bits);
    ck_assert(!truncate(packet, INT64_C(1) << 40)); /* sparse */
    struct damage damage;
    ck_assert_str_eq(read_times(&damage), "1234");
    ck_assert_uint_eq(damage.count, 2); /* too long, and zeros after record 3 */
}
END_TEST

START_TEST(record_that_decodes_wrongly_skips_the_rest_of_its_packet)
{
    uint64_t second = HEADER_BYTES + RECORD_BYTES;
    uint8_t kind = 0;
    build_trace_poke(packet, second, &kind, 1);
    expect("14", second, "unknown record kind 0; the rest of the packet is skipped");
    kind = 255;
    build_trace_poke(packet, second, &kind, 1);
    expect("14", second, "unknown record kind 255; the rest of the packet is skipped");
    kind = TRACE_KIND_cgroup; /* longer than what is left */
    build_trace_poke(packet, second, &kind, 1);
    expect("14", second, "record of kind 3: ends inside a record; the rest of the packet is skipped");
    struct trace_chdir record = {.path = {"/a", 2}};
    char bytes[64];
    size_t used = trace_encode(TRACE_KIND_chdir, 2, &record, bytes, sizeof bytes);
    bytes[16] = 100; /* length that contradicts its padded length */
    build_trace_poke(packet, second, bytes, used);
    expect("14", second, "record of kind 15: field length contradicts the record; the rest of the packet is skipped");
}
END_TEST

START_TEST(packet_that_is_no_regular_file_is_reported)
{
    char other[4608];
    snprintf(other, sizeof other, "%s/other", build_trace_path(trace));
    ck_assert(!rename(packet, other));
    ck_assert(!symlink(other, packet));
    expect("4", 0, "this packet cannot be read: a symbolic link, which is not followed");
    ck_assert(!unlink(packet));
    ck_assert(!mkfifo(packet, 0600));
    expect("4", 0, "this packet cannot be read: not a regular file");
    ck_assert(!unlink(packet));
    ck_assert(!mkdir(packet, 0700));
    expect("4", 0, "this packet cannot be read: not a regular file");
}
END_TEST

START_TEST(missing_packet_is_reported_at_the_next_one)
{
    add_cpu(5);
    build_trace_cut(trace, stream);
    ck_assert(!unlink(build_trace_packet(trace, stream, 1)));
    snprintf(packet, sizeof packet, "%s", build_trace_packet(trace, stream, 2));
    expect("1235", 0, "packets before this one are missing: 1");
    ck_assert(!unlink(build_trace_packet(trace, stream, 0)));
    expect("5", 0, "packets before this one are missing: 2");
}
END_TEST

START_TEST(process_directory_that_is_a_link_is_not_followed)
{
    char target[4608], link_path[4608];
    struct damage damage;
    snprintf(target, sizeof target, "%s/7-1", build_trace_path(trace));
    snprintf(link_path, sizeof link_path, "%s/9-9", build_trace_path(trace));
    ck_assert(!symlink(target, link_path));
    ck_assert_str_eq(read_times(&damage), "1234");
    ck_assert_str_eq(damage.path, link_path);
    ck_assert_str_eq(damage.what, "this process cannot be read: not a directory");
}
END_TEST

START_TEST(missing_control_page_is_no_damage)
{
    char path[4608];
    struct damage damage;
    snprintf(path, sizeof path, "%s/control", build_trace_path(trace));
    ck_assert(!unlink(path));
    ck_assert_str_eq(read_times(&damage), "1234");
    ck_assert_uint_eq(damage.count, 0);
}
END_TEST

START_TEST(foreign_control_page_is_not_used)
{
    static const char *const contents[] = {"", "hello", "0123456789012345678901234567890123456789012345678901234567"};
    struct damage damage;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        build_trace_file(trace, "control", contents[i], strlen(contents[i]));
        ck_assert_str_eq(read_times(&damage), "1234");
        ck_assert_uint_eq(damage.count, 1);
        ck_assert_str_eq(damage.what, "not the control page of a trace; it is not used");
    }
}
END_TEST

/* The packet is listed, and its first record's time known: what is loaded later is another file under its name. */
START_TEST(packet_that_has_no_record_any_more_is_passed_over)
{
    struct damage damage = {0};
    char error[4500] = "";
    struct trace_record record;
    struct reader_origin origin;
    struct reader *reader = reader_open(build_trace_path(trace), note_damage, &damage, error, sizeof error);
    ck_assert_msg(reader != NULL, "%s", error);
    uint64_t bits = HEADER_BYTES * 8;
    build_trace_poke(packet, offsetof(struct trace_packet_header, content_size), &bits, sizeof bits);
    ck_assert(reader_next(reader, &record, &origin));
    ck_assert_uint_eq(record.time_ns, 4);
    ck_assert(!reader_next(reader, &record, &origin));
    ck_assert_uint_eq(damage.count, 0);
    reader_close(reader);
}
END_TEST

START_TEST(random_bytes_never_harm_the_reader)
{
    struct damage damage;
    srand(1);
    for (unsigned kind = 1; kind < TRACE_KIND_LIMIT; kind++) {
        struct trace_record record;
        if (!trace_kind_info(kind))
            continue;
        build_trace_sample((enum trace_kind)kind, &record);
        build_trace_add(trace, stream, 5 + kind, record.kind, &record.process);
    }
    build_trace_cut(trace, stream);
    snprintf(packet, sizeof packet, "%s", build_trace_packet(trace, stream, 2));
    struct stat status;
    ck_assert(!stat(packet, &status));
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t byte = (uint8_t)rand();
        build_trace_poke(packet, (uint64_t)rand() % (uint64_t)status.st_size, &byte, 1);
        ck_assert_uint_ge(strlen(read_times(&damage)), 4);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader damage");
    TCase *group = tcase_create("damage");
    tcase_set_timeout(group, 60);
    tcase_add_checked_fixture(group, set_up, tear_down);
    tcase_add_test(group, whole_trace_has_no_damage);
    tcase_add_test(group, truncated_packet_gives_its_whole_records);
    tcase_add_test(group, zeros_and_garbage_are_not_packets);
    tcase_add_test(group, header_that_contradicts_itself_skips_the_packet);
    tcase_add_test(group, content_beyond_the_file_is_reported_and_the_rest_read);
    tcase_add_test(group, packet_larger_than_any_is_not_read_into_memory);
    tcase_add_test(group, record_that_decodes_wrongly_skips_the_rest_of_its_packet);
    tcase_add_test(group, packet_that_is_no_regular_file_is_reported);
    tcase_add_test(group, missing_packet_is_reported_at_the_next_one);
    tcase_add_test(group, process_directory_that_is_a_link_is_not_followed);
    tcase_add_test(group, missing_control_page_is_no_damage);
    tcase_add_test(group, foreign_control_page_is_not_used);
    tcase_add_test(group, packet_that_has_no_record_any_more_is_passed_over);
    tcase_add_test(group, random_bytes_never_harm_the_reader);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
