/* SPDX-License-Identifier: MIT
 * Owns: the header parsers, one per format, and what some of them offer each other.
 * Must not know: which bytes are of which format: that is image_header.c. */
#ifndef ANALYZER_HEADERS_FORMATS_PARSERS_H
#define ANALYZER_HEADERS_FORMATS_PARSERS_H

#include "analyzer/headers/facts/image_facts.h"
#include "analyzer/headers/formats/bytes.h"

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

#endif
