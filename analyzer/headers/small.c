/* SPDX-License-Identifier: MIT
 * Owns: the formats whose header takes few lines: GIF (GIF89a sections 18-26), BMP (BITMAPINFOHEADER, V4 and V5
 * headers), PNM (netpbm's pbm(5), pgm(5), ppm(5), pam(5)) and TIFF (TIFF 6.0 section 2; BigTIFF), whose directory EXIF
 * uses too. Must not know: pixels. Directories other than the first are left alone. */
#include "analyzer/headers/parts.h"

/* Behind the sub-blocks that begin at `at`; in.count when they go on behind the bytes. */
static size_t gif_skip_blocks(struct header_bytes in, size_t at)
{
    while (header_has(in, at, 1) && in.data[at] != 0)
        at += 1 + (size_t)in.data[at];
    return header_has(in, at, 1) ? at + 1 : in.count;
}

static size_t gif_extension(struct header_bytes in, size_t at, bool *transparent, struct image_facts *facts)
{
    unsigned label = header_has(in, at, 2) ? in.data[at + 1] : 0;
    if (label == 0xf9 && header_has(in, at, 4))
        *transparent = in.data[at + 3] & 1;
    if (label == 0xff && HEADER_TEXT_AT(in, at + 3, "XMP DataXMP"))
        facts->xmp = 1;
    if (label == 0xff && HEADER_TEXT_AT(in, at + 3, "ICCRGBG1012"))
        facts->icc = 1;
    return gif_skip_blocks(in, at + 2);
}

void header_gif_parse(struct header_bytes in, struct image_facts *facts)
{
    facts->depth = 8;
    facts->lossless = 1;
    facts->exif = 0;
    facts->orientation = 1;
    if (!header_has(in, 6, 7))
        return;
    facts->width = (int64_t)header_le(in, 6, 2);
    facts->height = (int64_t)header_le(in, 8, 2);
    unsigned flags = in.data[10];
    int palette = flags & 0x80 ? 2 << (flags & 7) : 0, frames = 0;
    bool transparent = false;
    for (size_t at = 13 + 3 * (size_t)palette; header_has(in, at, 1);) {
        if (in.data[at] == 0x21) {
            at = gif_extension(in, at, &transparent, facts);
        } else if (in.data[at] == 0x2c && header_has(in, at, 10)) {
            unsigned image = in.data[at + 9];
            int local = image & 0x80 ? 2 << (image & 7) : 0;
            if (frames++ == 0) { /* later frames use transparency to keep pixels */
                facts->palette = local ? local : palette;
                facts->progressive = (image & 0x40) != 0;
                facts->alpha = transparent;
                facts->channels = 3 + transparent;
            }
            at = gif_skip_blocks(in, at + 11 + 3 * (size_t)local);
        } else {
            if (in.data[at] == 0x3b) {
                facts->frames = frames;
                facts->icc = facts->icc == 1;
                facts->xmp = facts->xmp == 1;
            }
            return;
        }
    }
}

void header_bmp_parse(struct header_bytes in, struct image_facts *facts)
{
    uint32_t header = (uint32_t)header_le(in, 14, 4);
    bool core = header == 12;
    facts->lossless = 1;
    facts->frames = 1;
    facts->progressive = 0;
    facts->exif = facts->xmp = 0;
    facts->orientation = 1;
    if (!header_has(in, 18, core ? 8 : 16))
        return;
    int32_t height = core ? (int32_t)header_le(in, 20, 2) : (int32_t)header_le(in, 22, 4);
    int32_t width = core ? (int32_t)header_le(in, 18, 2) : (int32_t)header_le(in, 18, 4);
    facts->width = width;
    facts->height = height < 0 ? -(int64_t)height : height; /* negative: rows run downwards */
    unsigned bits = (unsigned)header_le(in, core ? 24 : 28, 2);
    facts->depth = bits == 16 ? 5 : 8;
    if (bits > 8)
        facts->palette = 0;
    else if (core)
        facts->palette = 1 << bits;
    else if (header_has(in, 46, 4))
        facts->palette = header_le(in, 46, 4) ? (int)(header_le(in, 46, 4) & INT32_MAX) : 1 << bits;
    if (bits == 32 && header >= 56 && header_has(in, 66, 4))
        facts->alpha = header_le(in, 66, 4) != 0;
    else if (bits != 32 || header < 56)
        facts->alpha = 0;
    if (facts->alpha >= 0)
        facts->channels = 3 + facts->alpha;
    if (header < 124)
        facts->icc = 0;
    else if (header_has(in, 70, 4)) /* PROFILE_LINKED, PROFILE_EMBEDDED */
        facts->icc = HEADER_TEXT_AT(in, 70, "KNIL") || HEADER_TEXT_AT(in, 70, "DEBM");
}

