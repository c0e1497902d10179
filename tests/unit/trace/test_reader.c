/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/reader/reader.h about whole traces: order, ties, limits, what is refused.
 * Must not know: how the reader does it. Damage is in test_reader_damage.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/reader/reader.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

static void add_cpu(struct build_trace *trace, unsigned stream, uint64_t time_ns)
{
    struct trace_thread_cpu record = {.cpu_ns = time_ns};
    build_trace_add(trace, stream, time_ns, TRACE_KIND_thread_cpu, &record);
}

static void count_damage(void *context, const char *path, uint64_t offset, const char *what)
{
    fprintf(stderr, "%s: %llu: %s\n", path, (unsigned long long)offset, what);
    ++*(unsigned *)context;
}

static struct reader *open_whole(const char *path, unsigned *damages)
{
    char error[4500] = "";
    struct reader *reader = reader_open(path, count_damage, damages, error, sizeof error);
    ck_assert_msg(reader != NULL, "%s", error);
    return reader;
}

/* "time:process/stream" of every record. */
static void read_order(const char *path, char *out, size_t capacity)
{
    unsigned damages = 0;
    struct trace_record record;
    struct reader_origin origin;
    struct reader *reader = open_whole(path, &damages);
    size_t used = 0;
    out[0] = '\0';
    while (reader_next(reader, &record, &origin) && used < capacity)
        used += (size_t)snprintf(out + used, capacity - used, "%llu:%u/%u ", (unsigned long long)record.time_ns,
                                 origin.process, origin.stream);
    ck_assert(!reader_next(reader, &record, &origin));
    ck_assert_uint_eq(damages, 0);
    ck_assert_uint_eq(reader_damages(reader), 0);
    reader_close(reader);
}

START_TEST(streams_of_all_processes_merge_by_time_then_process_then_stream)
{
    struct build_trace *trace = build_trace_new();
    unsigned late = build_trace_process(trace, 7, 2000), early = build_trace_process(trace, 8, 1000);
    unsigned a = build_trace_stream(trace, late), b = build_trace_stream(trace, early);
    unsigned c = build_trace_stream(trace, early);
    char order[512];
    add_cpu(trace, a, 5);
    add_cpu(trace, a, 6);
    add_cpu(trace, c, 5);
    build_trace_cut(trace, c);
    add_cpu(trace, c, 7);
    add_cpu(trace, b, 5);
    add_cpu(trace, b, 8);
    build_trace_finish(trace);
    read_order(build_trace_path(trace), order, sizeof order);
    ck_assert_str_eq(order, "5:0/0 5:0/1 5:1/2 6:1/2 7:0/1 8:0/0 ");
    build_trace_free(trace);
}
END_TEST

START_TEST(packets_follow_by_number_and_not_by_name)
{
    struct build_trace *trace = build_trace_new();
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
    char order[512], expected[512] = "";
    for (unsigned i = 1; i <= 12; i++) { /* "0.10" sorts before "0.2" as text */
        add_cpu(trace, stream, i);
        build_trace_cut(trace, stream);
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%u:0/0 ", i);
    }
    read_order(build_trace_path(trace), order, sizeof order);
    ck_assert_str_eq(order, expected);
    build_trace_free(trace);
}
END_TEST

START_TEST(order_of_creation_does_not_matter)
{
    char orders[2][2048];
    for (int turn = 0; turn < 2; turn++) {
        struct build_trace *trace = build_trace_new();
        for (unsigned i = 0; i < 40; i++) {
            unsigned n = turn ? 39 - i : i;
            unsigned stream = build_trace_stream(trace, build_trace_process(trace, 100 + n, 1000 + n));
            add_cpu(trace, stream, 50 + n * 7 % 40);
            add_cpu(trace, stream, 100);
        }
        build_trace_finish(trace);
        read_order(build_trace_path(trace), orders[turn], sizeof orders[turn]);
        build_trace_free(trace);
    }
    ck_assert_str_eq(orders[0], orders[1]);
}
END_TEST

START_TEST(time_never_goes_back)
{
    struct build_trace *trace = build_trace_new();
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
    char order[512];
    add_cpu(trace, stream, 100);
    add_cpu(trace, stream, 60);
    build_trace_cut(trace, stream);
    add_cpu(trace, stream, 70);
    add_cpu(trace, stream, 110);
    build_trace_finish(trace);
    read_order(build_trace_path(trace), order, sizeof order);
    ck_assert_str_eq(order, "100:0/0 100:0/0 100:0/0 110:0/0 ");
    build_trace_free(trace);
}
END_TEST

