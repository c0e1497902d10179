/* SPDX-License-Identifier: MIT
 * Owns: settings that libpng is given. Offsets of png.h 1.6, x86-64: png_image of version 1, png_text. Must not know:
 * frames, packets' files. */
#include "preload/codecs/settings/reveal.h"

#include <string.h>

#include "preload/base/foreign.h"

void reveal_png_header(uint32_t session, uint32_t width, uint32_t height, int depth, int colour_type, int interlace)
{
    reveal(session, trace_setting_WIDTH, width);
    reveal(session, trace_setting_HEIGHT, height);
    reveal(session, trace_setting_BIT_DEPTH, depth);
    reveal(session, trace_setting_COLOUR_TYPE, colour_type);
    reveal(session, trace_setting_PROGRESSIVE, interlace != 0);
}

/* XMP, or what ImageMagick makes of EXIF, IPTC and ICC. Dates and names of programs are no metadata to keep. */
void reveal_png_text(uint32_t session, const void *texts, int count)
{
    enum { TEXT_BYTES = 56, KEYWORD = 8, LOOKED_AT = 8 };
    for (int i = 0; texts && i < count && i < LOOKED_AT; i++) {
        const char *keyword;
        char name[32];
        if (!foreign_read((const char *)texts + (size_t)i * TEXT_BYTES + KEYWORD, &keyword, sizeof keyword))
            return;
        foreign_text(keyword, name, sizeof name);
        if (strncmp(name, "XML:com.adobe.xmp", 17) == 0 || strncmp(name, "Raw profile type", 16) == 0)
            reveal(session, trace_setting_METADATA, 1);
    }
}

void reveal_png_image(uint32_t session, const void *image, int eight_bits)
{
    enum { VERSION = 8, WIDTH = 12, HEIGHT = 16, FORMAT = 20, COLOURS = 28 };
    enum { ALPHA = 1, COLOUR = 2, LINEAR = 4, COLOURMAP = 8 };
    uint32_t version = u32_at(image, VERSION), format = u32_at(image, FORMAT);
    if (version != 1) {
        reveal_unknown_layout("libpng", version);
        return;
    }
    reveal(session, trace_setting_WIDTH, u32_at(image, WIDTH));
    reveal(session, trace_setting_HEIGHT, u32_at(image, HEIGHT));
    if (format & COLOURMAP) { /* bits per sample follow from the count */
        reveal(session, trace_setting_COLOUR_TYPE, 3);
        reveal(session, trace_setting_PALETTE_COLOURS, u32_at(image, COLOURS));
        return;
    }
    reveal(session, trace_setting_COLOUR_TYPE, (format & ALPHA ? 4 : 0) + (format & COLOUR ? 2 : 0));
    reveal(session, trace_setting_BIT_DEPTH, format & LINEAR && !eight_bits ? 16 : 8);
}
