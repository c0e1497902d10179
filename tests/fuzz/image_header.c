/* SPDX-License-Identifier: MIT
 * Owns: the libFuzzer entries of the image header parsers. Input: a file's bytes. Parsed twice, the second time from a
 * source that brings only what was asked for: the same must come out, else a parser read what it had not asked for.
 * Called image_header_<format> it gives the bytes that format's magic where they are of another, so that each parser
 * gets its share; image_header_parsed fuzzes heads that an anonymized trace has in place of an image's.
 * Must not know: what stands behind a magic. */
#include "analyzer/headers/parsed_head.h"
#include "analyzer/headers/image_header.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static enum image_format only; /* FORMAT_UNKNOWN: any */
static bool parsed_only;

#define MAGIC(format, text)                                                                                            \
    {                                                                                                                  \
        format, text, sizeof(text) - 1                                                                                 \
    }
static const struct {
    enum image_format format;
    const char *bytes;
    size_t count;
} magics[] = {
    MAGIC(FORMAT_JPEG, "\xff\xd8\xff"),
    MAGIC(FORMAT_PNG, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    MAGIC(FORMAT_WEBP, "RIFF\xff\xff\0\0WEBPVP8 "),
    MAGIC(FORMAT_WEBP, "RIFF\xff\xff\0\0WEBPVP8L"),
    MAGIC(FORMAT_WEBP, "RIFF\xff\xff\0\0WEBPVP8X\x0a\0\0\0"),
    MAGIC(FORMAT_AVIF, "\0\0\0\x14"
                       "ftypavif\0\0\0\0mif1"),
    MAGIC(FORMAT_AVIF, "\0\0\0\x14"
                       "ftypavis\0\0\0\0msf1"),
    MAGIC(FORMAT_HEIC, "\0\0\0\x14"
                       "ftypheic\0\0\0\0mif1"),
    MAGIC(FORMAT_GIF, "GIF89a"),
    MAGIC(FORMAT_TIFF, "II\x2a\0"),
    MAGIC(FORMAT_TIFF, "MM\0\x2a"),
    MAGIC(FORMAT_TIFF, "II\x2b\0"),
    MAGIC(FORMAT_TIFF, "MM\0\x2b"),
    MAGIC(FORMAT_JXL, "\xff\x0a"),
    MAGIC(FORMAT_JXL, "\0\0\0\x0cJXL \r\n\x87\n"),
    MAGIC(FORMAT_PNM, "P6\n"),
    MAGIC(FORMAT_PNM, "P7\n"),
    MAGIC(FORMAT_PNM, "P1 "),
    MAGIC(FORMAT_BMP, "BM\xff\xff\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
    MAGIC(FORMAT_BMP, "BM\xff\xff\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0"),
    MAGIC(FORMAT_SVG, "<svg "),
    MAGIC(FORMAT_SVG, "<?xml?><svg>"),
};
#define MAGICS (sizeof magics / sizeof *magics)

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    const char *name = strrchr((*argv)[0], '_') + 1;
    only = format_of_key(name, strlen(name));
    parsed_only = !strcmp(name, "parsed");
    return 0;
}

/* The copy becomes an image of the format; which of its magics depends on the length. False: there is no room. */
static bool make_format(uint8_t *copy, size_t bytes)
{
    struct image_facts facts;
    if (only == FORMAT_UNKNOWN || (image_header_parse(copy, bytes, &facts) && facts.format == only))
        return true;
    size_t first = 0, count = 0;
    while (magics[first].format != only)
        first++;
    while (first + count < MAGICS && magics[first + count].format == only)
        count++;
    size_t chosen = first + bytes % count;
    if (bytes < magics[chosen].count)
        return false;
    memcpy(copy, magics[chosen].bytes, magics[chosen].count);
    return true;
}

struct copier {
    struct header_source source;
    const uint8_t *from;
    uint8_t *to;
    size_t bytes;
};

static bool fetch(struct header_source *source, const uint8_t *data, size_t need)
{
    const struct copier *copier = (const struct copier *)(const void *)source;
    size_t at = (size_t)(data - copier->to);
    if (at > copier->bytes || need > copier->bytes - at)
        abort();
    memcpy(copier->to + at, copier->from + at, need);
    return true;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same(const struct image_facts *a, const struct image_facts *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height && a->depth == b->depth &&
           a->channels == b->channels && a->frames == b->frames && a->icc == b->icc && a->exif == b->exif &&
           a->xmp == b->xmp && a->alpha == b->alpha && a->orientation == b->orientation && a->lossless == b->lossless &&
           a->progressive == b->progressive && a->subsampling == b->subsampling && a->palette == b->palette &&
           a->colour_type == b->colour_type && a->restart_interval == b->restart_interval &&
           a->quantizer == b->quantizer && a->webp_quality == b->webp_quality && same_number(a->quality, b->quality) &&
           same_number(a->quality_rmse, b->quality_rmse);
}

/* Written and read again, the facts are the same. */
static void parsed_round_trip(const uint8_t *data, size_t bytes)
{
    static const char title[] = "imgbench-head/1\n";
    char head[PARSED_HEAD_BYTES], written[PARSED_HEAD_BYTES], end[PARSED_HEAD_END];
    struct image_facts facts, again;
    memset(head, ' ', sizeof head);
    memcpy(head, title, sizeof title - 1);
    memcpy(head + sizeof title - 1, data, bytes < sizeof head - sizeof title ? bytes : sizeof head - sizeof title);
    bool known = image_header_parse(head, sizeof head, &facts);
    if (known != (facts.format != FORMAT_UNKNOWN))
        abort();
    memset(end, '0', sizeof end);
    parsed_head_write(written, &facts, end);
    if (parsed_head_read(written, sizeof written, &again) != known || !same(&facts, &again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (parsed_only) {
        parsed_round_trip(data, bytes);
        return 0;
    }
    struct image_facts facts, again;
    uint8_t *copy = malloc(bytes ? bytes : 1);
    struct copier copier = {.source = {fetch}, .from = copy, .to = malloc(bytes ? bytes : 1), .bytes = bytes};
    if (copy && copier.to) {
        memcpy(copy, data, bytes);
        memset(copier.to, 0xa5, bytes);
    }
    if (copy && copier.to && make_format(copy, bytes)) {
        bool known = image_header_parse(copy, bytes, &facts);
        bool in_range = facts.width >= -1 && facts.height >= -1 && facts.depth >= -1 && facts.frames >= -1 &&
                        facts.palette >= -1 && facts.orientation != 0 && facts.orientation <= 8 &&
                        facts.quantizer <= 255 && facts.alpha <= 1 && facts.restart_interval <= 65535 &&
                        facts.colour_type <= 255 && facts.webp_quality <= 100 - WEBP_BUCKET &&
                        (isnan(facts.quality) || (facts.quality >= 1 && facts.quality <= 100));
        if (known != (facts.format != FORMAT_UNKNOWN) || !in_range)
            abort();
        bool known_again = header_parse((struct header_bytes){copier.to, bytes, &copier.source}, &again);
        if (known_again != known || !same(&facts, &again))
            abort();
    }
    free(copy);
    free(copier.to);
    return 0;
}
