/* SPDX-License-Identifier: MIT
 * Owns: the claims about kept originals: their names, which file's each is, why one is not there, what is thrown away.
 * Must not know: how they are kept. */
#include "analyzer/load/originals.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/writer/directory.h"
#include "tests/unit/parts/scene.h"
#include "tests/unit/parts/suite.h"
#include "trace/original_name.h"

#define CHANGED UINT64_C(1000000000123456789)

static void has_name(struct original_name name, const char *text)
{
    char printed[ORIGINAL_NAME_BYTES];
    struct original_name parsed = {0};
    memset(printed, 'x', sizeof printed);
    original_name_print(&name, printed);
    ck_assert_str_eq(printed, text);
    ck_assert(original_name_parse(text, &parsed));
    ck_assert(parsed.device == name.device && parsed.inode == name.inode && parsed.changed_ns == name.changed_ns &&
              parsed.bytes == name.bytes);
}

START_TEST(a_name_says_which_content_it_is)
{
    has_name((struct original_name){0, 0, 0, 0}, "0-0-0-0");
    has_name((struct original_name){0xfe00, 10, 0x18ec217888853b50, 1}, "fe00-a-18ec217888853b50-1");
    has_name((struct original_name){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
             "ffffffffffffffff-ffffffffffffffff-ffffffffffffffff-ffffffffffffffff");
}
END_TEST

START_TEST(other_names_are_none)
{
    static const char *const wrong[] = {"",
                                        "1",
                                        "1-2-3",
                                        "1-2-3-",
                                        "1-2-3-4-",
                                        "1-2-3-4-5",
                                        "-2-3-4",
                                        "1--3-4",
                                        "01-2-3-4",
                                        "1-2-3-00",
                                        "1-2-3-A",
                                        "1-2-3-g",
                                        "1-2-3-4 ",
                                        " 1-2-3-4",
                                        "1-2-3-4\n",
                                        ".1-2-3-4",
                                        "10000000000000000-2-3-4",
                                        "0x1-2-3-4"};
    struct original_name name = {7, 7, 7, 7};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(!original_name_parse(wrong[i], &name), "'%s'", wrong[i]);
        ck_assert_uint_eq(name.device, 7);
    }
}
END_TEST

static void put(const char *path, const char *bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert(file && fputs(bytes, file) >= 0 && fclose(file) == 0);
}

static void set_changed(const char *path, uint64_t changed_ns)
{
    struct timespec time = {(time_t)(changed_ns / 1000000000), (long)(changed_ns % 1000000000)};
    ck_assert(utimensat(AT_FDCWD, path, (struct timespec[2]){time, time}, 0) == 0);
}

/* A kept file with so many bytes that its name says. */
static void keep(const char *trace, struct original_name name, const char *content)
{
    char path[400], text[ORIGINAL_NAME_BYTES];
    snprintf(path, sizeof path, "%s/originals", trace);
    mkdir(path, 0700);
    original_name_print(&name, text);
    snprintf(path, sizeof path, "%s/originals/%s", trace, text);
    put(path, content);
}

static void is_found(const char *trace, const struct image_file *file, const char *name)
{
    char *path = originals_find(trace, file), wanted[400];
    snprintf(wanted, sizeof wanted, "%s/originals/%s", trace, name ? name : "");
    ck_assert_pstr_eq(path, name ? wanted : NULL);
    free(path);
}

START_TEST(the_file_of_exactly_that_content_is_found)
{
    char trace[] = "originals.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(trace));
    struct image_file file = {.device = 1, .inode = 2, .bytes = 4, .changed_from_ns = 100, .changed_to_ns = 100};
    is_found(trace, &file, NULL);
    keep(trace, (struct original_name){1, 2, 100, 4}, "four");
    keep(trace, (struct original_name){1, 2, 200, 4}, "FOUR");
    is_found(trace, &file, "1-2-64-4");
    struct image_file_state state;
    char *path = originals_find(trace, &file);
    ck_assert(originals_state(path, &state));
    int fd = image_file_open(path, &state);
    ck_assert_int_ge(fd, 0);
    close(fd);
    free(path);
    ck_assert(!originals_state("nothing", &state));
    struct image_file other = file;
    other.device = 2;
    is_found(trace, &other, NULL);
    other = file, other.inode = 3;
    is_found(trace, &other, NULL);
    other = file, other.bytes = 5;
    is_found(trace, &other, NULL);
    other = file, other.bytes = UNKNOWN;
    is_found(trace, &other, NULL);
    other = file, other.changed_from_ns = other.changed_to_ns = 101;
    is_found(trace, &other, NULL);
    other = file, other.changed_from_ns = other.changed_to_ns = UNKNOWN;
    is_found(trace, &other, NULL);
    /* Changed between two moments. */
    other = file, other.changed_from_ns = 150, other.changed_to_ns = 250;
    is_found(trace, &other, "1-2-c8-4");
    other.changed_to_ns = 199;
    is_found(trace, &other, NULL);
}
END_TEST

