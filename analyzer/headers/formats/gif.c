/* SPDX-License-Identifier: MIT
 * Owns: GIF: GIF89a sections 18-26, and the application extensions of XMP and ICC.
 * Must not know: compressed data. The number of frames is known only where the trailer was reached. */
#include "analyzer/headers/formats/parsers.h"

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