static bool pnm_is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Skips white space and comments; then a number that must end within the bytes: digits may go on behind them. */
static int64_t pnm_number(struct header_bytes in, size_t *at)
{
    while (header_has(in, *at, 1) && (pnm_is_space(in.data[*at]) || in.data[*at] == '#')) {
        if (in.data[*at] == '#')
            while (header_has(in, *at, 1) && in.data[*at] != '\n')
                ++*at;
        else
            ++*at;
    }
    int64_t value = 0;
    size_t first = *at;
    for (; header_has(in, *at, 1) && in.data[*at] >= '0' && in.data[*at] <= '9'; ++*at)
        value = value < INT32_MAX ? value * 10 + (in.data[*at] - '0') : INT32_MAX;
    return *at > first && header_has(in, *at, 1) && value <= INT32_MAX ? value : -1;
}

static int pnm_depth(int64_t maximum)
{
    int depth = 0;
    while (maximum > 0 && maximum >> depth)
        depth++;
    return maximum > 0 ? depth : -1;
}

static void pam_parse(struct header_bytes in, struct image_facts *facts)
{
    for (size_t at = 3; header_has(in, at, 1);) {
        size_t value_at = at + 6;
        if (HEADER_TEXT_AT(in, at, "ENDHDR\n")) {
            facts->alpha = facts->alpha == 1;
            return;
        }
        if (HEADER_TEXT_AT(in, at, "WIDTH "))
            facts->width = pnm_number(in, &value_at);
        else if (HEADER_TEXT_AT(in, at, "HEIGHT "))
            facts->height = pnm_number(in, &value_at);
        else if (HEADER_TEXT_AT(in, at, "DEPTH "))
            facts->channels = (int)pnm_number(in, &value_at);
        else if (HEADER_TEXT_AT(in, at, "MAXVAL "))
            facts->depth = pnm_depth(pnm_number(in, &value_at));
        bool tuple_type = HEADER_TEXT_AT(in, at, "TUPLTYPE ");
        for (; header_has(in, at, 1) && in.data[at] != '\n'; at++)
            if (tuple_type && HEADER_TEXT_AT(in, at, "_ALPHA"))
                facts->alpha = 1;
        at++;
    }
}

void header_pnm_parse(struct header_bytes in, struct image_facts *facts)
{
    unsigned kind = in.data[1] - '0';
    facts->lossless = 1;
    facts->frames = 1;
    facts->palette = facts->progressive = 0;
    facts->icc = facts->exif = facts->xmp = 0;
    facts->orientation = 1;
    if (kind == 7) {
        pam_parse(in, facts);
        return;
    }
    size_t at = 2;
    facts->alpha = 0;
    facts->channels = kind == 3 || kind == 6 ? 3 : 1;
    facts->width = pnm_number(in, &at);
    facts->height = facts->width < 0 ? -1 : pnm_number(in, &at);
    if (kind == 1 || kind == 4)
        facts->depth = 1;
    else if (facts->height >= 0)
        facts->depth = pnm_depth(pnm_number(in, &at));
}

struct tiff {
    struct header_bytes in;
    bool big_endian, big; /* byte order; BigTIFF */
    uint64_t entries;
    size_t first;
};

static uint64_t tiff_number(const struct tiff *tiff, size_t offset, unsigned bytes)
{
    return tiff->big_endian ? header_be(tiff->in, offset, bytes) : header_le(tiff->in, offset, bytes);
}

/* Finds the first directory; false when it is not at hand. */
static bool tiff_open(struct header_bytes in, struct tiff *tiff)
{
    *tiff = (struct tiff){.in = in, .big_endian = HEADER_TEXT_AT(in, 0, "MM")};
    if (!tiff->big_endian && !HEADER_TEXT_AT(in, 0, "II"))
        return false;
    tiff->big = tiff_number(tiff, 2, 2) == 43;
    unsigned offset_bytes = tiff->big ? 8 : 4, count_bytes = tiff->big ? 8 : 2;
    uint64_t directory = tiff_number(tiff, offset_bytes, offset_bytes);
    if (directory < 8 || directory > in.count || !header_has(in, (size_t)directory, count_bytes))
        return false;
    tiff->entries = tiff_number(tiff, (size_t)directory, count_bytes);
    tiff->first = (size_t)directory + count_bytes;
    return true;
}

