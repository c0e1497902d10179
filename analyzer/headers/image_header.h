/* SPDX-License-Identifier: MIT
 * Owns: what the first bytes of an image say about it. One parser per format.
 * Must not know: traces, files on disk, where the bytes come from. Trusts no byte; never reads past `bytes`. */
#ifndef ANALYZER_IMAGE_HEADER_H
#define ANALYZER_IMAGE_HEADER_H

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
#include "analyzer/headers/image_facts.def"
};
#define WEBP_BUCKET 10

/* Nothing known. */
extern const struct image_facts image_facts_unknown;

/* Reads the first `bytes` bytes of a file, or a parsed head (parsed_head.h) in their place. Returns false when they are
 * of no known image format; then *facts says FORMAT_UNKNOWN and -1 everywhere. */
bool image_header_parse(const void *data, size_t bytes, struct image_facts *facts);

/* Quality 1..100 whose scaled standard tables (T.81 annex K, and the tables of mozjpeg and ImageMagick) come nearest
 * to the given ones, with the root mean square error. values: 64 per table in natural (row by row) order; second may
 * be NULL. precise16: values may exceed 255, as they do where one does. Returns NAN when first is NULL. */
double jpeg_quality(const uint16_t *first, const uint16_t *second, bool precise16, double *rmse);

#endif