START_TEST(a_file_that_is_not_as_long_as_its_name_says_is_none)
{
    char trace[] = "originals.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(trace));
    struct image_file file = {.device = 1, .inode = 2, .bytes = 4, .changed_from_ns = 100, .changed_to_ns = 100};
    keep(trace, (struct original_name){1, 2, 100, 4}, "fou");
    is_found(trace, &file, NULL);
    struct run run = {.trace_path = trace, .originals.wanted = true};
    ck_assert_int_eq(originals_ask(&run, &file, NULL), ORIGINALS_CHANGED);
}
END_TEST

/* The file itself, under a name in the trace. */
START_TEST(a_link_that_was_changed_since_is_none)
{
    char trace[] = "originals.XXXXXX", path[400], name[ORIGINAL_NAME_BYTES];
    struct stat status;
    ck_assert_ptr_nonnull(mkdtemp(trace));
    keep(trace, (struct original_name){1, 1, 1, 1}, "x");
    snprintf(path, sizeof path, "%s/image", trace);
    put(path, "four");
    set_changed(path, CHANGED);
    ck_assert(stat(path, &status) == 0);
    struct image_file file = {.device = status.st_dev,
                              .inode = status.st_ino,
                              .bytes = 4,
                              .changed_from_ns = CHANGED,
                              .changed_to_ns = CHANGED};
    char kept[500];
    original_name_print(&(struct original_name){status.st_dev, status.st_ino, CHANGED, 4}, name);
    snprintf(kept, sizeof kept, "%s/originals/%s", trace, name);
    ck_assert(link(path, kept) == 0);
    is_found(trace, &file, name);
    set_changed(kept, CHANGED + 1);
    is_found(trace, &file, NULL);
    struct run run = {.trace_path = trace, .originals.wanted = true};
    ck_assert_int_eq(originals_ask(&run, &file, NULL), ORIGINALS_CHANGED);
}
END_TEST

static void missed(struct actor actor, double ms, uint64_t inode, enum trace_keeping how)
{
    ACT(actor, ms, original, .duration_ns = MS, .device = 1, .inode = inode, .changed_ns = 100, .bytes = 4, .how = how,
        .error = how == trace_keeping_FAILED ? 28 : 0);
}

START_TEST(a_trace_says_why_an_original_is_not_there)
{
    struct scene scene = scene_new();
    struct actor tool = scene_process(&scene, 100, 1, 0);
    missed(tool, 10, 2, trace_keeping_QUOTA);
    missed(tool, 20, 3, trace_keeping_LOCKED);
    missed(tool, 30, 4, trace_keeping_FAILED);
    missed(tool, 40, 5, trace_keeping_COPIED);
    missed(tool, 50, 6, trace_keeping_LINKED);
    missed(tool, 60, 7, trace_keeping_CLONED);
    act_end(tool, 70, 0, 0);
    struct run *run = scene_run(&scene);
    scene_free(&scene);
    ck_assert_uint_eq(run->originals.kept, 3);
    ck_assert_uint_eq(run->originals.kept_bytes, 12);
    ck_assert_uint_eq(run->originals.ns, 6 * MS);
    ck_assert_uint_eq(run->originals.missed_count, 3);
    ck_assert_int_eq(run->originals.missed[2].error, 28);
    for (unsigned why = 0; why < ORIGINAL_MISSED_WHYS; why++)
        ck_assert_uint_eq(run->originals.missed_total[why], 1);
    struct image_file file = {.device = 1, .inode = 2, .bytes = 4, .changed_from_ns = 90, .changed_to_ns = 110};
    ck_assert_int_eq(originals_ask(run, &file, NULL), ORIGINALS_NO_ROOM);
    file.inode = 3;
    ck_assert_int_eq(originals_ask(run, &file, NULL), ORIGINALS_LOCKED);
    file.inode = 4;
    ck_assert_int_eq(originals_ask(run, &file, NULL), ORIGINALS_FAILED);
    file.inode = 5; /* kept once, and thrown away by somebody */
    ck_assert_int_eq(originals_ask(run, &file, NULL), ORIGINALS_NOT_WANTED);
    run->originals.wanted = true;
    ck_assert_int_eq(originals_ask(run, &file, NULL), ORIGINALS_NOT_SEEN);
    for (enum originals_answer answer = ORIGINALS_FOUND; answer <= ORIGINALS_NOT_SEEN; answer++)
        ck_assert((originals_reason(answer) != NULL) == (answer != ORIGINALS_FOUND));
    run_free(run);
}
END_TEST

