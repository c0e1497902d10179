/* SPDX-License-Identifier: MIT
 * Owns: the shape of decoded pictures, as the metrics take them.
 * Must not know: files, metrics. */
#ifndef ANALYZER_QUALITY_PIXELS_H
#define ANALYZER_QUALITY_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* sRGB as it is coded, 0..65535 (8-bit values times 257), interleaved: red, green, blue and, where the picture has any
 * transparency, alpha. Not premultiplied. */
struct pixels {
    uint16_t *values; /* width * height * bands; the owner's, freed by pixels_release() */
    size_t width, height;
    unsigned bands; /* 3 or 4 */
};

void pixels_release(struct pixels *pixels);

/* One row over a background (0 black .. 1 white), blended in coded values as browsers do it: three planes of `width`
 * floats 0..65535. */
void pixels_row(const struct pixels *pixels, size_t row, double background, float *red, float *green, float *blue);

#endif
