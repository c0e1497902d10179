/* SPDX-License-Identifier: MIT
 * Owns: the columns that every table of images is made of: their keys, titles, definitions, units and values.
 * Must not know: how a table is written, how figures come about. */
#ifndef ANALYZER_RENDER_IMAGE_TABLE_H
#define ANALYZER_RENDER_IMAGE_TABLE_H

#include "analyzer/metrics/figures/figures.h"

enum column_unit {
    COLUMN_ID,
    COLUMN_TEXT,
    COLUMN_LIST,   /* words with one blank between them */
    COLUMN_MOMENT, /* seconds from the start of the run */
    COLUMN_SECONDS,
    COLUMN_BYTES,
    COLUMN_RATIO, /* shown in percent */
    COLUMN_COUNT,
    COLUMN_NUMBER,
    COLUMN_BOOL
};
/* "id", "text", "list", "moment_s", "s", "bytes", "ratio", "count", "number", "bool". */
const char *image_column_unit_name(enum column_unit unit);

/* Room for a text that a column puts together. */
#define IMAGE_COLUMN_TEXT 512

struct image_column {
    const char *key, *title, *definition;
    enum column_unit unit;
    /* All units but text and list: NAN = unknown. Bytes and counts are exact up to 2^53. */
    double (*number)(const struct metrics *metrics, size_t image);
    /* Text and list: NULL = unknown; the result lives as long as the metrics and `room`, which it may be written in. It
     * need not be UTF-8. */
    const char *(*text)(const struct metrics *metrics, size_t image, char room[IMAGE_COLUMN_TEXT]);
};
extern const struct image_column image_columns[];
extern const size_t image_column_count;

#endif
