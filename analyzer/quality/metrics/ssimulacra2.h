/* SPDX-License-Identifier: MIT
 * Owns: SSIMULACRA 2.1, the perceptual score by Jon Sneyers (Cloudinary; libjxl and cloudinary/ssimulacra2), from its
 * definition: 100 for identical pictures, 90 visually lossless, 70 high, 50 medium, 30 low; negative for the worst.
 * Must not know: files. */
#ifndef ANALYZER_QUALITY_SSIMULACRA2_H
#define ANALYZER_QUALITY_SSIMULACRA2_H

#include "analyzer/quality/metrics/pixels.h"

#define SSIMULACRA2_SIDE_MIN 8 /* pixels: below it the metric has no scale to look at */

/* Both of the same size, no side below SSIMULACRA2_SIDE_MIN; transparency over a background from 0 (black) to 1. The
 * same on any number of threads and machines. False when memory ends: about 9 bytes per pixel beside the pictures. */
bool ssimulacra2(const struct pixels *reference, const struct pixels *distorted, double background, double *score);

#endif
