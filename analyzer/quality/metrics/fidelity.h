/* SPDX-License-Identifier: MIT
 * Owns: the plain measures of what a picture lost: PSNR, SSIM, MS-SSIM.
 * Must not know: files. */
#ifndef ANALYZER_QUALITY_FIDELITY_H
#define ANALYZER_QUALITY_FIDELITY_H

#include "analyzer/quality/metrics/pixels.h"

struct fidelity {
    /* 10 log10(255² ÷ mean squared error of red, green and blue, coded values in steps of 8 bits); INFINITY for
     * identical pictures. */
    double psnr_db;
    /* Structural similarity of luma (BT.601, full range), mean over the windows that lie within the picture: Gaussian,
     * 11 × 11, 1.5 pixels, K1 0.01, K2 0.03 (Wang, Bovik, Sheikh, Simoncelli 2004). NAN below 11 pixels a side. */
    double ssim;
    /* The same on five scales, exponents 0.0448, 0.2856, 0.3001, 0.2363, 0.1333 (Wang, Simoncelli, Bovik 2003). NAN
     * below 176 pixels a side. A negative mean counts as 0. */
    double ms_ssim;
};

/* Both of the same size; transparency over a background from 0 (black) to 1. False when memory ends: about 8 bytes per
 * pixel beside the pictures. */
bool fidelity(const struct pixels *reference, const struct pixels *distorted, double background,
              struct fidelity *result);

#endif
