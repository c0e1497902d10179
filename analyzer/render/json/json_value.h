/* SPDX-License-Identifier: MIT
 * Owns: what the work was worth, and findings, in the JSON report.
 * Must not know: records. */
#ifndef ANALYZER_RENDER_JSON_JSON_VALUE_H
#define ANALYZER_RENDER_JSON_JSON_VALUE_H

#include "analyzer/render/json/json_element.h"

render_json_element render_json_finding, render_json_worker;
json_t *render_json_pool(const struct metrics *metrics);
json_t *render_json_value(const struct metrics *metrics);

#endif
