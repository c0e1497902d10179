/* SPDX-License-Identifier: MIT
 * Owns: tests of reading facts from a file: the same as from memory, and only while it is the file that was seen.
 * Must not know: formats. */
#include "analyzer/headers/image_file.h"
#include "tests/unit/parts/suite.h"
#include "analyzer/headers/image_header.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA "/usr/share/libjxl-testdata/"

static struct image_file_state state_of(const char *path)
{
    struct stat status;
    ck_assert_msg(stat(path, &status) == 0, "%s: not there", path);
    uint64_t changed_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
    return (struct image_file_state){status.st_dev, status.st_ino, (uint64_t)status.st_size, changed_ns, changed_ns};
}

static void put(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    ck_assert(file && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
}

/* A GIF of so many frames, each followed by sub-blocks of no use that make it so long. */
static void put_gif(const char *path, int frames, size_t padding)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fwrite("GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xff\xff\xff", 1, 19, file);
    for (int i = 0; i < frames; i++) {
        static const char block[256] = {(char)255, 1};
        fwrite("\x2c\0\0\0\0\x08\0\x08\0\0\x02", 1, 11, file);
        for (size_t bytes = 0; bytes < padding; bytes += sizeof block)
            fwrite(block, 1, sizeof block, file);
        fwrite("\0", 1, 1, file);
    }
    fwrite(";", 1, 1, file);
    ck_assert(fclose(file) == 0);
}

START_TEST(a_file_says_what_its_bytes_say)
{
    static uint8_t content[16 << 20];
    static const char *const patterns[] = {DATA "jxl/*.jxl",
                                           DATA "jxl/*.gif",
                                           DATA "jxl/flower/*.jpg",
                                           DATA "jxl/flower/*depth16*",
                                           DATA "external/*/*.png",
                                           DATA "external/*/*/*.png",
                                           "made.*"};
    ck_assert(system("S=" DATA "jxl/flower/flower_small.rgb.depth8.ppm; convert-im6.q16 $S made.tif &&"
                     "convert-im6.q16 $S $S made.tiff && convert-im6.q16 $S made.heic && convert-im6.q16 $S made.bmp &&"
                     "convert-im6.q16 $S made.png && cwebp -quiet made.png -o made.webp &&"
                     "avifenc -s 10 made.png made.avif > log &&"
                     "printf '<svg width=\"3\" height=\"4\">' > made.svg") == 0);
    size_t files = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        glob_t found;
        ck_assert_msg(glob(patterns[i], 0, NULL, &found) == 0, "%s: nothing there", patterns[i]);
        for (size_t k = 0; k < found.gl_pathc; k++, files++) {
            const char *path = found.gl_pathv[k];
            FILE *file = fopen(path, "rb");
            ck_assert_ptr_nonnull(file);
            size_t bytes = fread(content, 1, sizeof content, file);
            fclose(file);
            struct image_facts whole, read;
            memset(&read, 0, sizeof read);
            struct image_file_state state = state_of(path);
            bool known = image_header_parse(content, bytes, &whole);
            ck_assert_msg(image_file_parse(path, &state, &read) == known, "%s", path);
            ck_assert_msg(!known || (whole.format == read.format && whole.width == read.width &&
                                     whole.height == read.height && whole.depth == read.depth &&
                                     whole.frames == read.frames && whole.icc == read.icc && whole.exif == read.exif &&
                                     whole.xmp == read.xmp && whole.alpha == read.alpha &&
                                     whole.orientation == read.orientation && whole.lossless == read.lossless &&
                                     whole.subsampling == read.subsampling && whole.palette == read.palette &&
                                     whole.quantizer == read.quantizer &&
                                     memcmp(&whole.quality, &read.quality, sizeof whole.quality) == 0),
                          "%s", path);
        }
        globfree(&found);
    }
    ck_assert_uint_ge(files, 60);
}
END_TEST

