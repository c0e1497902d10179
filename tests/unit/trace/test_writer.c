/* SPDX-License-Identifier: MIT
 * Owns: the claims of analyzer/writer/writer.h: the reader reads what was written, and nothing is overwritten.
 * Must not know: how packets are cut. That other readers of CTF accept it is tests/integration/export/carry.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/reader/reader.h"
#include "analyzer/writer/writer.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

static char error[4700];
static char path[160];
static struct build_trace *place; /* a directory that is removed at the end */

static const struct trace_control control = {
    .magic = TRACE_CONTROL_MAGIC,
    .version = TRACE_VERSION,
    .state = TRACE_STATE_RECORDING,
    .realtime_offset_ns = INT64_C(1700000000123456789),
    .start_ns = 5,
    .lost_processes = 3,
};

static void begin(void)
{
    place = build_trace_new();
    snprintf(path, sizeof path, "%s/new", build_trace_path(place));
    error[0] = '\0';
}

static void end(void)
{
    build_trace_free(place);
}

static void damaged(void *context, const char *at, uint64_t offset, const char *what)
{
    (void)context;
    ck_abort_msg("%s: %llu: %s", at, (unsigned long long)offset, what);
}

static struct reader *read_back(const char *trace)
{
    struct reader *reader = reader_open(trace, damaged, NULL, error, sizeof error);
    ck_assert_msg(reader != NULL, "%s", error);
    return reader;
}

static void same_record(const struct trace_record *got, const struct trace_record *wanted)
{
    char a[TRACE_RECORD_MAX] = {0}, b[TRACE_RECORD_MAX] = {0};
    ck_assert_uint_eq(got->kind, wanted->kind);
    ck_assert_uint_eq(got->time_ns, wanted->time_ns);
    size_t bytes = trace_encode(got->kind, got->time_ns, &got->process, a, sizeof a);
    ck_assert_uint_eq(bytes, trace_encode(wanted->kind, wanted->time_ns, &wanted->process, b, sizeof b));
    ck_assert_mem_eq(a, b, bytes);
}

START_TEST(every_kind_of_record_is_read_as_it_was_written)
{
    begin();
    struct writer *writer = writer_create(path, &control, error, sizeof error);
    ck_assert_msg(writer != NULL, "%s", error);
    struct writer_stream *stream = writer_stream_open(writer_process_open(writer, 7, 1000), 0);
    struct trace_record record;
    uint64_t time_ns = 100;
    for (unsigned kind = 1; kind < TRACE_KIND_LIMIT; kind++) {
        if (!trace_kind_info(kind))
            continue;
        build_trace_sample((enum trace_kind)kind, &record);
        record.time_ns = time_ns++;
        ck_assert(writer_put(stream, &record));
    }
    ck_assert(writer_close(writer, error, sizeof error));

    struct reader *reader = read_back(path);
    ck_assert_mem_eq(reader_control(reader), &control, sizeof control);
    struct trace_record got;
    struct reader_origin origin;
    time_ns = 100;
    for (unsigned kind = 1; kind < TRACE_KIND_LIMIT; kind++) {
        if (!trace_kind_info(kind))
            continue;
        build_trace_sample((enum trace_kind)kind, &record);
        record.time_ns = time_ns++;
        ck_assert(reader_next(reader, &got, &origin));
        same_record(&got, &record);
        ck_assert_uint_eq(origin.pid, 7);
    }
    ck_assert(!reader_next(reader, &got, &origin));
    reader_close(reader);
    end();
}
END_TEST

/* Records of several streams of two processes, more than one packet holds. */
START_TEST(long_streams_become_several_packets_and_keep_their_order)
{
    enum { RECORDS = 60000 };
    begin();
    struct writer *writer = writer_create(path, &control, error, sizeof error);
    struct writer_process *first = writer_process_open(writer, 7, 1000), *second = writer_process_open(writer, 8, 2000);
    struct writer_stream *streams[3] = {writer_stream_open(first, 4), writer_stream_open(first, 9),
                                        writer_stream_open(second, 12)};
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct trace_record record = {.kind = TRACE_KIND_thread_cpu, .time_ns = 5000 + i, .thread_cpu = {.cpu_ns = i}};
        ck_assert(writer_put(streams[i % 3], &record));
    }
    ck_assert(writer_close(writer, error, sizeof error));
    char packet[256];
    struct stat status;
    snprintf(packet, sizeof packet, "%s/7-1000/4.0", path);
    ck_assert(stat(packet, &status) == 0 && status.st_size <= 256 << 10);
    snprintf(packet, sizeof packet, "%s/7-1000/4.1", path);
    ck_assert_int_eq(stat(packet, &status), 0);

    struct reader *reader = read_back(path);
    struct trace_record got;
    struct reader_origin origin;
    for (uint64_t i = 0; i < RECORDS; i++) {
        ck_assert(reader_next(reader, &got, &origin));
        ck_assert_uint_eq(got.thread_cpu.cpu_ns, i);
        ck_assert_uint_eq(origin.stream, i % 3);
        ck_assert_uint_eq(origin.process, i % 3 == 2);
    }
    ck_assert(!reader_next(reader, &got, &origin));
    reader_close(reader);
    end();
}
END_TEST

