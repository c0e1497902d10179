/* SPDX-License-Identifier: MIT
 * Owns: how the header parsers look at bytes, and what they offer each other. Every access is checked here or at its
 * caller; what lies behind the bytes at hand reads as "not there".
 * Must not know: any one format. */
#ifndef ANALYZER_HEADER_PARTS_H
#define ANALYZER_HEADER_PARTS_H

#include "analyzer/headers/image_header.h"

#include <string.h>

/* Where bytes come from that are brought only when somebody asks for them. Returns false when they cannot be had. */
struct header_source {
    bool (*fetch)(struct header_source *source, const uint8_t *data, size_t need);
};

struct header_bytes {
    const uint8_t *data;
    size_t count;
    struct header_source *source; /* NULL: all bytes are there */
};

/* Nothing at data may be read without this. */
static inline bool header_has(struct header_bytes in, size_t offset, size_t need)
{
    return offset <= in.count && need <= in.count - offset &&
           (!in.source || !need || in.source->fetch(in.source, in.data + offset, need));
}

/* At most `need` bytes from `offset`; fewer, or none, when the bytes end before. */
static inline struct header_bytes header_slice(struct header_bytes in, size_t offset, uint64_t need)
{
    if (offset >= in.count)
        return (struct header_bytes){in.data, 0, NULL};
    size_t rest = in.count - offset;
    return (struct header_bytes){in.data + offset, need < rest ? (size_t)need : rest, in.source};
}

static inline bool header_text_at(struct header_bytes in, size_t offset, const char *text, size_t text_bytes)
{
    return header_has(in, offset, text_bytes) && memcmp(in.data + offset, text, text_bytes) == 0;
}
/* For string literals; a NUL inside the literal counts. */
#define HEADER_TEXT_AT(in, offset, literal) header_text_at(in, offset, literal, sizeof(literal) - 1)

/* Unsigned number of 1..8 bytes; 0 when not all of them are there. */
static inline uint64_t header_be(struct header_bytes in, size_t offset, unsigned bytes)
{
    uint64_t value = 0;
    if (header_has(in, offset, bytes))
        for (unsigned i = 0; i < bytes; i++)
            value = value << 8 | in.data[offset + i];
    return value;
}

static inline uint64_t header_le(struct header_bytes in, size_t offset, unsigned bytes)
{
    uint64_t value = 0;
    if (header_has(in, offset, bytes))
        for (unsigned i = bytes; i > 0; i--)
            value = value << 8 | in.data[offset + i - 1];
    return value;
}

/* A box of ISO/IEC 14496-12 section 4.2, also used by JPEG XL. */
struct header_box {
    uint32_t type;
    struct header_bytes body; /* as far as it is at hand */
    bool complete;            /* the body is at hand to its end */
};

/* Reads the box at *offset and moves *offset behind it. Returns false at the end of the bytes or at a broken size. */
bool header_box_next(struct header_bytes in, size_t *offset, struct header_box *box);
#define HEADER_BOX(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* EXIF orientation in a TIFF structure (TIFF 6.0 section 2), 1 when its first directory has none, -1 when the bytes do
 * not say. */
int header_tiff_orientation(struct header_bytes tiff);

/* The AV1 bits that say how an image was coded. Both return false, and change nothing, when the bytes do not say. */
struct header_av1 {
    int quantizer; /* base_q_idx */
    int lossless;  /* -1, 0 or 1 */
};
bool header_av1_read(struct header_bytes config_obus, struct header_bytes item, struct header_av1 *out);

/* Parsers. Each is called only when its magic was found; facts are preset to -1 and the format. */
void header_jpeg_parse(struct header_bytes in, struct image_facts *facts);
void header_png_parse(struct header_bytes in, struct image_facts *facts);
void header_webp_parse(struct header_bytes in, struct image_facts *facts);
void header_isobmff_parse(struct header_bytes in, struct image_facts *facts); /* AVIF and HEIC */
void header_gif_parse(struct header_bytes in, struct image_facts *facts);
void header_bmp_parse(struct header_bytes in, struct image_facts *facts);
void header_pnm_parse(struct header_bytes in, struct image_facts *facts);
void header_tiff_parse(struct header_bytes in, struct image_facts *facts);
void header_jxl_parse(struct header_bytes in, struct image_facts *facts);
void header_svg_parse(struct header_bytes in, struct image_facts *facts);

/* The "<" of an SVG document's root element; false when there is none, or what stands before it is longer than a
 * prolog should be. */
bool header_svg_root(struct header_bytes in, size_t *root);

/* image_header_parse() for bytes that may have a source. */
bool header_parse(struct header_bytes in, struct image_facts *facts);

#endif
