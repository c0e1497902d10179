/* SPDX-License-Identifier: MIT
 * Owns: BMP: the BITMAPCOREHEADER, BITMAPINFOHEADER, V4 and V5 headers of Windows. Must not know: pixels. */
#include "analyzer/headers/formats/parsers.h"

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
