/* SPDX-License-Identifier: MIT
 * Owns: JPEG XL: ISO/IEC 18181-1 section 9.2 (field types), annex D (size header, image metadata); ISO/IEC 18181-2
 * (boxes).
 * Must not know: frames. Reading ends at the colour space. */
#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/formats/pieces.h"

struct bits {
    struct header_bytes in;
    size_t next_bit;
    bool overrun;
};

/* Least significant bit first. */
static uint32_t u(struct bits *bits, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++, bits->next_bit++) {
        size_t byte = bits->next_bit / 8;
        bits->overrun = bits->overrun || !header_has(bits->in, byte, 1);
        if (!bits->overrun)
            value |= (uint32_t)(bits->in.data[byte] >> bits->next_bit % 8 & 1) << i;
    }
    return value;
}

/* U32(): two bits choose how many bits follow and what is added to them. */
struct choice {
    unsigned bits;
    uint32_t offset;
};

static uint32_t u32(struct bits *bits, const struct choice choices[4])
{
    struct choice choice = choices[u(bits, 2)];
    return choice.offset + u(bits, choice.bits);
}

static uint32_t width_from_ratio(uint32_t ratio, uint32_t height)
{
    static const uint8_t ratios[8][2] = {{0, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
    return (uint32_t)((uint64_t)height * ratios[ratio][0] / ratios[ratio][1]);
}

static void read_size(struct bits *bits, uint32_t *width, uint32_t *height)
{
    static const struct choice sizes[4] = {{9, 1}, {13, 1}, {18, 1}, {30, 1}};
    bool div8 = u(bits, 1);
    *height = div8 ? (u(bits, 5) + 1) * 8 : u32(bits, sizes);
    uint32_t ratio = u(bits, 3);
    if (ratio)
        *width = width_from_ratio(ratio, *height);
    else
        *width = div8 ? (u(bits, 5) + 1) * 8 : u32(bits, sizes);
}

static void skip_preview(struct bits *bits)
{
    static const struct choice eighths[4] = {{0, 16}, {0, 32}, {5, 1}, {9, 33}};
    static const struct choice sizes[4] = {{6, 1}, {8, 65}, {10, 321}, {12, 1345}};
    bool div8 = u(bits, 1);
    u32(bits, div8 ? eighths : sizes);
    if (!u(bits, 3))
        u32(bits, div8 ? eighths : sizes);
}

static void skip_animation(struct bits *bits)
{
    static const struct choice numerator[4] = {{0, 100}, {0, 1000}, {10, 1}, {30, 1}};
    static const struct choice denominator[4] = {{0, 1}, {0, 1001}, {8, 1}, {10, 1}};
    static const struct choice loops[4] = {{0, 0}, {3, 0}, {16, 0}, {32, 0}};
    u32(bits, numerator);
    u32(bits, denominator);
    u32(bits, loops);
    u(bits, 1);
}

static int read_depth(struct bits *bits)
{
    static const struct choice whole[4] = {{0, 8}, {0, 10}, {0, 12}, {6, 1}};
    static const struct choice floating[4] = {{0, 32}, {0, 16}, {0, 24}, {6, 1}};
    if (!u(bits, 1))
        return (int)u32(bits, whole);
    int depth = (int)u32(bits, floating);
    u(bits, 4); /* exponent bits */
    return depth;
}

static const struct choice enumeration[4] = {{0, 0}, {0, 1}, {4, 2}, {6, 18}};

/* Returns the type of an extra channel: 0 is alpha, 2 a spot colour, 5 a colour filter array. */
static uint32_t read_extra_channel(struct bits *bits)
{
    static const struct choice shift[4] = {{0, 0}, {0, 3}, {0, 4}, {3, 1}};
    static const struct choice name[4] = {{0, 0}, {4, 0}, {5, 16}, {10, 48}};
    static const struct choice filter[4] = {{0, 1}, {2, 0}, {4, 3}, {8, 19}};
    if (u(bits, 1))
        return 0;
    uint32_t type = u32(bits, enumeration);
    read_depth(bits);
    u32(bits, shift);
    for (uint32_t left = u32(bits, name); left > 0; left--)
        u(bits, 8);
    if (type == 0)
        u(bits, 1);
    for (int i = 0; type == 2 && i < 4; i++)
        u(bits, 16);
    if (type == 5)
        u32(bits, filter);
    return type;
}

struct metadata {
    int depth, orientation, alpha, animated, icc, lossless, channels;
};

static struct metadata read_metadata(struct bits *bits)
{
    static const struct choice extra[4] = {{0, 0}, {0, 1}, {4, 2}, {12, 1}};
    struct metadata found = {.depth = 8, .orientation = 1, .channels = 3};
    if (u(bits, 1)) /* all_default: lossy, 8 bits, sRGB */
        return found;
    if (u(bits, 1)) { /* extra_fields */
        uint32_t ignored;
        found.orientation = (int)u(bits, 3) + 1;
        if (u(bits, 1))
            read_size(bits, &ignored, &ignored);
        if (u(bits, 1))
            skip_preview(bits);
        found.animated = (int)u(bits, 1);
        if (found.animated)
            skip_animation(bits);
    }
    found.depth = read_depth(bits);
    u(bits, 1); /* modular_16bit_buffers */
    for (uint32_t left = u32(bits, extra); left > 0 && !bits->overrun; left--)
        if (read_extra_channel(bits) == 0)
            found.alpha = 1;
    bool xyb = u(bits, 1);
    found.lossless = xyb ? 0 : -1; /* XYB cannot be kept exactly; the other spaces can, or not */
    if (!u(bits, 1)) {             /* all_default: sRGB */
        found.icc = (int)u(bits, 1);
        if (u32(bits, enumeration) == 1)
            found.channels = 1;
    }
    found.channels += found.alpha;
    return found;
}

static void read_codestream(struct header_bytes in, struct image_facts *facts)
{
    struct bits bits = {.in = in, .next_bit = 16};
    uint32_t width, height;
    if (!HEADER_TEXT_AT(in, 0, "\xff\x0a"))
        return;
    read_size(&bits, &width, &height);
    if (bits.overrun)
        return;
    facts->width = width;
    facts->height = height;
    struct metadata found = read_metadata(&bits);
    if (bits.overrun)
        return;
    facts->depth = found.depth;
    facts->orientation = found.orientation;
    facts->alpha = found.alpha;
    facts->channels = found.channels;
    facts->icc = found.icc;
    facts->lossless = found.lossless;
    if (!found.animated)
        facts->frames = 1;
}

void header_jxl_parse(struct header_bytes in, struct image_facts *facts)
{
    facts->palette = 0;
    if (header_has(in, 0, 1) && in.data[0] == 0xff) {
        facts->exif = facts->xmp = 0; /* only boxes can carry them */
        read_codestream(in, facts);
        return;
    }
    struct header_box box;
    for (size_t at = 0; header_box_next(in, &at, &box);) {
        bool compressed = box.type == HEADER_BOX('b', 'r', 'o', 'b');
        uint32_t type = compressed ? (uint32_t)header_be(box.body, 0, 4) : box.type;
        if (type == HEADER_BOX('E', 'x', 'i', 'f'))
            facts->exif = 1;
        else if (type == HEADER_BOX('x', 'm', 'l', ' '))
            facts->xmp = 1;
        else if (type == HEADER_BOX('j', 'x', 'l', 'c'))
            read_codestream(box.body, facts);
        else if (type == HEADER_BOX('j', 'x', 'l', 'p') && (header_be(box.body, 0, 4) & INT32_MAX) == 0)
            read_codestream(header_slice(box.body, 4, box.body.count), facts);
    }
}
