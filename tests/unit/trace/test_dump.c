/* SPDX-License-Identifier: MIT
 * Owns: the claims of `imgbench dump` and `imgbench verify`: one printable line per record, exact figures, exit codes.
 * Must not know: how records are read. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/exit_code.h"
#include "analyzer/commands/cmd.h"
#include "tests/unit/parts/build_trace.h"
#include "tests/unit/parts/suite.h"

static struct build_trace *trace;
static unsigned stream;

static void set_up(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    trace = build_trace_new();
    stream = build_trace_stream(trace, build_trace_process(trace, 7, 1));
}

static void tear_down(void)
{
    build_trace_free(trace);
}

/* Runs a command on the trace; returns its exit code, and what it printed on one standard stream. */
static int run(const struct command *command, int descriptor, char *out, size_t capacity)
{
    char name[] = "imgbench test", path[256];
    char *argv[] = {name, path, NULL};
    FILE *wanted = tmpfile(), *other = tmpfile();
    int saved[] = {dup(1), dup(2)};
    ck_assert(wanted && other && saved[0] >= 0 && saved[1] >= 0);
    build_trace_finish(trace);
    snprintf(path, sizeof path, "%s", build_trace_path(trace));
    fflush(stdout);
    ck_assert(dup2(fileno(wanted), descriptor) == descriptor && dup2(fileno(other), 3 - descriptor) == 3 - descriptor);
    int status = command->run(2, argv);
    fflush(stdout);
    ck_assert(dup2(saved[0], 1) == 1 && dup2(saved[1], 2) == 2);
    close(saved[0]);
    close(saved[1]);
    rewind(wanted);
    out[fread(out, 1, capacity - 1, wanted)] = '\0';
    fclose(wanted);
    fclose(other);
    return status;
}

static void add_name(const char *text, size_t bytes)
{
    struct trace_thread record = {.tid = 1, .name = {text, bytes}};
    build_trace_add(trace, stream, 5, TRACE_KIND_thread, &record);
}

static const char *dumped_name(const char *text, size_t bytes)
{
    static char out[65536];
    add_name(text, bytes);
    ck_assert_int_eq(run(&cmd_dump, 1, out, sizeof out), CMD_OK);
    char *name = strstr(out, " name=");
    ck_assert(name != NULL);
    return name + 6;
}

START_TEST(fields_are_printed_by_name_and_unit)
{
    char out[4096];
    struct trace_io io = {.duration_ns = 5,
                          .bytes = 4096,
                          .kernel_bytes = 4096,
                          .offset = TRACE_UNKNOWN,
                          .file = 3,
                          .calls = 1,
                          .op = trace_io_op_READ};
    struct trace_codec_setting setting = {.value = 85.5, .key = trace_setting_QUALITY, .codec = 99};
    build_trace_add(trace, stream, 1000, TRACE_KIND_io, &io);
    build_trace_add(trace, stream, UINT64_C(12345679901), TRACE_KIND_codec_setting, &setting);
    ck_assert_int_eq(run(&cmd_dump, 1, out, sizeof out), CMD_OK);
    ck_assert_str_eq(out,
                     "0.000000000 7/0 io duration_ns=5 bytes=4096 kernel_bytes=4096 offset=unknown buffer=0 file=3 "
                     "session=0 hook=0 error=0 calls=1 op=READ layer=DESCRIPTOR\n"
                     "12.345678901 7/0 codec_setting value=85.5 session=0 key=QUALITY codec=99\n");
}
END_TEST

START_TEST(hostile_text_stays_one_printable_line)
{
    static const char text[] = "\033[2J\n\r\"\\\t\x7f\0end";
    ck_assert_str_eq(dumped_name(text, sizeof text - 1), "\"\\033[2J\\n\\r\\\"\\\\\\t\\177\\000end\"\n");
}
END_TEST

START_TEST(invalid_utf8_is_escaped)
{
    static const char text[] = "\xff\xc0\xaf\xe2\x82\xed\xa0\x80\xf5\x80\x80\x80";
    ck_assert_str_eq(dumped_name(text, sizeof text - 1),
                     "\"\\377\\300\\257\\342\\202\\355\\240\\200\\365\\200\\200\\200\"\n");
}
END_TEST

START_TEST(valid_utf8_is_shown_and_its_control_characters_are_not)
{
    /* C1 control, right-to-left override, zero width space, line separator */
    static const char text[] = "caf\xc3\xa9 \xf0\x9f\x98\x80 \xc2\x9b \xe2\x80\xae \xe2\x80\x8b \xe2\x80\xa8";
    ck_assert_str_eq(dumped_name(text, sizeof text - 1), "\"caf\xc3\xa9 \xf0\x9f\x98\x80 \\302\\233 \\342\\200\\256 "
                                                         "\\342\\200\\213 \\342\\200\\250\"\n");
}
END_TEST

START_TEST(locale_without_utf8_gets_ascii)
{
    setlocale(LC_CTYPE, "C");
    ck_assert_str_eq(dumped_name("\xc3\xa9", 2), "\"\\303\\251\"\n");
}
END_TEST

