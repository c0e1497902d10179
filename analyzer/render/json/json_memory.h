/* SPDX-License-Identifier: MIT
 * Owns: memory in the JSON report.
 * Must not know: records. */
#ifndef ANALYZER_RENDER_JSON_JSON_MEMORY_H
#define ANALYZER_RENDER_JSON_JSON_MEMORY_H

#include <jansson.h>

#include "analyzer/metrics/figures/figures.h"

json_t *render_json_memory(const struct metrics *metrics);

#endif
