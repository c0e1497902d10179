/* SPDX-License-Identifier: MIT
 * Owns: single values of a JSON document, null where they are unknown; text that is not UTF-8.
 * Must not know: which key they stand under. */
#ifndef ANALYZER_RENDER_JSON_VALUES_H
#define ANALYZER_RENDER_JSON_VALUES_H

#include <jansson.h>

#include "analyzer/metrics/statistics/timing.h"
#include "analyzer/model/model.h"

/* Each returns a new reference, null where the value is unknown: NAN, UNKNOWN, NULL, -1 or NO_ID. */
json_t *render_json_number(double value);
json_t *render_json_integer(uint64_t value);
json_t *render_json_text(const char *text); /* bytes that are not UTF-8 become U+FFFD */
json_t *render_json_fact(int64_t value);
json_t *render_json_flag(int value); /* 1, 0 or -1 */
json_t *render_json_index(uint32_t index);
json_t *render_json_seconds(uint64_t ns);
/* A moment, in seconds from the start of the run. */
json_t *render_json_moment(const struct run *run, uint64_t time_ns);
json_t *render_json_timing(const struct timing_stats *stats);

#endif
