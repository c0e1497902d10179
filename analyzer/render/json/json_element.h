/* SPDX-License-Identifier: MIT
 * Owns: the shape of a function that makes one element of a list of the JSON report.
 * Must not know: which lists there are. */
#ifndef ANALYZER_RENDER_JSON_JSON_ELEMENT_H
#define ANALYZER_RENDER_JSON_JSON_ELEMENT_H

#include <jansson.h>

#include "analyzer/metrics/figures/figures.h"

/* One element of a list. */
typedef json_t *render_json_element(const struct metrics *metrics, size_t index);

#endif
