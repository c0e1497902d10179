/* SPDX-License-Identifier: MIT
 * Owns: the quality that quantization tables of JPEG stand for.
 * Must not know: files, markers. */
#ifndef ANALYZER_HEADERS_FACTS_JPEG_QUALITY_H
#define ANALYZER_HEADERS_FACTS_JPEG_QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Quality 1..100 whose scaled standard tables (T.81 annex K, and the tables of mozjpeg and ImageMagick) come nearest
 * to the given ones, with the root mean square error. values: 64 per table in natural (row by row) order; second may
 * be NULL. precise16: values may exceed 255, as they do where one does. Returns NAN when first is NULL. */
double jpeg_quality(const uint16_t *first, const uint16_t *second, bool precise16, double *rmse);

#endif
