/* SPDX-License-Identifier: MIT
 * Owns: PNG, third edition: 5.3 chunk layout, 5.6 chunk ordering, 11.2.1 IHDR, 11.2.2 PLTE, 11.3 tRNS, iCCP, iTXt,
 * eXIf, acTL; XMP part 3 section 1.1.5 (the iTXt keyword of XMP). Must not know: compressed data, check sums. A chunk
 * is called absent only where it could no longer come. */
#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/formats/pieces.h"

static void read_ihdr(struct header_bytes body, struct image_facts *facts)
{
    static const int channels[7] = {1, -1, 3, 3, 2, -1, 4};
    if (!header_has(body, 0, 13))
        return;
    unsigned colour = body.data[9];
    facts->width = (int64_t)header_be(body, 0, 4);
    facts->height = (int64_t)header_be(body, 4, 4);
    facts->depth = body.data[8];
    facts->colour_type = (int)colour;
    facts->channels = colour < 7 ? channels[colour] : -1;
    facts->progressive = body.data[12] != 0;
    if (colour == 4 || colour == 6)
        facts->alpha = 1;
    if (colour != 3)
        facts->palette = 0;
}

static void read_chunk(uint32_t type, uint32_t body_bytes, struct header_bytes body, struct image_facts *facts)
{
    switch (type) {
    case HEADER_BOX('I', 'H', 'D', 'R'): read_ihdr(body, facts); break;
    case HEADER_BOX('P', 'L', 'T', 'E'):
        if (facts->palette != 0) /* in a true-colour image it is only a suggestion */
            facts->palette = (int)(body_bytes / 3);
        break;
    case HEADER_BOX('t', 'R', 'N', 'S'):
        if (facts->alpha != 1 && facts->channels > 0)
            facts->channels++;
        facts->alpha = 1;
        break;
    case HEADER_BOX('a', 'c', 'T', 'L'):
        if (header_has(body, 0, 4))
            facts->frames = (int)(header_be(body, 0, 4) & INT32_MAX);
        break;
    case HEADER_BOX('i', 'C', 'C', 'P'): facts->icc = 1; break;
    case HEADER_BOX('e', 'X', 'I', 'f'):
        facts->exif = 1;
        facts->orientation = header_tiff_orientation(body);
        break;
    case HEADER_BOX('i', 'T', 'X', 't'):
        if (HEADER_TEXT_AT(body, 0, "XML:com.adobe.xmp\0"))
            facts->xmp = 1;
        break;
    default: break;
    }
}

static void image_data_reached(struct image_facts *facts)
{
    facts->alpha = facts->alpha == 1;
    facts->icc = facts->icc == 1;
    if (facts->exif != 1) {
        facts->exif = 0;
        facts->orientation = 1;
    }
    if (facts->frames < 0)
        facts->frames = 1;
}

void header_png_parse(struct header_bytes in, struct image_facts *facts)
{
    facts->lossless = 1;
    for (size_t at = 8; header_has(in, at, 8);) {
        uint32_t body_bytes = (uint32_t)header_be(in, at, 4), type = (uint32_t)header_be(in, at + 4, 4);
        if (body_bytes > INT32_MAX)
            return;
        if (type == HEADER_BOX('I', 'D', 'A', 'T'))
            image_data_reached(facts);
        if (type == HEADER_BOX('I', 'E', 'N', 'D')) {
            facts->xmp = facts->xmp == 1; /* iTXt may stand anywhere before */
            return;
        }
        read_chunk(type, body_bytes, header_slice(in, at + 8, body_bytes), facts);
        at += (size_t)body_bytes + 12;
    }
}
