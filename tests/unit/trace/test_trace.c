/* SPDX-License-Identifier: MIT
 * Owns: the claims of trace/trace.h: records survive encoding, decoding trusts nothing, metadata is complete.
 * Must not know: files, but for the check that babeltrace2 reads a trace. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

/* A sample record of a kind, encoded into memory of exactly its length, so that a sanitizer sees one byte beyond. */
static char *encoded(unsigned kind, size_t *bytes)
{
    struct trace_record record;
    build_trace_sample((enum trace_kind)kind, &record);
    *bytes = trace_encoded_bytes(record.kind, &record.process);
    char *out = malloc(*bytes);
    ck_assert(out != NULL);
    ck_assert_uint_eq(trace_encode(record.kind, 123456789, &record.process, out, *bytes), *bytes);
    return out;
}

static char *exact_copy(const char *bytes, size_t count)
{
    char *copy = malloc(count ? count : 1);
    ck_assert(copy != NULL);
    memcpy(copy, bytes, count);
    return copy;
}

START_TEST(every_kind_round_trips)
{
    unsigned kinds = 0;
    for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
        const struct trace_kind_info *info = trace_kind_info(kind);
        struct trace_shape shape = trace_shapes[kind];
        ck_assert_int_eq(shape.known, info != NULL);
        if (!info)
            continue;
        kinds++;
        struct trace_record before, after;
        size_t bytes, used = 0;
        char *in = encoded(kind, &bytes);
        build_trace_sample((enum trace_kind)kind, &before);
        ck_assert_uint_eq(bytes % 8, 0);
        ck_assert_int_eq(trace_decode(in, bytes, &after, &used), TRACE_OK);
        ck_assert_uint_eq(used, bytes);
        ck_assert_uint_eq(after.kind, kind);
        ck_assert_uint_eq(after.time_ns, 123456789);
        ck_assert_mem_eq(&after.process, &before.process, shape.fixed_bytes);
        const struct trace_text *old = (void *)((char *)&before.process + shape.fixed_bytes);
        const struct trace_text *new = (void *)((char *)&after.process + shape.fixed_bytes);
        for (unsigned i = 0; i < shape.texts; i++) {
            ck_assert_uint_eq(new[i].bytes, old[i].bytes);
            ck_assert(!memcmp(new[i].data, old[i].data, old[i].bytes));
        }
        free(in);
    }
    ck_assert_uint_ge(kinds, 27);
}
END_TEST

START_TEST(records_cut_at_any_byte_are_short_and_not_read_beyond)
{
    for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
        size_t bytes, used;
        if (!trace_kind_info(kind))
            continue;
        char *whole = encoded(kind, &bytes);
        for (size_t cut = 0; cut < bytes; cut++) {
            struct trace_record record;
            char *in = exact_copy(whole, cut);
            ck_assert_int_eq(trace_decode(in, cut, &record, &used), TRACE_ERROR_SHORT);
            free(in);
        }
        free(whole);
    }
}
END_TEST

START_TEST(longest_texts_fit_and_longer_ones_are_cut)
{
    char *text = malloc(TRACE_TEXT_MAX + 1);
    char *out = malloc(TRACE_RECORD_MAX);
    ck_assert(text && out);
    memset(text, 'x', TRACE_TEXT_MAX + 1);
    for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
        struct trace_shape shape = trace_shapes[kind];
        struct trace_record record, after;
        size_t used;
        if (!shape.texts)
            continue;
        build_trace_sample((enum trace_kind)kind, &record);
        struct trace_text *texts = (void *)((char *)&record.process + shape.fixed_bytes);
        for (unsigned i = 0; i < shape.texts; i++)
            texts[i] = (struct trace_text){text, TRACE_TEXT_MAX + 1};
        size_t bytes = trace_encode(record.kind, 1, &record.process, out, TRACE_RECORD_MAX);
        ck_assert_uint_gt(bytes, TRACE_TEXT_MAX);
        ck_assert_int_eq(trace_decode(out, bytes, &after, &used), TRACE_OK);
        texts = (void *)((char *)&after.process + shape.fixed_bytes);
        ck_assert_uint_eq(texts[0].bytes, TRACE_TEXT_MAX);
    }
    free(text);
    free(out);
}
END_TEST

START_TEST(encoding_into_too_little_room_writes_nothing)
{
    for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
        struct trace_record record;
        if (!trace_kind_info(kind))
            continue;
        build_trace_sample((enum trace_kind)kind, &record);
        size_t bytes = trace_encoded_bytes(record.kind, &record.process);
        char *out = malloc(bytes - 1);
        ck_assert(out != NULL);
        ck_assert_uint_eq(trace_encode(record.kind, 1, &record.process, out, bytes - 1), 0);
        free(out);
    }
}
END_TEST

START_TEST(unknown_ids_are_refused)
{
    uint64_t in[64] = {0};
    struct trace_record record;
    size_t used;
    for (unsigned id = 0; id < 256; id++) {
        if (trace_kind_info(id))
            continue;
        in[0] = id;
        ck_assert_int_eq(trace_decode(in, sizeof in, &record, &used), TRACE_ERROR_KIND);
    }
}
END_TEST

START_TEST(lengths_that_contradict_are_refused)
{
    static const uint32_t lengths[][2] = {{1, 0},
                                          {0, 8},
                                          {8, 16},
                                          {9, 8},
                                          {TRACE_TEXT_MAX + 1, TRACE_TEXT_MAX + 8},
                                          {UINT32_MAX, 0},
                                          {UINT32_MAX - 7, UINT32_MAX - 7},
                                          {3, 4}};
    size_t bytes, used;
    struct trace_record record;
    char *in = encoded(TRACE_KIND_chdir, &bytes);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memcpy(in + TRACE_HEADER_BYTES + trace_shapes[TRACE_KIND_chdir].fixed_bytes, lengths[i], 8);
        ck_assert_int_eq(trace_decode(in, bytes, &record, &used), TRACE_ERROR_FIELD);
    }
    free(in);
}
END_TEST

