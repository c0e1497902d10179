/* SPDX-License-Identifier: MIT
 * Owns: the JSON report as other programs want it.
 * Must not know: records. */
#ifndef ANALYZER_RENDER_JSON_JSON_H
#define ANALYZER_RENDER_JSON_JSON_H

#include <stdio.h>
#include <jansson.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/render/render.h"

/* The report as the HTML page wants it: compact, without files and images, and of the processes only those that failed;
 * `process_count` and `failed_process_count` tell how many there were, `file_paths` the names of files that it refers
 * to. Returns 0, or -1 when the output failed. */
int render_json_for_page(const struct metrics *metrics, const struct render_options *options, FILE *out);

#endif
