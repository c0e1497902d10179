/* SPDX-License-Identifier: MIT
 * Owns: the JSON report's memory: peaks, averages, and the places that made the peak.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json_parts.h"

#define SITES_SHOWN 100

static json_t *memory_peak(const struct run *run)
{
    json_t *images = run->peak_rss_ns != UNKNOWN ? json_array() : json_null();
    for (size_t i = 0; run->peak_rss_ns != UNKNOWN && i < run->image_count; i++)
        if (run->images[i].start_ns <= run->peak_rss_ns && run->images[i].end_ns >= run->peak_rss_ns)
            json_array_append_new(images, json_integer((json_int_t)i));
    uint64_t kills = run->host.cgroup_oom_kills;
    bool known = run->peak_process < run->process_count;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "at_s", render_json_moment(run, run->peak_rss_ns), "pid",
                     known ? json_integer(run->processes[run->peak_process].pid) : json_null(), "bytes",
                     render_json_integer(run->peak_rss_bytes), "stage", json_null(), "images", images, "oom_killed",
                     render_json_flag(kills == UNKNOWN ? -1 : kills > 0));
}

static json_t *large_blocks(const struct run *run)
{
    if (run->blocks_peak_bytes == UNKNOWN || run->blocks_peak_process >= run->process_count)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "at_s", render_json_moment(run, run->blocks_peak_ns), "pid",
                     json_integer(run->processes[run->blocks_peak_process].pid), "bytes",
                     render_json_integer(run->blocks_peak_bytes), "blocks", render_json_integer(run->blocks_peak_count),
                     "sites", render_json_integer(run->site_count));
}

static json_t *frame(const struct site_frame *frame)
{
    return json_pack("{s:o, s:o, s:o}", "module", render_json_text(frame->module), "function",
                     render_json_text(frame->function), "location", render_json_text(frame->location));
}

static json_t *site(const struct metrics *metrics, size_t index)
{
    const struct memory_site *site = &metrics->run->sites[index];
    json_t *json = frame(&site->frames[0]), *stack = site->has_stack ? json_array() : json_null();
    for (size_t i = 0; site->has_stack && i < site->frame_count; i++)
        json_array_append_new(stack, frame(&site->frames[i]));
    json_object_set_new(json, "bytes", render_json_integer(site->bytes));
    json_object_set_new(json, "blocks", render_json_integer(site->blocks));
    json_object_set_new(json, "ratio", render_json_number(metrics->site_ratios[index]));
    json_object_set_new(json, "image", render_json_index(site->image));
    json_object_set_new(json, "stack", stack);
    return json;
}

static json_t *allocator(const struct run *run)
{
    const struct allocator_sample *sample = &run->allocator;
    if (sample->process >= run->process_count)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", render_json_text(run->processes[sample->process].allocator),
                     "allocated_bytes", render_json_integer(sample->allocated_bytes), "active_bytes",
                     render_json_integer(sample->active_bytes), "resident_bytes",
                     render_json_integer(sample->resident_bytes), "retained_bytes",
                     render_json_integer(sample->retained_bytes));
}

static json_t *heap_sizes(const struct heap_sizes *sizes)
{
    json_t *array = json_array();
    for (size_t i = 0; i < sizes->count; i++)
        json_array_append_new(
            array, json_pack("{s:o, s:o}", "below_bytes",
                             i + 1 < sizes->count ? json_integer((json_int_t)(UINT64_C(32) << i)) : json_null(),
                             "calls", render_json_integer(sizes->calls[i])));
    return array;
}

json_t *render_json_memory(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    json_t *sites = json_array();
    for (size_t i = 0; i < run->site_count && i < SITES_SHOWN; i++)
        json_array_append_new(sites, site(metrics, i));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "peak_rss_bytes",
                     render_json_integer(run->peak_rss_bytes), "peak_scope",
                     run->peak_rss_bytes == UNKNOWN ? json_null() : json_string(run->peak_is_tree ? "tree" : "process"),
                     "avg_rss_bytes", render_json_number(metrics->avg_rss_bytes), "baseline_rss_bytes",
                     render_json_number(metrics->baseline_rss_bytes), "peak_heap_bytes",
                     render_json_number(metrics->peak_heap_bytes), "peak_anonymous_bytes",
                     render_json_integer(metrics->peak_anonymous_bytes), "allocator", allocator(run), "heap_sizes",
                     heap_sizes(&run->heap_sizes), "peak", memory_peak(run), "large_blocks", large_blocks(run), "sites",
                     sites);
}
