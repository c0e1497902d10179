/* SPDX-License-Identifier: MIT
 * Owns: settings that an encoder was given and its file says otherwise.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_IMAGES_DISAGREEMENTS_H
#define ANALYZER_METRICS_IMAGES_DISAGREEMENTS_H
#include "analyzer/metrics/figures/figures.h"

/* Fills the disagreements of an image's check. */
void metrics_disagreements(const struct run *run, const struct image *image, struct image_check *check);

#endif
