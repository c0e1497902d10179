/* SPDX-License-Identifier: MIT
 * Owns: the names of the formats, and what nothing known looks like.
 * Must not know: bytes. */
#include "analyzer/headers/facts/image_facts.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *key, *title;
} formats[FORMAT_COUNT] = {
    [FORMAT_UNKNOWN] = {"unknown", "unknown"},
    [FORMAT_JPEG] = {"jpeg", "JPEG"},
    [FORMAT_PNG] = {"png", "PNG"},
    [FORMAT_WEBP] = {"webp", "WebP"},
    [FORMAT_AVIF] = {"avif", "AVIF"},
    [FORMAT_HEIC] = {"heic", "HEIC"},
    [FORMAT_GIF] = {"gif", "GIF"},
    [FORMAT_TIFF] = {"tiff", "TIFF"},
    [FORMAT_JXL] = {"jxl", "JPEG XL"},
    [FORMAT_PNM] = {"pnm", "PNM"},
    [FORMAT_BMP] = {"bmp", "BMP"},
    [FORMAT_SVG] = {"svg", "SVG"},
};

const char *format_key(enum image_format format)
{
    return formats[(unsigned)format < FORMAT_COUNT ? format : FORMAT_UNKNOWN].key;
}

enum image_format format_of_key(const char *key, size_t bytes)
{
    unsigned format = FORMAT_UNKNOWN + 1;
    while (format < FORMAT_COUNT && (strlen(formats[format].key) != bytes || memcmp(formats[format].key, key, bytes)))
        format++;
    return format < FORMAT_COUNT ? (enum image_format)format : FORMAT_UNKNOWN;
}

const char *format_title(enum image_format format)
{
    return formats[(unsigned)format < FORMAT_COUNT ? format : FORMAT_UNKNOWN].title;
}

const struct image_facts image_facts_unknown = {
    .format = FORMAT_UNKNOWN,
#define IMAGE_FACT_INTEGER(type, name) .name = -1,
#define IMAGE_FACT_REAL(name)          .name = NAN,
#include "analyzer/headers/facts/image_facts.def"
};
