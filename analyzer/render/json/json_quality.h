/* SPDX-License-Identifier: MIT
 * Owns: what is left of the pictures, in the JSON report.
 * Must not know: how pairs are scored. */
#ifndef ANALYZER_RENDER_JSON_JSON_QUALITY_H
#define ANALYZER_RENDER_JSON_JSON_QUALITY_H

#include <jansson.h>

#include "analyzer/metrics/figures/figures.h"

/* Null where quality was not measured, or of nothing. */
json_t *render_json_quality(const struct metrics *metrics);
json_t *render_json_retained(const struct metrics *metrics, const struct retained *retained);
json_t *render_json_median_retained(const struct metrics *metrics, const struct retained *retained);
json_t *render_json_image_retained(const struct metrics *metrics, size_t index);
json_t *render_json_image_quality(const struct metrics *metrics, size_t index);

#endif
