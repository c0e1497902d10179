/* SPDX-License-Identifier: MIT
 * Owns: tests that cut and broken images do no harm. Every parse reads a heap block of exactly the given size, so
 * AddressSanitizer (make SANITIZE=1) sees one byte too many.
 * Must not know: formats. */
#include "analyzer/headers/image_header.h"
#include "tests/unit/parts/suite.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 4096, FILES_MAX = 64, MUTATIONS = 200000 };

static struct {
    uint8_t data[FILES_MAX][HEAD];
    size_t bytes[FILES_MAX];
    size_t count;
} heads;

static void load(const char *pattern)
{
    glob_t found;
    ck_assert_msg(glob(pattern, 0, NULL, &found) == 0, "%s: nothing there", pattern);
    for (size_t i = 0; i < found.gl_pathc && heads.count < FILES_MAX; i++) {
        FILE *file = fopen(found.gl_pathv[i], "rb");
        ck_assert(file != NULL);
        heads.bytes[heads.count] = fread(heads.data[heads.count], 1, HEAD, file);
        heads.count++;
        fclose(file);
    }
    globfree(&found);
}

static void make_files(void)
{
    static const char commands[] =
        "S=/usr/share/libjxl-testdata/jxl/flower/flower_small.rgb.depth8.ppm;"
        "convert-im6.q16 $S -crop 64x64+9+9 +repage s.png && convert-im6.q16 s.png s.bmp &&"
        "convert-im6.q16 s.png s.tif && convert-im6.q16 s.png s.heic &&"
        "cwebp -quiet s.png -o y.webp && cwebp -quiet -lossless s.png -o l.webp &&"
        "avifenc -s 10 s.png a.avif > log && avifenc -s 10 --grid 2x2"
        " /usr/share/libjxl-testdata/external/wesaturate/500px/u76c0g_bliznaca_srgb8.png g.avif"
        " > log && printf '<svg height=\"3mm\" width=\"4\" viewBox=\"0 0 1e1 4\"><!-- --><path/></svg>' > v.svg &&"
        "convert-im6.q16 s.png s.png -colors 16 p.tif && avifenc -s 10 s.png s.png -o q.avif > log &&"
        "cjpeg -quality 10 $S > c.jpg 2>&-";
    ck_assert_msg(system(commands) == 0, "failed: %s", commands);
    load("[a-z].*");
    load("/usr/share/libjxl-testdata/jxl/*.gif");
    load("/usr/share/libjxl-testdata/jxl/*.jxl");
    load("/usr/share/libjxl-testdata/jxl/jpeg_reconstruction/1x1*");
    load("/usr/share/libjxl-testdata/jxl/flower/*420_[np]*.jpg");
    load("/usr/share/libjxl-testdata/jxl/flower/*a.depth8.pam");
    load("/usr/share/libjxl-testdata/external/pngsuite/[eg]*.png");
    ck_assert_uint_ge(heads.count, 20);
}

static enum image_format parse_exactly(const uint8_t *data, size_t bytes)
{
    struct image_facts facts;
    uint8_t *block = malloc(bytes ? bytes : 1);
    ck_assert(block != NULL);
    memcpy(block, data, bytes);
    bool known = image_header_parse(block, bytes, &facts);
    free(block);
    ck_assert(known == (facts.format != FORMAT_UNKNOWN));
    ck_assert(facts.width >= -1 && facts.height >= -1 && facts.palette >= -1 && facts.frames >= -1);
    ck_assert(facts.orientation == -1 || (facts.orientation >= 1 && facts.orientation <= 8));
    return facts.format;
}

START_TEST(every_prefix_is_parsed_without_reading_past_it)
{
    for (size_t i = 0; i < heads.count; i++) {
        enum image_format format = parse_exactly(heads.data[i], heads.bytes[i]);
        ck_assert(format != FORMAT_UNKNOWN);
        for (size_t bytes = 0; bytes < heads.bytes[i]; bytes++) {
            enum image_format shorter = parse_exactly(heads.data[i], bytes);
            ck_assert(shorter == format || bytes < 64);
        }
    }
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

START_TEST(mutated_heads_do_no_harm)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < MUTATIONS; round++) {
        size_t i = next_random(&state) % heads.count;
        uint8_t mutant[1024];
        size_t bytes = heads.bytes[i] < sizeof mutant ? heads.bytes[i] : sizeof mutant;
        memcpy(mutant, heads.data[i], bytes);
        for (uint64_t changes = 1 + next_random(&state) % 8; changes > 0; changes--) {
            uint64_t random = next_random(&state);
            size_t at = random % (random & 1 << 20 ? bytes : bytes < 128 ? bytes : 128); /* headers stand in front */
            mutant[at] = random >> 32 & 1 ? (uint8_t)(random >> 40) : edges[(random >> 40) % sizeof edges];
        }
        parse_exactly(mutant, bytes - (next_random(&state) % 4 ? 0 : next_random(&state) % bytes));
    }
}
END_TEST

int main(void)
{
    char directory[] = "/tmp/imgbench-damage-XXXXXX", command[64];
    if (!mkdtemp(directory) || chdir(directory) != 0)
        return 1;
    Suite *suite = suite_create("image_header_damage");
    TCase *tcase = tcase_create("damage");
    tcase_set_timeout(tcase, 120);
    tcase_add_unchecked_fixture(tcase, make_files, NULL);
    tcase_add_test(tcase, every_prefix_is_parsed_without_reading_past_it);
    tcase_add_test(tcase, mutated_heads_do_no_harm);
    suite_add_tcase(suite, tcase);
    int result = suite_run(suite);
    snprintf(command, sizeof command, "rm -r %s", directory);
    return chdir("/") == 0 && system(command) == 0 ? result : 1;
}