START_TEST(every_byte_in_every_text_stays_on_its_line)
{
    char text[256], out[65536];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    for (unsigned i = 0; i < sizeof text; i++)
        add_name(text + i, sizeof text - i < 4 ? sizeof text - i : 4);
    ck_assert_int_eq(run(&cmd_dump, 1, out, sizeof out), CMD_OK);
    unsigned lines = 0;
    for (const unsigned char *at = (unsigned char *)out; *at; at++) {
        lines += *at == '\n';
        ck_assert(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
    }
    ck_assert_uint_eq(lines, 256);
}
END_TEST

START_TEST(bytes_are_hexadecimal_and_at_most_32)
{
    char out[4096], data[33];
    memset(data, 0x1b, sizeof data);
    struct trace_head head = {.direction = trace_direction_IN, .data = {data, 2}};
    build_trace_add(trace, stream, 1, TRACE_KIND_head, &head);
    head.data.bytes = sizeof data;
    build_trace_add(trace, stream, 1, TRACE_KIND_head, &head);
    ck_assert_int_eq(run(&cmd_dump, 1, out, sizeof out), CMD_OK);
    ck_assert_ptr_nonnull(strstr(out, "direction=IN before=0 data=1b1b\n"));
    ck_assert_ptr_nonnull(
        strstr(out, "data=1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b\xe2\x80\xa6\n"));
}
END_TEST

START_TEST(verify_counts_a_whole_trace)
{
    char out[4096];
    add_name("a", 1);
    add_name("b", 1);
    ck_assert_int_eq(run(&cmd_verify, 1, out, sizeof out), CMD_OK);
    ck_assert_str_eq(out, "1 process, 1 stream, 2 records, no pack, no damage\n");
}
END_TEST

START_TEST(verify_lists_damage_and_fails)
{
    char out[4096], expected[1024];
    add_name("a", 1);
    build_trace_cut(trace, stream);
    add_name("b", 1);
    build_trace_cut(trace, stream);
    const char *packet = build_trace_packet(trace, stream, 1);
    ck_assert(!truncate(packet, 0));
    snprintf(expected, sizeof expected, "imgbench: %s: byte 0: the file is empty; its packet was lost\n", packet);
    ck_assert_int_eq(run(&cmd_verify, 2, out, sizeof out), CMD_FAILURE);
    ck_assert_str_eq(out, expected);
    ck_assert_int_eq(run(&cmd_verify, 1, out, sizeof out), CMD_FAILURE);
    ck_assert_str_eq(out, "1 process, 1 stream, 1 record, no pack, 1 damage\n");
}
END_TEST

START_TEST(dump_shows_twenty_damages_and_counts_the_others)
{
    char out[65536];
    for (unsigned i = 0; i < 25; i++) {
        add_name("a", 1);
        build_trace_cut(trace, stream);
        ck_assert(!truncate(build_trace_packet(trace, stream, i), 0));
    }
    add_name("b", 1);
    ck_assert_int_eq(run(&cmd_dump, 2, out, sizeof out), CMD_OK);
    unsigned lines = 0;
    for (const char *at = out; *at; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, 21);
    ck_assert_ptr_nonnull(strstr(out, "imgbench: and 5 more; 'imgbench verify' lists all\n"));
}
END_TEST

START_TEST(trace_without_one_readable_record_is_a_failure_with_one_line)
{
    char out[4096], expected[1024];
    add_name("a", 1);
    build_trace_cut(trace, stream);
    ck_assert(!truncate(build_trace_packet(trace, stream, 0), 80));
    ck_assert_int_eq(run(&cmd_dump, 2, out, sizeof out), CMD_FAILURE);
    snprintf(
        expected, sizeof expected,
        "imgbench: %s: not one record could be read; record the run again (%s: byte 80: the file ends here, but its "
        "packet has 120 bytes)\n",
        build_trace_path(trace), build_trace_packet(trace, stream, 0));
    ck_assert_str_eq(out, expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dump and verify");
    TCase *group = tcase_create("lines");
    tcase_add_checked_fixture(group, set_up, tear_down);
    tcase_add_test(group, fields_are_printed_by_name_and_unit);
    tcase_add_test(group, hostile_text_stays_one_printable_line);
    tcase_add_test(group, invalid_utf8_is_escaped);
    tcase_add_test(group, valid_utf8_is_shown_and_its_control_characters_are_not);
    tcase_add_test(group, locale_without_utf8_gets_ascii);
    tcase_add_test(group, every_byte_in_every_text_stays_on_its_line);
    tcase_add_test(group, bytes_are_hexadecimal_and_at_most_32);
    tcase_add_test(group, verify_counts_a_whole_trace);
    tcase_add_test(group, verify_lists_damage_and_fails);
    tcase_add_test(group, dump_shows_twenty_damages_and_counts_the_others);
    tcase_add_test(group, trace_without_one_readable_record_is_a_failure_with_one_line);
    suite_add_tcase(suite, group);
    return suite_run(suite);
}
