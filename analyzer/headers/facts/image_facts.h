/* SPDX-License-Identifier: MIT
 * Owns: what can be known of an image from its header, and the names of the formats.
 * Must not know: bytes, where facts come from. */
#ifndef ANALYZER_HEADERS_FACTS_IMAGE_FACTS_H
#define ANALYZER_HEADERS_FACTS_IMAGE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_format {
    FORMAT_UNKNOWN,
    FORMAT_JPEG,
    FORMAT_PNG,
    FORMAT_WEBP,
    FORMAT_AVIF,
    FORMAT_HEIC,
    FORMAT_GIF,
    FORMAT_TIFF,
    FORMAT_JXL,
    FORMAT_PNM,
    FORMAT_BMP,
    FORMAT_SVG,
    FORMAT_COUNT
};
/* Short lower-case key ("jpeg") and the name people read ("JPEG"). */
const char *format_key(enum image_format format);
const char *format_title(enum image_format format);
/* FORMAT_UNKNOWN for a key that no format has. */
enum image_format format_of_key(const char *key, size_t bytes);

struct image_facts {
    enum image_format format;
#define IMAGE_FACT_INTEGER(type, name) type name;
#define IMAGE_FACT_REAL(name)          double name;
#include "analyzer/headers/facts/image_facts.def"
};
#define WEBP_BUCKET 10

/* Nothing known. */
extern const struct image_facts image_facts_unknown;

#endif
