/* SPDX-License-Identifier: MIT
 * Owns: the machine, processes, libraries and samples in the JSON report.
 * Must not know: records. */
#ifndef ANALYZER_RENDER_JSON_JSON_RUN_H
#define ANALYZER_RENDER_JSON_JSON_RUN_H

#include "analyzer/render/json/json_element.h"

render_json_element render_json_conversion, render_json_library, render_json_process, render_json_sample;
json_t *render_json_formats(const struct metrics *metrics);
json_t *render_json_host(const struct metrics *metrics);
bool render_json_ended_badly(const struct process *process);

#endif