START_TEST(times_keep_56_bits)
{
    struct trace_thread_cpu cpu = {.cpu_ns = 1};
    struct trace_record record;
    size_t used;
    uint64_t out[2];
    ck_assert_uint_eq(trace_encode(TRACE_KIND_thread_cpu, TRACE_TIME_MAX, &cpu, out, sizeof out), sizeof out);
    ck_assert_int_eq(trace_decode(out, sizeof out, &record, &used), TRACE_OK);
    ck_assert_uint_eq(record.time_ns, TRACE_TIME_MAX);
}
END_TEST

START_TEST(every_field_has_a_name_and_a_meaning)
{
    for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
        const struct trace_kind_info *info = trace_kind_info(kind);
        for (const struct trace_field_info *field = info ? info->fields : NULL; field && field->name; field++) {
            ck_assert_msg(*field->meaning != '\0', "%s.%s", info->name, field->name);
            ck_assert_int_eq(field->type == TRACE_TYPE_enum, field->enumeration != NULL);
        }
    }
}
END_TEST

START_TEST(metadata_fits_64_KiB_and_names_every_record)
{
    static char text[65536];
    size_t bytes = trace_metadata(INT64_C(1700000000123456789), text, sizeof text - 1);
    ck_assert_uint_gt(bytes, 0);
    ck_assert_uint_eq(strlen(text), bytes);
    ck_assert_ptr_nonnull(strstr(text, "offset_s = 1700000000;"));
    ck_assert_ptr_nonnull(strstr(text, "offset = 123456789;"));
    for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
        char name[64];
        if (!trace_kind_info(kind))
            continue;
        snprintf(name, sizeof name, "name = \"%s\";", trace_kind_info(kind)->name);
        ck_assert_msg(strstr(text, name) != NULL, "%s", name);
    }
}
END_TEST

START_TEST(metadata_is_whole_or_nothing)
{
    static char text[65536];
    size_t bytes = trace_metadata(1, text, sizeof text);
    for (size_t capacity = 0; capacity < bytes; capacity += 97) {
        char *out = malloc(capacity ? capacity : 1);
        ck_assert(out != NULL);
        ck_assert_uint_eq(trace_metadata(1, out, capacity), 0);
        free(out);
    }
    char *out = malloc(bytes);
    ck_assert(out != NULL);
    ck_assert_uint_eq(trace_metadata(1, out, bytes), bytes);
    free(out);
}
END_TEST

/* Runs a command; returns its exit status and the number of lines it printed. */
static int lines_of(const char *command, unsigned *lines)
{
    FILE *pipe = popen(command, "r");
    ck_assert(pipe != NULL);
    *lines = 0;
    for (int c; (c = getc(pipe)) != EOF;)
        *lines += c == '\n';
    return pclose(pipe);
}

START_TEST(babeltrace2_reads_every_kind_of_record_from_two_processes)
{
    unsigned records = 0, lines, packets = 0;
    char command[256];
    if (system("command -v babeltrace2 >/dev/null")) {
        fprintf(stderr, "babeltrace2 is not installed: the trace format was not checked with it\n");
        return;
    }
    struct build_trace *trace = build_trace_new();
    for (unsigned i = 0; i < 4; i++) {
        static unsigned process;
        if (i % 2 == 0)
            process = build_trace_process(trace, 100 + i, 1000 + i);
        unsigned stream = build_trace_stream(trace, process);
        for (unsigned kind = 0; kind < TRACE_KIND_LIMIT; kind++) {
            struct trace_record record;
            if (!trace_kind_info(kind))
                continue;
            build_trace_sample((enum trace_kind)kind, &record);
            build_trace_add(trace, stream, 1000000000u + kind * 1000u + i, record.kind, &record.process);
            if (++records % 10 == 0)
                build_trace_cut(trace, stream), packets++;
        }
    }
    build_trace_finish(trace);
    ck_assert_uint_gt(packets, 0);
    snprintf(command, sizeof command, "babeltrace2 %s 2>/dev/null", build_trace_path(trace));
    ck_assert_int_eq(lines_of(command, &lines), 0);
    ck_assert_uint_eq(lines, records);
    snprintf(command, sizeof command, "babeltrace2 %s 2>&1 >/dev/null", build_trace_path(trace));
    ck_assert_int_eq(lines_of(command, &lines), 0);
    ck_assert_uint_eq(lines, 0);
    build_trace_free(trace);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *group = tcase_create("format");
    tcase_set_timeout(group, 60);
    tcase_add_test(group, every_kind_round_trips);
    tcase_add_test(group, records_cut_at_any_byte_are_short_and_not_read_beyond);
    tcase_add_test(group, longest_texts_fit_and_longer_ones_are_cut);
    tcase_add_test(group, encoding_into_too_little_room_writes_nothing);
    tcase_add_test(group, unknown_ids_are_refused);
    tcase_add_test(group, lengths_that_contradict_are_refused);
    tcase_add_test(group, times_keep_56_bits);
    tcase_add_test(group, every_field_has_a_name_and_a_meaning);
    tcase_add_test(group, metadata_fits_64_KiB_and_names_every_record);
    tcase_add_test(group, metadata_is_whole_or_nothing);
    tcase_add_test(group, babeltrace2_reads_every_kind_of_record_from_two_processes);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
