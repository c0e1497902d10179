/* SPDX-License-Identifier: MIT
 * Owns: the rows of quality settings, and their labels.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_QUALITY_QUALITY_H
#define ANALYZER_METRICS_QUALITY_QUALITY_H
#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"

/* Needs the rows of metrics_formats(). Returns false when memory ends. */
bool metrics_qualities(struct metrics *metrics, const struct chain_set *set);
/* The row of the setting that made the output; NULL: none has it. */
struct quality_row *metrics_row_of(struct metrics *metrics, const struct quality_pair *pair);

/* The quality setting of an ok image's first output, as in quality_row.label; "" of others. */
#define SETTING_LABEL_BYTES 80
void metrics_setting_label(const struct run *run, const struct image *image, char label[SETTING_LABEL_BYTES]);

#endif