START_TEST(times_may_lie_as_far_apart_as_the_format_allows)
{
    static const uint64_t around_ns[] = {1, UINT64_C(1) << 54, UINT64_C(1) << 55, TRACE_TIME_MAX - 1000};
    enum { STREAMS = 600, TIMES = sizeof around_ns / sizeof *around_ns };
    struct build_trace *trace = build_trace_new();
    unsigned process = build_trace_process(trace, 7, 1), damages = 0, records = 0;
    struct trace_record record;
    struct reader_origin origin;
    uint64_t last_ns = 0;
    uint32_t last_stream = 0;
    for (unsigned i = 0; i < STREAMS; i++) {
        unsigned stream = build_trace_stream(trace, process);
        for (unsigned k = i % TIMES; k < TIMES; k++) /* streams begin at different times, pairs have the same ones */
            add_cpu(trace, stream, around_ns[k] + (i * 7 / 2) % STREAMS);
    }
    build_trace_finish(trace);
    struct reader *reader = open_whole(build_trace_path(trace), &damages);
    for (; reader_next(reader, &record, &origin); records++) {
        ck_assert_uint_ge(record.time_ns, last_ns);
        ck_assert(record.time_ns > last_ns || origin.stream > last_stream);
        last_ns = record.time_ns;
        last_stream = origin.stream;
    }
    ck_assert_uint_eq(records, STREAMS / TIMES * (4 + 3 + 2 + 1));
    ck_assert_uint_eq(damages, 0);
    reader_close(reader);
    build_trace_free(trace);
}
END_TEST

START_TEST(thousands_of_streams_need_few_descriptors)
{
    struct build_trace *trace = build_trace_new();
    for (unsigned p = 0; p < 500; p++) {
        unsigned process = build_trace_process(trace, 100 + p, 1000 + p);
        for (unsigned s = 0; s < 4; s++) {
            unsigned stream = build_trace_stream(trace, process);
            for (unsigned i = 0; i < 5; i++)
                add_cpu(trace, stream, 1 + i * 1000 + s);
        }
    }
    build_trace_finish(trace);
    struct rlimit limit = {64, 64};
    ck_assert(!setrlimit(RLIMIT_NOFILE, &limit));
    unsigned damages = 0, records = 0;
    struct trace_record record;
    struct reader_origin origin;
    struct reader *reader = open_whole(build_trace_path(trace), &damages);
    uint64_t last_ns = 0;
    for (; reader_next(reader, &record, &origin); records++) {
        ck_assert_uint_ge(record.time_ns, last_ns);
        last_ns = record.time_ns;
    }
    ck_assert_uint_eq(records, 10000);
    ck_assert_uint_eq(damages, 0);
    ck_assert_uint_eq(reader_process_count(reader), 500);
    reader_close(reader);
    build_trace_free(trace);
}
END_TEST

START_TEST(a_process_directory_can_be_read_alone)
{
    struct build_trace *trace = build_trace_new();
    build_trace_process(trace, 7, 1);
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 8, 2));
    char path[4608], order[512];
    add_cpu(trace, stream, 5);
    build_trace_finish(trace);
    snprintf(path, sizeof path, "%s/8-2/", build_trace_path(trace));
    read_order(path, order, sizeof order);
    ck_assert_str_eq(order, "5:0/0 ");
    unsigned damages = 0;
    struct reader *reader = open_whole(path, &damages);
    ck_assert_str_eq(reader_process_name(reader, 0), "8-2");
    ck_assert_uint_eq(reader_control(reader)->version, TRACE_VERSION);
    reader_close(reader);
    build_trace_free(trace);
}
END_TEST

START_TEST(origin_names_the_process)
{
    struct build_trace *trace = build_trace_new();
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 4711, 99));
    unsigned damages = 0;
    struct trace_record record;
    struct reader_origin origin;
    add_cpu(trace, stream, 5);
    build_trace_in_flight(trace, stream, 33, 4);
    build_trace_discarded(trace, stream, 12);
    build_trace_finish(trace);
    struct reader *reader = open_whole(build_trace_path(trace), &damages);
    ck_assert(reader_next(reader, &record, &origin));
    ck_assert_uint_eq(origin.pid, 4711);
    ck_assert_uint_eq(record.thread_cpu.cpu_ns, 5);
    ck_assert_str_eq(reader_process_name(reader, origin.process), "4711-99");
    ck_assert(!reader_next(reader, &record, &origin));
    uint64_t since_ns;
    ck_assert_uint_eq(reader_in_flight(reader, 0, &since_ns), 33);
    ck_assert_uint_eq(since_ns, 4);
    ck_assert_uint_eq(reader_discarded(reader, 0), 12);
    reader_close(reader);
    build_trace_free(trace);
}
END_TEST

