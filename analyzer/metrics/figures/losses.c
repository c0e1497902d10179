/* SPDX-License-Identifier: MIT
 * Owns: the names of what an output can lack.
 * Must not know: how files are compared. */
#include "analyzer/metrics/figures/losses.h"

const char *loss_name(enum loss loss)
{
    static const char *const names[LOSS_COUNT] = {"icc",   "exif",  "xmp",       "orientation",
                                                  "alpha", "depth", "animation", "pixels"};
    return names[loss];
}
