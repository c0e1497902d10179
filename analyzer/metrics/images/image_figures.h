/* SPDX-License-Identifier: MIT
 * Owns: the figures of one image, computed from it alone.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_IMAGES_IMAGE_FIGURES_H
#define ANALYZER_METRICS_IMAGES_IMAGE_FIGURES_H
#include "analyzer/metrics/figures/figures.h"

/* Returns false when memory ends. */
bool metrics_image_figures(struct metrics *metrics);

#endif
