/* SPDX-License-Identifier: MIT
 * Owns: what the parts of the JSON report share: values that may be unknown, and one function per subject.
 * Must not know: records. For analyzer/render/json/, and for exports of the same values (analyzer/export/). */
#ifndef ANALYZER_RENDER_JSON_PARTS_H
#define ANALYZER_RENDER_JSON_PARTS_H

#include <jansson.h>

#include "analyzer/render/render.h"

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

/* One element of a list. */
typedef json_t *render_json_element(const struct metrics *metrics, size_t index);
render_json_element render_json_process, render_json_library, render_json_file, render_json_image, render_json_sample,
    render_json_worker, render_json_conversion, render_json_finding, render_json_mark, render_json_span;
json_t *render_json_spans(const struct metrics *metrics);
json_t *render_json_mark_totals(const struct metrics *metrics);
json_t *render_json_frontend(const struct metrics *metrics);
json_t *render_json_sidecar(const struct metrics *metrics);
/* Null where quality was not measured, or of nothing. */
json_t *render_json_quality(const struct metrics *metrics);
json_t *render_json_retained(const struct metrics *metrics, const struct retained *retained);
json_t *render_json_median_retained(const struct metrics *metrics, const struct retained *retained);
json_t *render_json_image_retained(const struct metrics *metrics, size_t index);
json_t *render_json_image_quality(const struct metrics *metrics, size_t index);
json_t *render_json_formats(const struct metrics *metrics);
json_t *render_json_pool(const struct metrics *metrics);
json_t *render_json_value(const struct metrics *metrics);
json_t *render_json_memory(const struct metrics *metrics);
json_t *render_json_host(const struct metrics *metrics);
bool render_json_ended_badly(const struct process *process);
/* The report as the HTML page wants it: compact, without files and images, and of the processes only those that failed;
 * `process_count` and `failed_process_count` tell how many there were, `file_paths` the names of files that it refers
 * to. Returns 0, or -1 when the output failed. */
int render_json_for_page(const struct metrics *metrics, const struct render_options *options, FILE *out);

#endif
