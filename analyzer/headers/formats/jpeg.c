/* SPDX-License-Identifier: MIT
 * Owns: JPEG: ITU-T T.81 annex B (B.1.1.3 markers, B.2.2 frame header, B.2.4.1 quantization tables, B.2.4.4 restart
 * interval), EXIF 2.3 section 4.5.4 and 4.7.2 (APP1), XMP part 3 section 1.1.3 (APP1), ICC.1 annex B.4 (APP2).
 * Must not know: entropy-coded data. Reading ends at the first scan. */
#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/formats/pieces.h"
#include "analyzer/headers/facts/jpeg_quality.h"

struct jpeg_tables {
    uint16_t values[4][64]; /* natural order */
    bool defined[4];
    bool precise16;
    int luma, chroma; /* which table the first and the second component use, -1 = no frame header seen */
};

static void read_tables(struct header_bytes segment, struct jpeg_tables *tables)
{
    static const uint8_t natural_order[64] = {
        0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
        41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
        30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    };
    for (size_t at = 0; header_has(segment, at, 1);) {
        unsigned precision = segment.data[at] >> 4, which = segment.data[at] & 15;
        unsigned value_bytes = precision ? 2 : 1;
        if (precision > 1 || which > 3 || !header_has(segment, at + 1, 64 * value_bytes))
            return;
        for (unsigned i = 0; i < 64; i++)
            tables->values[which][natural_order[i]] =
                (uint16_t)header_be(segment, at + 1 + i * value_bytes, value_bytes);
        tables->defined[which] = true;
        tables->precise16 = tables->precise16 || precision;
        at += 1 + 64 * value_bytes;
    }
}

/* Chroma resolution against the first component; only the names in use are given. */
static int subsampling(const uint8_t *component, unsigned count)
{
    if (count == 1)
        return 400;
    if (count < 3)
        return -1;
    unsigned h0 = component[1] >> 4, v0 = component[1] & 15, h1 = component[4] >> 4, v1 = component[4] & 15;
    bool chroma_alike = component[4] == component[7], key_full = count < 4 || component[10] == component[1];
    if (!h1 || !v1 || !chroma_alike || !key_full || h0 % h1 || v0 % v1)
        return -1;
    switch (h0 / h1 * 10 + v0 / v1) {
    case 11: return 444;
    case 12: return 440;
    case 21: return 422;
    case 22: return 420;
    default: return -1;
    }
}

static void read_frame(unsigned marker, struct header_bytes segment, struct image_facts *facts,
                       struct jpeg_tables *tables)
{
    facts->progressive = (marker & 3) == 2;
    facts->lossless = (marker & 3) == 3;
    if (!header_has(segment, 0, 6))
        return;
    facts->depth = segment.data[0];
    facts->height = (int64_t)header_be(segment, 1, 2); /* 0: it follows the first scan (B.2.5) */
    facts->width = (int64_t)header_be(segment, 3, 2);
    unsigned count = segment.data[5];
    facts->channels = (int)count;
    if (!count || !header_has(segment, 6, (size_t)3 * count))
        return;
    facts->subsampling = subsampling(segment.data + 6, count);
    tables->luma = segment.data[8] & 3;
    tables->chroma = count > 1 ? segment.data[11] & 3 : tables->luma;
}

static void read_app1(struct header_bytes segment, struct image_facts *facts)
{
    if (HEADER_TEXT_AT(segment, 0, "Exif\0")) {
        facts->exif = 1;
        facts->orientation = header_tiff_orientation(header_slice(segment, 6, segment.count));
    } else if (HEADER_TEXT_AT(segment, 0, "http://ns.adobe.com/xap/1.0/")) {
        facts->xmp = 1;
    }
}

static void fit_quality(const struct jpeg_tables *tables, struct image_facts *facts)
{
    int first = tables->luma, second = tables->chroma;
    if (first < 0) {
        first = 0;
        second = 1;
    }
    if (!tables->defined[first])
        return;
    bool two = second != first && tables->defined[second];
    facts->quality = jpeg_quality(tables->values[first], two ? tables->values[second] : NULL, tables->precise16,
                                  &facts->quality_rmse);
}

static bool is_frame_header(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

void header_jpeg_parse(struct header_bytes in, struct image_facts *facts)
{
    struct jpeg_tables tables = {.luma = -1, .chroma = -1};
    facts->frames = 1;
    facts->alpha = 0;
    facts->palette = 0;
    bool scan_reached = false;
    for (size_t at = 2; header_has(in, at, 4);) {
        unsigned marker = in.data[at + 1];
        if (in.data[at] != 0xff)
            break;
        if (marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
            at += marker == 0xff ? 1 : 2; /* fill byte; markers without a segment */
            continue;
        }
        if (marker == 0xda || marker == 0xd9) {
            scan_reached = marker == 0xda;
            break;
        }
        size_t segment_bytes = (size_t)header_be(in, at + 2, 2);
        if (segment_bytes < 2)
            break;
        struct header_bytes segment = header_slice(in, at + 4, segment_bytes - 2);
        if (marker == 0xdb)
            read_tables(segment, &tables);
        else if (is_frame_header(marker))
            read_frame(marker, segment, facts, &tables);
        else if (marker == 0xdd && header_has(segment, 0, 2))
            facts->restart_interval = (int)header_be(segment, 0, 2);
        else if (marker == 0xe1)
            read_app1(segment, facts);
        else if (marker == 0xe2 && HEADER_TEXT_AT(segment, 0, "ICC_PROFILE\0"))
            facts->icc = 1;
        at += 2 + segment_bytes;
    }
    if (scan_reached) {
        if (facts->restart_interval < 0)
            facts->restart_interval = 0;
        facts->icc = facts->icc == 1;
        facts->xmp = facts->xmp == 1;
        if (facts->exif != 1) {
            facts->exif = 0;
            facts->orientation = 1;
        }
    }
    fit_quality(&tables, facts);
}
