/* SPDX-License-Identifier: MIT
 * Owns: rows of decoded pictures, over a background where they have any transparency.
 * Must not know: files, metrics. */
#include "analyzer/quality/metrics/pixels.h"

#include <stdlib.h>

void pixels_release(struct pixels *pixels)
{
    free(pixels->values);
    *pixels = (struct pixels){0};
}

void pixels_row(const struct pixels *pixels, size_t row, double background, float *restrict red, float *restrict green,
                float *restrict blue)
{
    const uint16_t *restrict value = pixels->values + row * pixels->width * pixels->bands;
    float below = (float)(background * 65535);
    if (pixels->bands == 3) {
        for (size_t x = 0; x < pixels->width; x++) {
            red[x] = value[3 * x];
            green[x] = value[3 * x + 1];
            blue[x] = value[3 * x + 2];
        }
        return;
    }
    for (size_t x = 0; x < pixels->width; x++) {
        float alpha = value[4 * x + 3] * (1 / 65535.f);
        red[x] = below + (value[4 * x] - below) * alpha;
        green[x] = below + (value[4 * x + 1] - below) * alpha;
        blue[x] = below + (value[4 * x + 2] - below) * alpha;
    }
}
