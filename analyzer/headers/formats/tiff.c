/* SPDX-License-Identifier: MIT
 * Owns: TIFF: TIFF 6.0 section 2, BigTIFF, the registered compression tags; the first directory, which EXIF uses too,
 * and how many directories follow it. Must not know: pixels, directories inside directories. */
#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/formats/pieces.h"

#define PAGES_MAX 4096

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

static bool tiff_directory(struct tiff *tiff, uint64_t at)
{
    unsigned count_bytes = tiff->big ? 8 : 2;
    if (at < 8 || at > tiff->in.count || !header_has(tiff->in, (size_t)at, count_bytes))
        return false;
    tiff->entries = tiff_number(tiff, (size_t)at, count_bytes);
    tiff->first = (size_t)at + count_bytes;
    return true;
}

/* Finds the first directory; false when it is not at hand. */
static bool tiff_open(struct header_bytes in, struct tiff *tiff)
{
    *tiff = (struct tiff){.in = in, .big_endian = HEADER_TEXT_AT(in, 0, "MM")};
    if (!tiff->big_endian && !HEADER_TEXT_AT(in, 0, "II"))
        return false;
    tiff->big = tiff_number(tiff, 2, 2) == 43;
    unsigned offset_bytes = tiff->big ? 8 : 4;
    return tiff_directory(tiff, tiff_number(tiff, offset_bytes, offset_bytes));
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

/* Follows the chain of directories; those of smaller copies and of masks are no pages. -1 when it leaves the bytes. */
static int count_pages(struct tiff *tiff)
{
    unsigned offset_bytes = tiff->big ? 8 : 4, tag;
    int pages = 0;
    for (int left = PAGES_MAX; left > 0; left--) {
        uint64_t count, value, i;
        bool page = true;
        for (i = 0; tiff_entry(tiff, i, &tag, &count, &value); i++)
            if (tag == 254) /* NewSubfileType */
                page = !(value & 5);
        size_t next = tiff->first + (size_t)i * (tiff->big ? 20 : 12);
        if (i != tiff->entries || !header_has(tiff->in, next, offset_bytes))
            return -1;
        pages += page;
        uint64_t directory = tiff_number(tiff, next, offset_bytes);
        if (directory == 0)
            return pages ? pages : 1;
        if (!tiff_directory(tiff, directory))
            return -1;
    }
    return -1; /* a circle */
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
    facts->frames = count_pages(&tiff);
}
