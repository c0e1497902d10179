/* SPDX-License-Identifier: MIT
 * Owns: whether bytes look like the beginning of an image. Only worth a record; what they are the analyzer decides.
 * Must not know: files, records. */
#ifndef PRELOAD_HEADS_H
#define PRELOAD_HEADS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HEADS_SIGNATURE_BYTES 32   /* enough for every signature below but that of some SVGs */
#define HEADS_PROLOG_BYTES    4096 /* how far an XML document is searched for an SVG's root element */

/* An XML document with an SVG root element as far as one sees without parsing. Most XML files are none: fontconfig
 * alone reads dozens. */
static inline bool heads_look_like_svg(const unsigned char *b, uint64_t bytes)
{
    static const char *const begins[] = {"<svg", "<?xml", "<!--", "<!DOCTYPE svg"};
    uint64_t at = bytes >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < bytes && (b[at] == ' ' || b[at] == '\n' || b[at] == '\t' || b[at] == '\r'))
        at++;
    if (at >= bytes || b[at] != '<')
        return false;
    for (unsigned i = 0; i < sizeof begins / sizeof *begins; i++) {
        uint64_t length = strlen(begins[i]);
        if (bytes - at < length || memcmp(b + at, begins[i], length) != 0)
            continue;
        if (i == 0 || i == 3)
            return true;
        bytes = bytes < HEADS_PROLOG_BYTES ? bytes : HEADS_PROLOG_BYTES;
        for (at += length; at + 4 <= bytes; at++)
            if (b[at] == '<' &&
                (memcmp(b + at, "<svg", 4) == 0 || (at + 13 <= bytes && memcmp(b + at, "<!DOCTYPE svg", 13) == 0)))
                return true;
        return false;
    }
    return false;
}

/* Source of the signatures: the formats' specifications, as in analyzer/headers/image_header.c. */
static inline bool heads_look_like_image(const void *data, uint64_t bytes)
{
    const unsigned char *b = data;
    if (bytes >= 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
        return true;
    if (bytes >= 12) {
        if (memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0)
            return true;
        if (memcmp(b + 4, "ftyp", 4) == 0)
            return memcmp(b + 8, "avi", 3) == 0 || memcmp(b + 8, "mif1", 4) == 0 || memcmp(b + 8, "msf1", 4) == 0 ||
                   memcmp(b + 8, "he", 2) == 0;
        if (memcmp(b, "\0\0\0\x0cJXL ", 8) == 0)
            return true;
    }
    if (bytes >= 3 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff)
        return true;
    if (bytes >= 6 && (memcmp(b, "GIF87a", 6) == 0 || memcmp(b, "GIF89a", 6) == 0))
        return true;
    if (bytes >= 4 && (memcmp(b, "II*\0", 4) == 0 || memcmp(b, "MM\0*", 4) == 0))
        return true;
    if (bytes >= 4 && b[0] == 0xff && b[1] == 0x0a)
        return true;
    if (bytes >= 3 && b[0] == 'P' && b[1] >= '1' && b[1] <= '7' && (b[2] == '\n' || b[2] == ' ' || b[2] == '#'))
        return true;
    if (heads_look_like_svg(b, bytes))
        return true;
    return bytes >= 26 && b[0] == 'B' && b[1] == 'M' && b[6] == 0 && b[7] == 0 && b[8] == 0 && b[9] == 0;
}

#endif
