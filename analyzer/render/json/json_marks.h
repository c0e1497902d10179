/* SPDX-License-Identifier: MIT
 * Owns: marks and spans in the JSON report.
 * Must not know: records. */
#ifndef ANALYZER_RENDER_JSON_JSON_MARKS_H
#define ANALYZER_RENDER_JSON_JSON_MARKS_H

#include "analyzer/render/json/json_element.h"

render_json_element render_json_mark, render_json_span;
json_t *render_json_spans(const struct metrics *metrics);
json_t *render_json_mark_totals(const struct metrics *metrics);
json_t *render_json_frontend(const struct metrics *metrics);
json_t *render_json_sidecar(const struct metrics *metrics);

#endif
