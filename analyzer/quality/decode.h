/* SPDX-License-Identifier: MIT
 * Owns: image files to pixels, by libvips, which is loaded when it is first wanted: in processes that only score.
 * Must not know: metrics, traces.
 *
 * What a picture is: its embedded profile and its colour space turned to sRGB, its EXIF orientation applied. */
#ifndef ANALYZER_QUALITY_DECODE_H
#define ANALYZER_QUALITY_DECODE_H

#include "analyzer/quality/metrics/pixels.h"

#define DECODE_REASON_BYTES 200

/* Loads libvips, to compute with one thread. False with a reason when it is not installed. To be called once. */
bool decode_start(char reason[DECODE_REASON_BYTES]);

struct picture {
    const char *path;     /* the caller's */
    size_t width, height; /* of one frame, orientation applied */
    unsigned frames;      /* more than 1 only of animations */
    bool alpha;
    bool deep;    /* more than 8 bits */
    bool drawing; /* made of lines, in pixels only as it is asked for */
};

/* Reads the header. False with a reason when libvips cannot read the file. */
bool decode_open(const char *path, struct picture *picture, char reason[DECODE_REASON_BYTES]);

/* One frame, resized by Lanczos' kernel of three lobes to width × height. What was cut off or is damaged in the middle
 * is an error. Release with pixels_release(). False with a reason. */
bool decode_frame(const struct picture *picture, unsigned frame, size_t width, size_t height, struct pixels *pixels,
                  char reason[DECODE_REASON_BYTES]);

/* Writes a picture over white, 8 bits deep, as a PNG. */
bool decode_to_png(const struct pixels *pixels, const char *path);

#endif
