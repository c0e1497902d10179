/* SPDX-License-Identifier: MIT
 * Owns: pieces that several formats have in them: boxes, the orientation in a TIFF structure, AV1.
 * Must not know: any one format. */
#ifndef ANALYZER_HEADERS_FORMATS_PIECES_H
#define ANALYZER_HEADERS_FORMATS_PIECES_H

#include "analyzer/headers/formats/bytes.h"

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

#endif