static void begin(const char *trace, uint32_t keeps)
{
    const struct trace_control control = {.magic = TRACE_CONTROL_MAGIC,
                                          .version = TRACE_VERSION,
                                          .state = TRACE_STATE_RECORDING,
                                          .bytes_used = 1000000,
                                          .quota_bytes = 2000000,
                                          .keeps = keeps};
    ck_assert_int_eq(writer_directory_begin(trace, &control), 0);
}

static uint64_t used(const char *trace)
{
    struct trace_control *control;
    ck_assert_int_eq(writer_directory_map(trace, &control), 0);
    uint64_t bytes = control->bytes_used;
    munmap(control, TRACE_CONTROL_BYTES);
    return bytes;
}

static bool has(const char *trace, const char *name)
{
    char path[400];
    struct stat status;
    snprintf(path, sizeof path, "%s/originals/%s", trace, name);
    return lstat(path, &status) == 0;
}

static const char gif[] = "GIF89a\x08\1\x08\1\x80\1\1\1\1\1\xff\xff\xff;", text[] = "a log of some length\n";

START_TEST(what_is_no_image_is_thrown_away_after_the_run)
{
    char trace[] = "originals.XXXXXX", path[400];
    struct originals_sum sum = {1, 100};
    ck_assert_ptr_nonnull(mkdtemp(trace));
    originals_prune(trace, &sum); /* no trace */
    begin(trace, 1);
    originals_prune(trace, &sum); /* no directory */
    ck_assert_uint_eq(sum.count, 1);
    keep(trace, (struct original_name){1, 2, 100, sizeof gif - 1}, gif);
    keep(trace, (struct original_name){1, 3, 100, sizeof text - 1}, text);
    keep(trace, (struct original_name){1, 4, 100, 3}, gif); /* not what it was */
    snprintf(path, sizeof path, "%s/originals/notes", trace);
    put(path, "somebody's");
    originals_prune(trace, &sum);
    ck_assert_uint_eq(sum.count, 2);
    ck_assert_uint_eq(sum.bytes, 100 + sizeof gif - 1);
    ck_assert(access(path, F_OK) == 0);
    struct image_file file = {
        .device = 1, .inode = 2, .bytes = sizeof gif - 1, .changed_from_ns = 100, .changed_to_ns = 100};
    is_found(trace, &file, "1-2-64-14");
    ck_assert(!has(trace, "1-3-64-15"));
    ck_assert(!has(trace, "1-4-64-3"));
    ck_assert_uint_eq(used(trace), 1000000 - (sizeof text - 1) - 3);
}
END_TEST