START_TEST(calls_in_flight_and_losses_are_told_even_without_records)
{
    begin();
    struct writer *writer = writer_create(path, &control, error, sizeof error);
    writer_stream_state(writer_stream_open(writer_process_open(writer, 7, 1000), 0), 12, 345, 6);
    ck_assert(writer_close(writer, error, sizeof error));
    struct reader *reader = read_back(path);
    struct trace_record got;
    struct reader_origin origin;
    uint64_t since_ns;
    ck_assert(!reader_next(reader, &got, &origin));
    ck_assert_uint_eq(reader_in_flight(reader, 0, &since_ns), 12);
    ck_assert_uint_eq(since_ns, 345);
    ck_assert_uint_eq(reader_discarded(reader, 0), 6);
    reader_close(reader);
    end();
}
END_TEST

START_TEST(nothing_that_is_there_is_touched)
{
    begin();
    ck_assert_ptr_null(writer_create(build_trace_path(place), &control, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "there is something in it"));
    snprintf(path, sizeof path, "%s/%s", build_trace_path(place), TRACE_CONTROL_NAME);
    ck_assert_ptr_null(writer_create(path, &control, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "not a directory"));
    snprintf(path, sizeof path, "%s/no/where", build_trace_path(place));
    ck_assert_ptr_null(writer_create(path, &control, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "No such file"));
    ck_assert_ptr_null(writer_open(path, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "not a trace"));
    end();
}
END_TEST

/* The trace of a run that may still go on. */
static void make_trace(uint64_t quota_bytes)
{
    begin();
    struct trace_thread_cpu record = {.cpu_ns = 1};
    build_trace_add(place, build_trace_stream(place, build_trace_process(place, 7, 1000)), 50, TRACE_KIND_thread_cpu,
                    &record);
    build_trace_finish(place);
    snprintf(path, sizeof path, "%s/%s", build_trace_path(place), TRACE_CONTROL_NAME);
    build_trace_poke(path, offsetof(struct trace_control, quota_bytes), &quota_bytes, sizeof quota_bytes);
}

START_TEST(a_process_can_be_added_to_a_trace_and_counts_in_its_quota)
{
    make_trace(1 << 20);
    struct writer *writer = writer_open(build_trace_path(place), error, sizeof error);
    ck_assert_msg(writer != NULL, "%s", error);
    ck_assert_uint_eq(writer_control(writer)->quota_bytes, 1 << 20);
    struct trace_record record = {.kind = TRACE_KIND_thread_cpu, .time_ns = 60, .thread_cpu = {.cpu_ns = 2}};
    ck_assert(writer_put(writer_stream_open(writer_process_open(writer, 9, 2000), 0), &record));
    ck_assert_msg(writer_close(writer, error, sizeof error), "%s", error);
    struct reader *reader = read_back(build_trace_path(place));
    ck_assert_uint_eq(reader_control(reader)->bytes_used, 4096);
    ck_assert_uint_eq(reader_process_count(reader), 2);
    struct trace_record got;
    struct reader_origin origin;
    for (uint64_t i = 1; i <= 2; i++) {
        ck_assert(reader_next(reader, &got, &origin));
        ck_assert_uint_eq(got.thread_cpu.cpu_ns, i);
    }
    reader_close(reader);
    /* The same process again would mix with the first one's packets. */
    writer = writer_open(build_trace_path(place), error, sizeof error);
    ck_assert_ptr_null(writer_process_open(writer, 9, 2000));
    ck_assert(!writer_close(writer, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "9-2000: cannot be written: File exists"));
    end();
}
END_TEST

START_TEST(a_quota_that_is_used_up_is_told)
{
    make_trace(4095);
    struct writer *writer = writer_open(build_trace_path(place), error, sizeof error);
    struct trace_record record = {.kind = TRACE_KIND_thread_cpu, .time_ns = 60};
    writer_put(writer_stream_open(writer_process_open(writer, 9, 2000), 0), &record);
    ck_assert(!writer_close(writer, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "4095 bytes of IMGBENCH_QUOTA"));
    struct reader *reader = read_back(build_trace_path(place));
    ck_assert_uint_eq(reader_control(reader)->bytes_used, 0);
    reader_close(reader);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("writer");
    TCase *tests = tcase_create("writer");
    tcase_add_test(tests, every_kind_of_record_is_read_as_it_was_written);
    tcase_add_test(tests, long_streams_become_several_packets_and_keep_their_order);
    tcase_add_test(tests, calls_in_flight_and_losses_are_told_even_without_records);
    tcase_add_test(tests, nothing_that_is_there_is_touched);
    tcase_add_test(tests, a_process_can_be_added_to_a_trace_and_counts_in_its_quota);
    tcase_add_test(tests, a_quota_that_is_used_up_is_told);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