/* Reads entry i: its tag and, for whole numbers, its first value; 0 where that lies behind the bytes. Returns false
 * behind the last entry at hand. */
static bool tiff_entry(const struct tiff *tiff, uint64_t i, unsigned *tag, uint64_t *count, uint64_t *value)
{
    static const uint8_t type_bytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    unsigned entry_bytes = tiff->big ? 20 : 12, place_bytes = tiff->big ? 8 : 4;
    if (i >= tiff->entries || i >= tiff->in.count / entry_bytes)
        return false;
    size_t at = tiff->first + (size_t)i * entry_bytes;
    if (!header_has(tiff->in, at, entry_bytes))
        return false;
    unsigned type = (unsigned)tiff_number(tiff, at + 2, 2);
    *tag = (unsigned)tiff_number(tiff, at, 2);
    *count = tiff_number(tiff, at + 4, place_bytes);
    unsigned bytes = type < sizeof type_bytes ? type_bytes[type] : 0;
    size_t value_at = at + 4 + place_bytes;
    if (bytes && *count > place_bytes / bytes) {
        uint64_t offset = tiff_number(tiff, value_at, place_bytes);
        value_at = offset < tiff->in.count ? (size_t)offset : tiff->in.count;
    }
    *value = tiff_number(tiff, value_at, bytes);
    return true;
}

int header_tiff_orientation(struct header_bytes bytes)
{
    struct tiff tiff;
    unsigned tag;
    uint64_t count, value, i;
    if (!tiff_open(bytes, &tiff))
        return -1;
    for (i = 0; tiff_entry(&tiff, i, &tag, &count, &value); i++)
        if (tag == 274)
            return value >= 1 && value <= 8 ? (int)value : -1;
    return i == tiff.entries ? 1 : -1;
}

/* TIFF 6.0 section 3 and the registered compression tags; JPEG 2000 and newer schemes can be either. */
static int tiff_lossless(uint64_t compression)
{
    switch (compression) {
    case 6: return 0;
    case 7: return -1; /* JPEG; DNG puts its lossless form here */
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 8:
    case 32773:
    case 32946:
    case 34925:
    case 50000: return 1;
    default: return -1;
    }
}

void header_tiff_parse(struct header_bytes in, struct image_facts *facts)
{
    struct tiff tiff;
    unsigned tag;
    uint64_t count, value, i, photometric = 2;
    facts->progressive = 0;
    if (!tiff_open(in, &tiff))
        return;
    for (i = 0; tiff_entry(&tiff, i, &tag, &count, &value); i++) {
        int small = value <= INT32_MAX ? (int)value : -1;
        switch (tag) {
        case 256: facts->width = small; break;
        case 257: facts->height = small; break;
        case 258: facts->depth = small > 0 ? small : -1; break;
        case 259: facts->lossless = tiff_lossless(value); break;
        case 262: photometric = value; break;
        case 274: facts->orientation = value >= 1 && value <= 8 ? small : -1; break;
        case 277: facts->channels = small; break;
        case 320: facts->palette = count / 3 <= 65536 ? (int)(count / 3) : -1; break;
        case 338: facts->alpha = value == 1 || value == 2; break;
        case 700: facts->xmp = 1; break;
        case 34665: facts->exif = 1; break;
        case 34675: facts->icc = 1; break;
        default: break;
        }
    }
    if (i != tiff.entries)
        return;
    facts->icc = facts->icc == 1;
    facts->exif = facts->exif == 1;
    facts->xmp = facts->xmp == 1;
    facts->alpha = facts->alpha == 1;
    facts->orientation = facts->orientation < 0 ? 1 : facts->orientation;
    if (photometric != 3)
        facts->palette = 0;
    size_t next = tiff.first + (size_t)i * (tiff.big ? 20 : 12);
    if (header_has(in, next, tiff.big ? 8 : 4) && tiff_number(&tiff, next, tiff.big ? 8 : 4) == 0)
        facts->frames = 1;
}
