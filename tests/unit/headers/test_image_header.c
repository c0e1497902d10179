/* SPDX-License-Identifier: MIT
 * Owns: tests of the image header parsers on real images: the files of the package libjxl-testdata, and files made here
 * by the tools people use.
 * Must not know: how a parser works. */
#include "analyzer/headers/facts/jpeg_quality.h"
#include "analyzer/headers/image_header.h"
#include "tests/unit/parts/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA   "/usr/share/libjxl-testdata/"
#define FLOWER DATA "jxl/flower/"
#define PHOTO  DATA "external/wesaturate/500px/u76c0g_bliznaca_srgb8.png"
#define CLEAR  DATA "external/wesaturate/500px/tmshre_riaphotographs_alpha.png"

enum { HEAD = 1024, WHOLE = 16 << 20 };

static uint8_t content[WHOLE];

static size_t load(const char *path, size_t most)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s: not there", path);
    size_t bytes = fread(content, 1, most, file);
    fclose(file);
    return bytes;
}

/* Every test runs in the same scratch directory, so a command's files have short names. */
static void make(const char *command)
{
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static double fact(const struct image_facts *facts, const char *name, size_t name_bytes)
{
    const struct {
        const char *name;
        double value;
    } all[] = {
        {"width", (double)facts->width},
        {"height", (double)facts->height},
        {"depth", facts->depth},
        {"channels", facts->channels},
        {"frames", facts->frames},
        {"icc", facts->icc},
        {"exif", facts->exif},
        {"xmp", facts->xmp},
        {"alpha", facts->alpha},
        {"orientation", facts->orientation},
        {"lossless", facts->lossless},
        {"progressive", facts->progressive},
        {"subsampling", facts->subsampling},
        {"palette", facts->palette},
        {"quality", facts->quality},
        {"rmse", facts->quality_rmse},
        {"quantizer", facts->quantizer},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strlen(all[i].name) == name_bytes && memcmp(all[i].name, name, name_bytes) == 0)
            return all[i].value;
    ck_abort_msg("no such fact: %s", name);
}

/* wanted: a format's key, then "fact=value" words. */
static void expect_bytes(const char *what, size_t bytes, const char *wanted)
{
    struct image_facts facts;
    ck_assert_msg(image_header_parse(content, bytes, &facts), "%s: unknown", what);
    size_t key_bytes = strcspn(wanted, " ");
    const char *key = format_key(facts.format);
    ck_assert_msg(strlen(key) == key_bytes && memcmp(key, wanted, key_bytes) == 0, "%s: is %s", what, key);
    for (const char *word = wanted + key_bytes; *word;) {
        word += strspn(word, " ");
        size_t name_bytes = strcspn(word, "=");
        char *end;
        double value = strtod(word + name_bytes + 1, &end), found = fact(&facts, word, name_bytes);
        ck_assert_msg(fabs(found - value) < 1e-9, "%s: %.*s is %g", what, (int)(end - word), word, found);
        word = end;
    }
}

static void expect(const char *path, size_t most, const char *wanted)
{
    expect_bytes(path, load(path, most), wanted);
}

static size_t insert(size_t bytes, size_t at, const void *extra, size_t extra_bytes)
{
    memmove(content + at + extra_bytes, content + at, bytes - at);
    memcpy(content + at, extra, extra_bytes);
    return bytes + extra_bytes;
}

static void make_sources(void)
{
    make("convert-im6.q16 " FLOWER "flower_small.rgb.depth8.ppm -strip source.png");
    make("convert-im6.q16 " CLEAR " -strip clear.png");
}

START_TEST(jpeg_head_tells_size_sampling_mode_and_quality)
{
#define JPEG_2268                                                                                                      \
    "jpeg width=2268 height=1512 depth=8 lossless=0 frames=1 icc=0 exif=0 xmp=0 alpha=0 quality=85 rmse=0 "
    expect(FLOWER "flower.png.im_q85_420.jpg", HEAD, JPEG_2268 "channels=3 subsampling=420 progressive=0");
    expect(FLOWER "flower.png.im_q85_420_progr.jpg", HEAD, JPEG_2268 "channels=3 subsampling=420 progressive=1");
    expect(FLOWER "flower.png.im_q85_420_R13B.jpg", HEAD, JPEG_2268 "channels=3 subsampling=420 progressive=0");
    expect(FLOWER "flower.png.im_q85_422.jpg", HEAD, JPEG_2268 "channels=3 subsampling=422 progressive=0");
    expect(FLOWER "flower.png.im_q85_440.jpg", HEAD, JPEG_2268 "channels=3 subsampling=440");
    expect(FLOWER "flower.png.im_q85_444.jpg", HEAD, JPEG_2268 "channels=3 subsampling=444");
    expect(FLOWER "flower.png.im_q85_444_1x2.jpg", HEAD, JPEG_2268 "channels=3 subsampling=444");
    expect(FLOWER "flower.png.im_q85_gray.jpg", HEAD, JPEG_2268 "channels=1 subsampling=400");
    expect(FLOWER "flower.png.im_q85_asymmetric.jpg", HEAD, JPEG_2268 "subsampling=-1");
    expect(FLOWER "flower.png.im_q85_luma_subsample.jpg", HEAD, JPEG_2268 "subsampling=-1");
    expect(FLOWER "flower.png.im_q85_rgb_subsample_blue.jpg", HEAD, JPEG_2268 "subsampling=-1");
    expect(FLOWER "flower.png.im_q85_rgb.jpg", HEAD, JPEG_2268 "channels=3 subsampling=444");
    expect(FLOWER "flower_small.q85_420_non_interleaved.jpg", HEAD, "jpeg width=510 height=532 subsampling=420");
}
END_TEST

START_TEST(cjpeg_quality_is_found_exactly)
{
    for (int quality = 10; quality <= 95; quality += 5)
        for (int variant = 0; variant < 4; variant++) {
            static const char *const options[] = {"-sample 1x1", "-sample 2x2", "-progressive", "-baseline -grayscale"};
            char command[256], wanted[128];
            snprintf(command, sizeof command, "cjpeg -quality %d %s " FLOWER "flower_small.rgb.depth8.ppm > q.jpg 2>&-",
                     quality, options[variant]);
            make(command);
            snprintf(wanted, sizeof wanted, "jpeg width=510 height=532 quality=%d rmse=0 subsampling=%d progressive=%d",
                     quality,
                     variant == 0   ? 444
                     : variant == 3 ? 400
                                    : 420,
                     variant == 2);
            expect("q.jpg", HEAD, wanted);
        }
}
END_TEST

START_TEST(quality_of_robidoux_tables_is_found_exactly)
{
    for (int quality = 30; quality <= 95; quality += 13) {
        char command[256], wanted[64];
        snprintf(command, sizeof command,
                 "convert-im6.q16 source.png -define jpeg:q-table=/etc/ImageMagick-6/quantization-table.xml"
                 " -quality %d r.jpg",
                 quality);
        make(command);
        snprintf(wanted, sizeof wanted, "jpeg quality=%d rmse=0", quality);
        expect("r.jpg", HEAD, wanted);
    }
}
END_TEST

START_TEST(foreign_tables_fit_with_an_error)
{
    uint16_t table[64];
    for (int i = 0; i < 64; i++)
        table[i] = (uint16_t)(64 - i);
    double rmse, quality = jpeg_quality(table, NULL, false, &rmse);
    ck_assert(quality >= 1 && quality <= 100 && rmse > 1);
    ck_assert(isnan(jpeg_quality(NULL, NULL, false, &rmse)) && isnan(rmse));
    for (int i = 0; i < 64; i++) /* Robidoux's corner at quality 10 is beyond 8 bits: so are its neighbours */
        table[i] = (uint16_t)(i == 63 ? 2090 : table[i]);
    ck_assert(jpeg_quality(table, NULL, true, &rmse) == jpeg_quality(table, NULL, false, &rmse));
}
END_TEST

START_TEST(jpeg_metadata_is_seen)
{
    static const uint8_t exif[] = "\xff\xe1\0\x22"
                                  "Exif\0\0II\x2a\0\x8\0\0\0\x1\0\x12\x1\x3\0\x1\0\0\0\x6\0\0\0\0\0\0";
    static const uint8_t icc[] = "\xff\xe2\0\x10"
                                 "ICC_PROFILE\0\x1";
    make("cjpeg -quality 75 " FLOWER "flower_small.rgb.depth8.ppm > plain.jpg");
    size_t bytes = insert(load("plain.jpg", HEAD), 2, exif, sizeof exif);
    bytes = insert(bytes, 2, icc, sizeof icc);
    expect_bytes("plain.jpg with Exif and ICC", bytes, "jpeg width=510 exif=1 orientation=6 icc=1 xmp=0");
    expect(DATA "jxl/jpeg_reconstruction/1x1_exif_xmp.jpg", WHOLE, "jpeg width=1 height=1 exif=1 xmp=1 icc=0");
    expect(DATA "jxl/jpeg_reconstruction/1x1_exif_xmp.jpg", HEAD, "jpeg width=-1 height=-1 exif=1 icc=-1");
}
END_TEST

START_TEST(png_head_tells_what_stands_before_the_image_data)
{
#define SUITE DATA "external/pngsuite/"
    expect(SUITE "ct1n0g04.png", WHOLE,
           "png width=32 height=32 depth=4 channels=1 xmp=0 frames=1 lossless=1 palette=0");
    expect(SUITE "g10n3p04.png", WHOLE, "png depth=4 channels=3 palette=10 alpha=0 icc=0 progressive=0");
    expect(SUITE "ccwn3p08.png", HEAD, "png depth=8 palette=246 exif=0 xmp=-1");
    expect(SUITE "exif2c08.png", WHOLE, "png exif=1 alpha=0");
    expect(CLEAR, WHOLE, "png width=500 height=500 channels=4 alpha=1 icc=1");
    expect(DATA "jxl/hdr_room.png", WHOLE, "png width=676 height=449 depth=16 channels=3 icc=1");
    expect(DATA "external/wide-gamut-tests/P3-sRGB-blue.png", HEAD, "png width=1000 icc=1 xmp=1 alpha=1 exif=-1");
    expect(FLOWER "flower.png", HEAD, "png width=2268 height=1512 icc=-1 exif=-1 frames=-1");
}
END_TEST

START_TEST(png_tools_leave_their_traces)
{
    make("pngquant 64 --force -o quant.png clear.png");
    expect("quant.png", HEAD, "png palette=64 alpha=1 channels=4 depth=8");
    make("optipng -quiet -force -i 1 -out laced.png source.png");
    expect("laced.png", HEAD, "png width=510 height=532 progressive=1");
    static const uint8_t actl[20] = {0, 0, 0, 8, 'a', 'c', 'T', 'L', 0, 0, 0, 7};
    size_t bytes = insert(load("source.png", HEAD), 33, actl, sizeof actl);
    expect_bytes("source.png with acTL", bytes, "png width=510 frames=7");
}
END_TEST

START_TEST(webp_tells_coding_alpha_and_quantizer)
{
    make("cwebp -quiet -q 75 source.png -o lossy.webp && cwebp -quiet -lossless source.png -o lossless.webp");
    make("cwebp -quiet -q 60 clear.png -o clear.webp && cwebp -quiet -lossless clear.png -o clear_lossless.webp");
    make("cwebp -quiet -sns 0 -segments 1 -q 100 source.png -o best.webp");
    expect("lossy.webp", HEAD, "webp width=510 height=532 lossless=0 alpha=0 subsampling=420 frames=1 icc=0 exif=0");
    expect("lossless.webp", HEAD, "webp width=510 height=532 lossless=1 alpha=0 quantizer=-1 channels=3");
    expect("clear.webp", WHOLE, "webp width=500 height=500 lossless=0 alpha=1 channels=4");
    expect("clear.webp", HEAD, "webp width=500 height=500 lossless=0 alpha=1 quantizer=-1");
    expect("clear_lossless.webp", HEAD, "webp width=500 height=500 lossless=1 alpha=1 channels=4");
    expect("best.webp", HEAD, "webp lossless=0 quantizer=0");
    /* libwebp: 127 (1 - c^(1/3)) with c = 2/3 q below 0.75, else 2q - 1 */
    make("cwebp -quiet -sns 0 -segments 1 -q 50 source.png -o half.webp");
    expect("half.webp", HEAD, "webp quantizer=38");
    make("convert-im6.q16 " DATA "jxl/traffic_light.gif moving.webp");
    expect("moving.webp", WHOLE, "webp width=60 height=105 frames=4");
    expect("moving.webp", 200, "webp width=60 height=105 frames=-1");
}
END_TEST

START_TEST(avif_tells_depth_sampling_and_quantizer)
{
    for (int i = 0; i < 5; i++) {
        static const int quantizers[5][2] = {{5, 20}, {20, 80}, {30, 120}, {45, 180}, {60, 240}};
        char command[128], wanted[160];
        snprintf(command, sizeof command, "avifenc --min %d --max %d -s 10 -y 420 source.png q.avif > log",
                 quantizers[i][0], quantizers[i][0]);
        make(command);
        snprintf(
            wanted, sizeof wanted,
            "avif width=510 height=532 quantizer=%d lossless=0 depth=8 channels=3 subsampling=420 alpha=0 frames=1",
            quantizers[i][1]);
        expect("q.avif", HEAD, wanted);
    }
}
END_TEST

START_TEST(avif_properties_belong_to_the_primary_item)
{
    make("avifenc --min 20 --max 20 -s 10 -y 444 -d 10 --irot 1 clear.png clear.avif > log");
    expect("clear.avif", WHOLE,
           "avif width=500 height=500 quantizer=80 depth=10 channels=4 subsampling=444 alpha=1 orientation=8 xmp=0");
    make("avifenc --min 20 --max 20 -s 10 -d 12 -y 422 --imir 1 " PHOTO " profile.avif > log");
    expect("profile.avif", WHOLE, "avif width=500 depth=12 subsampling=422 icc=1 orientation=2 quantizer=80");
    expect("profile.avif", HEAD, "avif width=500 height=500 quantizer=-1");
    make("avifenc -l -s 10 source.png lossless.avif > log");
    expect("lossless.avif", WHOLE, "avif lossless=1 quantizer=0 subsampling=444 icc=0");
    make("avifenc -y 400 -s 10 source.png gray.avif > log");
    expect("gray.avif", WHOLE, "avif subsampling=400 channels=1 width=510");
    make("avifenc --grid 2x2 --min 20 --max 20 -s 10 " PHOTO " grid.avif > log");
    expect("grid.avif", WHOLE, "avif width=500 height=500 depth=8 quantizer=80 alpha=0");
    make("avifenc --min 20 --max 20 -s 9 --tilecolslog2 2 source.png tiles.avif > log");
    expect("tiles.avif", WHOLE, "avif width=510 height=532 quantizer=80 lossless=0");
    make("avifenc --min 20 --max 20 -s 9 source.png source.png -o moving.avif > log");
    expect("moving.avif", WHOLE, "avif width=510 height=532 quantizer=80 lossless=0 frames=2");
}
END_TEST

START_TEST(heic_tells_size_depth_and_sampling)
{
    make("convert-im6.q16 source.png picture.heic");
    expect("picture.heic", HEAD, "heic width=510 height=532 depth=8 subsampling=420 alpha=0 quantizer=-1");
}
END_TEST

START_TEST(gif_tells_frames_only_when_it_was_seen_to_its_end)
{
    expect(DATA "jxl/traffic_light.gif", WHOLE, "gif width=60 height=105 frames=4 palette=64 progressive=0 lossless=1");
    expect(DATA "jxl/traffic_light.gif", HEAD, "gif width=60 height=105 frames=-1 icc=-1");
    make("convert-im6.q16 source.png -interlace GIF laced.gif");
    expect("laced.gif", WHOLE, "gif width=510 height=532 frames=1 palette=256 progressive=1 alpha=0 exif=0");
}
END_TEST

START_TEST(pnm_maximum_gives_the_depth)
{
    for (int depth = 2; depth <= 16; depth++) {
        char path[256], wanted[64];
        snprintf(wanted, sizeof wanted, "pnm width=510 height=532 depth=%d channels=1", depth);
        snprintf(path, sizeof path, FLOWER "flower_small.g.depth%d.pgm", depth);
        expect(path, HEAD, wanted);
        snprintf(wanted, sizeof wanted, "pnm width=510 height=532 depth=%d channels=4 alpha=1", depth);
        snprintf(path, sizeof path, FLOWER "flower_small.rgba.depth%d.pam", depth);
        expect(path, HEAD, wanted);
    }
    expect(FLOWER "flower.pnm", HEAD, "pnm width=2268 height=1512 depth=8 channels=3 alpha=0");
    expect(FLOWER "flower.pnm", 6, "pnm width=-1 height=-1"); /* "P6\n226": the width may go on */
}
END_TEST

START_TEST(tiff_tells_what_its_first_directory_says)
{
    make("convert-im6.q16 source.png -compress lzw little.tif && convert-im6.q16 " CLEAR " -endian MSB big.tif");
    make("convert-im6.q16 source.png -compress jpeg -orient right-top coded.tif");
    expect("little.tif", WHOLE, "tiff width=510 height=532 depth=8 channels=3 lossless=1 icc=0 alpha=0 frames=1");
    expect("big.tif", WHOLE, "tiff width=500 height=500 channels=4 alpha=1 icc=1");
    expect("coded.tif", WHOLE, "tiff width=510 orientation=6 lossless=-1");
    expect("little.tif", HEAD, "tiff width=-1 icc=-1"); /* libtiff puts the directory behind the pixels */
}
END_TEST

START_TEST(bmp_tells_size_palette_and_profile)
{
    make("convert-im6.q16 source.png BMP3:plain.bmp && convert-im6.q16 source.png -colors 16 BMP3:few.bmp");
    expect("plain.bmp", HEAD, "bmp width=510 height=532 depth=8 channels=3 palette=0 alpha=0 icc=0");
    expect("few.bmp", HEAD, "bmp width=510 height=532 palette=16");
    size_t bytes = load("plain.bmp", HEAD);
    int32_t downwards = -532;
    memcpy(content + 22, &downwards, 4);
    expect_bytes("rows downwards", bytes, "bmp height=532");
}
END_TEST

START_TEST(jxl_tells_size_and_metadata)
{
    expect(DATA "jxl/splines.jxl", HEAD, "jxl width=320 height=320 frames=1 alpha=0 exif=0");
    expect(DATA "jxl/pq_gradient.jxl", HEAD, "jxl width=1088 height=64 depth=16 channels=1");
    expect(DATA "jxl/blending/cropped_traffic_light.jxl", HEAD, "jxl width=50 height=80 alpha=1 frames=-1");
    expect(DATA "jxl/jpeg_reconstruction/1x1_exif_xmp.jxl", WHOLE, "jxl width=1 height=1 exif=1 xmp=1");
}
END_TEST

START_TEST(other_bytes_are_unknown)
{
    struct image_facts facts;
    ck_assert(!image_header_parse("BM is no bitmap, only text", 26, &facts) && facts.format == FORMAT_UNKNOWN);
    ck_assert(!image_header_parse("P5X", 3, &facts) && !image_header_parse("\0\0\0\x18"
                                                                           "ftypisom",
                                                                           12, &facts));
    ck_assert(!image_header_parse(NULL, 0, &facts) && facts.width == -1 && isnan(facts.quality) && facts.icc == -1);
    for (int i = 0; i < FORMAT_COUNT; i++)
        ck_assert(format_key(i)[0] != '\0' && format_title(i)[0] != '\0');
}
END_TEST

int main(void)
{
    char directory[] = "/tmp/imgbench-header-XXXXXX", command[64];
    if (!mkdtemp(directory) || chdir(directory) != 0)
        return 1;
    Suite *suite = suite_create("image_header");
    TCase *tcase = tcase_create("real images");
    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, make_sources, NULL);
    static const TTest *const *const tests[] = {
        &jpeg_head_tells_size_sampling_mode_and_quality,
        &cjpeg_quality_is_found_exactly,
        &quality_of_robidoux_tables_is_found_exactly,
        &foreign_tables_fit_with_an_error,
        &jpeg_metadata_is_seen,
        &png_head_tells_what_stands_before_the_image_data,
        &png_tools_leave_their_traces,
        &webp_tells_coding_alpha_and_quantizer,
        &avif_tells_depth_sampling_and_quantizer,
        &avif_properties_belong_to_the_primary_item,
        &heic_tells_size_depth_and_sampling,
        &gif_tells_frames_only_when_it_was_seen_to_its_end,
        &pnm_maximum_gives_the_depth,
        &tiff_tells_what_its_first_directory_says,
        &bmp_tells_size_palette_and_profile,
        &jxl_tells_size_and_metadata,
        &other_bytes_are_unknown,
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, *tests[i]);
    suite_add_tcase(suite, tcase);
    int result = suite_run(suite);
    snprintf(command, sizeof command, "rm -r %s", directory);
    return chdir("/") == 0 && system(command) == 0 ? result : 1;
}