START_TEST(what_may_be_an_image_stays)
{
    static const char *const images[] = {"\1\2 of any binary format",
                                         "%PDF-1.4\n",
                                         "%!PS-Adobe-3.0 EPSF-3.0\n",
                                         "#?RADIANCE\n",
                                         "/* XPM */\nstatic char *",
                                         "#define x_width 8\n",
                                         "SIMPLE  =    T",
                                         "P3\n1 1\n255\n1 2 3\n"};
    static const char *const others[] = {"%", "P8", "P", "\x1b[31mred\x1b[0m\t\r\n\f\v", "na\xc3\xafve", "<html>"};
    char trace[] = "originals.XXXXXX";
    struct originals_sum sum = {0, 0};
    const size_t count = sizeof images / sizeof *images;
    ck_assert_ptr_nonnull(mkdtemp(trace));
    begin(trace, 1);
    for (size_t i = 0; i < count; i++)
        keep(trace, (struct original_name){1, i, 100, strlen(images[i])}, images[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        keep(trace, (struct original_name){2, i, 100, strlen(others[i])}, others[i]);
    originals_prune(trace, &sum);
    ck_assert_uint_eq(sum.count, count);
    for (size_t i = 0; i < count; i++) {
        char name[ORIGINAL_NAME_BYTES];
        original_name_print(&(struct original_name){1, i, 100, strlen(images[i])}, name);
        ck_assert_msg(has(trace, name), "%s", images[i]);
    }
}
END_TEST

START_TEST(nothing_outside_of_the_trace_is_thrown_away)
{
    char trace[] = "originals.XXXXXX", other[] = "other.XXXXXX", path[400], to[400];
    struct originals_sum sum = {0, 0};
    ck_assert(mkdtemp(trace) && mkdtemp(other));
    keep(other, (struct original_name){1, 3, 100, sizeof text - 1}, text);
    begin(other, 0);
    originals_prune(other, &sum); /* a trace that keeps none */
    ck_assert(has(other, "1-3-64-15"));
    begin(trace, 1);
    snprintf(to, sizeof to, "../%s/originals", other);
    snprintf(path, sizeof path, "%s/originals", trace);
    ck_assert(symlink(to, path) == 0);
    ck_assert(has(trace, "1-3-64-15"));
    originals_prune(trace, &sum);
    ck_assert(has(other, "1-3-64-15"));
    ck_assert_uint_eq(used(trace), 1000000);
    struct image_file file = {
        .device = 1, .inode = 3, .bytes = sizeof text - 1, .changed_from_ns = 100, .changed_to_ns = 100};
    is_found(trace, &file, NULL);
}
END_TEST

START_TEST(a_part_of_a_copy_goes_when_its_process_is_gone)
{
    char trace[] = "originals.XXXXXX", name[3][100], path[400];
    struct originals_sum sum = {0, 0};
    ck_assert_ptr_nonnull(mkdtemp(trace));
    begin(trace, 1);
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(gone, NULL, 0), gone);
    keep(trace, (struct original_name){1, 2, 100, sizeof gif - 1}, gif);
    snprintf(name[0], sizeof *name, ".1-3-64-3e8-%d-%d-5", (int)gone, (int)gone);
    snprintf(name[1], sizeof *name, ".1-3-64-3e8-%d-%d-5", (int)getpid(), (int)getpid());
    snprintf(name[2], sizeof *name, ".1-3-64-%d", (int)gone);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/originals/%s", trace, name[i]);
        put(path, "half");
    }
    originals_prune(trace, &sum);
    ck_assert(!has(trace, name[0]));
    ck_assert(has(trace, name[1]) && has(trace, name[2]) && has(trace, "1-2-64-14"));
    ck_assert_uint_eq(used(trace), 1000000 - 1000);
}
END_TEST

int main(void)
{
    char place[] = "/tmp/imgbench-test-originals.XXXXXX";
    if (!mkdtemp(place) || chdir(place))
        return 1;
    Suite *suite = suite_create("originals");
    TCase *all = tcase_create("all");
    tcase_add_test(all, a_name_says_which_content_it_is);
    tcase_add_test(all, other_names_are_none);
    tcase_add_test(all, the_file_of_exactly_that_content_is_found);
    tcase_add_test(all, a_file_that_is_not_as_long_as_its_name_says_is_none);
    tcase_add_test(all, a_link_that_was_changed_since_is_none);
    tcase_add_test(all, a_trace_says_why_an_original_is_not_there);
    tcase_add_test(all, what_is_no_image_is_thrown_away_after_the_run);
    tcase_add_test(all, what_may_be_an_image_stays);
    tcase_add_test(all, nothing_outside_of_the_trace_is_thrown_away);
    tcase_add_test(all, a_part_of_a_copy_goes_when_its_process_is_gone);
    suite_add_tcase(suite, all);
    int failed = suite_run(suite);
    char command[200];
    snprintf(command, sizeof command, "rm -r %s", place);
    return system(command) || failed;
}
