/* SPDX-License-Identifier: MIT
 * Owns: the JSON report's memory: peaks, averages, and the places that made the peak.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json/json_memory.h"
#include "analyzer/render/json_values.h"

#include <math.h>

#define SITES_SHOWN 100

static json_t *memory_peak(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    const struct memory_figures *memory = &metrics->memory;
    json_t *images = run->peak_rss_ns != UNKNOWN ? json_array() : json_null();
    for (size_t i = 0; run->peak_rss_ns != UNKNOWN && i < run->image_count; i++)
        if (run->images[i].start_ns <= run->peak_rss_ns && run->images[i].end_ns >= run->peak_rss_ns)
            json_array_append_new(images, json_integer((json_int_t)i));
    uint64_t kills = run->host.cgroup_oom_kills;
    bool known = run->peak_process < run->process_count;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "at_s", render_json_moment(run, run->peak_rss_ns),
                     "pid", known ? json_integer(run->processes[run->peak_process].pid) : json_null(), "bytes",
                     render_json_integer(run->peak_rss_bytes), "stage",
                     memory->peak_stage_known ? json_string(stage_name(memory->peak_stage)) : json_null(), "image",
                     render_json_index(memory->peak_maker), "in_flight", render_json_integer(memory->in_flight_at_peak),
                     "images", images, "oom_killed", render_json_flag(kills == UNKNOWN ? -1 : kills > 0));
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

static json_t *composition(const struct memory_figures *memory)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "rss_bytes", render_json_number(memory->rss_bytes),
                     "heap_bytes", render_json_number(memory->heap_bytes), "file_bytes",
                     render_json_number(memory->file_bytes), "mapped_bytes", render_json_number(memory->mapped_bytes),
                     "retained_bytes", render_json_number(memory->retained_bytes), "own_bytes",
                     render_json_number(memory->own_bytes), "most_rss_bytes",
                     render_json_number(memory->most_rss_bytes), "low", (int)memory->composition_low);
}

static json_t *per_pixel(const struct memory_figures *memory)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "n", render_json_integer(memory->per_pixel_n), "p50_bytes",
                     render_json_number(memory->per_pixel_p50), "max_bytes", render_json_number(memory->per_pixel_max),
                     "image", render_json_index(memory->per_pixel_worst));
}

/* null: scaling_unknown says why. */
static json_t *scaling(const struct memory_figures *memory)
{
    if (isnan(memory->per_image_bytes))
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "levels", render_json_integer(memory->scaling_levels),
                     "samples", render_json_integer(memory->scaling_samples), "base_bytes",
                     render_json_number(memory->base_bytes), "per_image_bytes",
                     render_json_number(memory->per_image_bytes), "r2", render_json_number(memory->scaling_r2),
                     "workers_fit", render_json_number(memory->workers_fit), "limit_bytes",
                     render_json_number(memory->workers_fit_limit_bytes));
}

static json_t *peak_source(const struct run *run)
{
    if (run->peak_rss_bytes == UNKNOWN)
        return json_null();
    return json_string(!run->peak_is_tree ? "kernel" : run->peak_is_measured ? "measured" : "estimated");
}

json_t *render_json_memory(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    json_t *sites = json_array();
    for (size_t i = 0; i < run->site_count && i < SITES_SHOWN; i++)
        json_array_append_new(sites, site(metrics, i));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "peak_rss_bytes", render_json_integer(run->peak_rss_bytes), "peak_scope",
                     run->peak_rss_bytes == UNKNOWN ? json_null() : json_string(run->peak_is_tree ? "tree" : "process"),
                     "peak_source", peak_source(run), "avg_rss_bytes", render_json_number(metrics->avg_rss_bytes),
                     "baseline_rss_bytes", render_json_number(metrics->baseline_rss_bytes), "peak_heap_bytes",
                     render_json_number(metrics->peak_heap_bytes), "peak_anonymous_bytes",
                     render_json_integer(metrics->peak_anonymous_bytes), "allocator", allocator(run), "heap_sizes",
                     heap_sizes(&run->heap_sizes), "peak", memory_peak(metrics), "large_blocks", large_blocks(run),
                     "sites", sites, "composition", composition(&metrics->memory), "per_pixel",
                     per_pixel(&metrics->memory), "scaling", scaling(&metrics->memory), "scaling_unknown",
                     render_json_text(metrics->memory.scaling_unknown));
}