START_TEST(files_that_are_no_packets_are_ignored)
{
    static const char *const names[] = {"7-1/.0.1", "7-1/0.1.gz", "7-1/0.01",    "7-1/a.0",       "7-1/0.99999999999",
                                        "7-1/0",    "README",     "report.json", "7-1/metadata2", "8-2x"};
    struct build_trace *trace = build_trace_new();
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
    char order[512], path[4608];
    add_cpu(trace, stream, 5);
    build_trace_finish(trace);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        build_trace_file(trace, names[i], "x", 1);
    snprintf(path, sizeof path, "%s/originals", build_trace_path(trace));
    ck_assert(!mkdir(path, 0700));
    read_order(build_trace_path(trace), order, sizeof order);
    ck_assert_str_eq(order, "5:0/0 ");
    build_trace_free(trace);
}
END_TEST

static void refuses(const char *path, const char *expected)
{
    char error[4500] = "", line[4800];
    ck_assert(!reader_open(path, NULL, NULL, error, sizeof error));
    snprintf(line, sizeof line, "%s: %s", path, expected);
    ck_assert_str_eq(error, line);
}

#define NONE_WRITTEN                                                                                                   \
    "the run saw no image, did not load the library (as static and setuid programs), or could not write there; run "   \
    "it again with IMGBENCH_DIR in a place that it may write to"

START_TEST(what_is_no_trace_is_refused_with_one_line)
{
    struct build_trace *trace = build_trace_new();
    char path[4608];
    refuses("/nonexistent/trace", "no such directory: " NONE_WRITTEN);
    snprintf(path, sizeof path, "%s/control", build_trace_path(trace));
    refuses(path, "not a directory; give the trace directory that a traced run made");
    snprintf(path, sizeof path, "%s/empty", build_trace_path(trace));
    ck_assert(!mkdir(path, 0700));
    refuses(path, "an empty directory: " NONE_WRITTEN);
    build_trace_file(trace, "empty/notes.txt", "x", 1);
    refuses(path, "not a trace; give the trace directory that a traced run made");
    refuses(build_trace_path(trace),
            "the trace has no records; run the program again and let it read or write an image");
    build_trace_process(trace, 7, 1);
    refuses(build_trace_path(trace),
            "the trace has no records; run the program again and let it read or write an image");
    uint32_t lost = 2;
    snprintf(path, sizeof path, "%s/control", build_trace_path(trace));
    build_trace_poke(path, offsetof(struct trace_control, lost_processes), &lost, sizeof lost);
    refuses(build_trace_path(trace),
            "the trace has no records: 2 processes could not write any, as the disk was full or "
            "the 0 bytes of IMGBENCH_QUOTA too few; run it again with more room");
    build_trace_free(trace);
}
END_TEST

START_TEST(another_version_is_refused)
{
    struct build_trace *trace = build_trace_new();
    unsigned stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
    char path[4608], expected[80];
    uint32_t version = TRACE_VERSION + 1;
    snprintf(expected, sizeof expected, "made by a trace format %u, this imgbench reads %d", version, TRACE_VERSION);
    add_cpu(trace, stream, 5);
    build_trace_finish(trace);
    snprintf(path, sizeof path, "%s/control", build_trace_path(trace));
    build_trace_poke(path, offsetof(struct trace_control, version), &version, sizeof version);
    refuses(build_trace_path(trace), expected);
    snprintf(path, sizeof path, "%s/7-1", build_trace_path(trace));
    refuses(path, expected);
    build_trace_free(trace);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader");
    TCase *group = tcase_create("traces");
    tcase_set_timeout(group, 60);
    tcase_add_test(group, streams_of_all_processes_merge_by_time_then_process_then_stream);
    tcase_add_test(group, packets_follow_by_number_and_not_by_name);
    tcase_add_test(group, order_of_creation_does_not_matter);
    tcase_add_test(group, time_never_goes_back);
    tcase_add_test(group, times_may_lie_as_far_apart_as_the_format_allows);
    tcase_add_test(group, thousands_of_streams_need_few_descriptors);
    tcase_add_test(group, a_process_directory_can_be_read_alone);
    tcase_add_test(group, origin_names_the_process);
    tcase_add_test(group, files_that_are_no_packets_are_ignored);
    tcase_add_test(group, what_is_no_trace_is_refused_with_one_line);
    tcase_add_test(group, another_version_is_refused);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