START_TEST(a_file_that_changed_says_nothing)
{
    struct image_facts facts = {.width = 77};
    put_gif("a.gif", 3, 0);
    struct image_file_state state = state_of("a.gif"), other;
    ck_assert(image_file_parse("a.gif", &state, &facts) && facts.frames == 3 && facts.width == 8);
    facts.width = 77;
#define EXPECT_NOTHING(change)                                                                                         \
    other = state;                                                                                                     \
    other.change;                                                                                                      \
    ck_assert_msg(!image_file_parse("a.gif", &other, &facts) && facts.width == 77, #change)
    EXPECT_NOTHING(device++);
    EXPECT_NOTHING(inode++);
    EXPECT_NOTHING(bytes++);
    EXPECT_NOTHING(changed_from_ns++);
    EXPECT_NOTHING(changed_to_ns--);
    other = state;
    other.changed_from_ns -= 1000;
    other.changed_to_ns += 1000;
    ck_assert(image_file_parse("a.gif", &other, &facts));
    /* Another file of that name, of the same length and time. */
    facts.width = 77;
    put_gif("b.gif", 3, 0);
    struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = (time_t)(state.changed_to_ns / 1000000000), .tv_nsec = (long)(state.changed_to_ns % 1000000000)}};
    ck_assert(utimensat(AT_FDCWD, "b.gif", times, 0) == 0 && rename("b.gif", "a.gif") == 0);
    ck_assert(!image_file_parse("a.gif", &state, &facts));
    ck_assert(unlink("a.gif") == 0 && !image_file_parse("a.gif", &state, &facts) && facts.width == 77);
}
END_TEST

START_TEST(what_is_no_regular_file_is_not_opened)
{
    struct image_facts facts;
    ck_assert(mkfifo("pipe", 0600) == 0 && mkdir("directory", 0700) == 0);
    struct image_file_state state = state_of("pipe");
    ck_assert(!image_file_parse("pipe", &state, &facts)); /* and does not wait for a writer */
    state = state_of("directory");
    ck_assert(!image_file_parse("directory", &state, &facts));
    state = state_of("/dev/zero");
    ck_assert(!image_file_parse("/dev/zero", &state, &facts));
    put("empty", "", 0);
    state = state_of("empty");
    ck_assert(!image_file_parse("empty", &state, &facts));
    put("text", "no image", 8);
    state = state_of("text");
    ck_assert(!image_file_parse("text", &state, &facts));
}
END_TEST

START_TEST(a_link_leads_to_the_file)
{
    struct image_facts facts;
    put_gif("c.gif", 2, 0);
    ck_assert(symlink("c.gif", "link") == 0);
    struct image_file_state state = state_of("c.gif");
    ck_assert(image_file_parse("link", &state, &facts) && facts.frames == 2);
}
END_TEST

START_TEST(frames_of_a_long_file_are_counted_up_to_a_limit)
{
    struct image_facts facts;
    put_gif("long.gif", 100, 200000);
    struct image_file_state state = state_of("long.gif");
    ck_assert(image_file_parse("long.gif", &state, &facts) && facts.frames == 100);
    put_gif("long.gif", 100, 800000);
    state = state_of("long.gif");
    facts.frames = 5;
    ck_assert_uint_gt(state.bytes, IMAGE_FILE_READ_MAX);
    ck_assert(!image_file_parse("long.gif", &state, &facts) && facts.frames == 5);
    /* A directory far behind is read without what lies in between. */
    FILE *file = fopen("far.tif", "wb");
    ck_assert_ptr_nonnull(file);
    fwrite("II*\0\0\0\0\x70", 1, 8, file);
    ck_assert(fseeko(file, 0x70000000, SEEK_SET) == 0);
    fwrite("\1\0\0\1\3\0\1\0\0\0\x05\0\0\0\0\0\0\0", 1, 18, file);
    ck_assert(fclose(file) == 0);
    state = state_of("far.tif");
    ck_assert(image_file_parse("far.tif", &state, &facts) && facts.width == 5 && facts.frames == 1);
}
END_TEST

int main(void)
{
    char directory[] = "/tmp/imgbench-file-XXXXXX", command[64];
    if (!mkdtemp(directory) || chdir(directory) != 0)
        return 1;
    Suite *suite = suite_create("image_file");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_file_says_what_its_bytes_say);
    tcase_add_test(tests, a_file_that_changed_says_nothing);
    tcase_add_test(tests, what_is_no_regular_file_is_not_opened);
    tcase_add_test(tests, a_link_leads_to_the_file);
    tcase_add_test(tests, frames_of_a_long_file_are_counted_up_to_a_limit);
    suite_add_tcase(suite, tests);
    int result = suite_run(suite);
    snprintf(command, sizeof command, "rm -r %s", directory);
    return chdir("/") == 0 && system(command) == 0 ? result : 1;
}
