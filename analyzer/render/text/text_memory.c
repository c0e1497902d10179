/* SPDX-License-Identifier: MIT
 * Owns: the text report's section on memory. Must not know: records, how figures come about. Computes nothing. */
#include <math.h>

#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#define SITE_ROWS   5
#define SITE_FRAMES 4 /* of a stack shown in a row */

static void memory_row(const struct page *page, const char *title, double bytes, const char *why, const char *more)
{
    if (isnan(bytes))
        fprintf(page->out, "- %s: n/a (%s)\n", title, why);
    else
        fprintf(page->out, "- %s: %s%s\n", title, format_bytes(bytes).text, more);
}

static void allocator_row(const struct page *page)
{
    const struct run *run = page->metrics->run;
    const struct allocator_sample *sample = &run->allocator;
    if (sample->process >= run->process_count)
        return;
    const char *name = run->processes[sample->process].allocator;
    fputs("- Allocator: ", page->out);
    render_text_foreign(page, name ? name : "(name not known)");
    fprintf(page->out, ": %s allocated, %s active, %s resident, %s retained\n",
            format_bytes((double)sample->allocated_bytes).text, format_bytes((double)sample->active_bytes).text,
            format_bytes((double)sample->resident_bytes).text, format_bytes((double)sample->retained_bytes).text);
}

static void frame(const struct page *page, const struct site_frame *frame)
{
    const char *name = frame->function ? frame->function : frame->location ? frame->location : frame->module;
    render_text_foreign(page, name ? name : "places not told apart");
}

static void site_row(const struct page *page, size_t index, bool last)
{
    const struct memory_site *site = &page->metrics->run->sites[index];
    render_text_row(page, 1, last);
    fprintf(page->out, "%s (%s, %s block%s): ", format_bytes((double)site->bytes).text,
            format_percent(page->metrics->site_ratios[index]).text, format_count(site->blocks).text,
            site->blocks == 1 ? "" : "s");
    frame(page, &site->frames[0]);
    if (site->frames[0].function && site->frames[0].module) {
        fputs(" in ", page->out);
        render_text_foreign(page, site->frames[0].module);
    }
    /* Callers that have names say more than addresses between them. */
    for (size_t i = 1, shown = 1, skipped = 0; i < site->frame_count && shown < SITE_FRAMES; i++) {
        if (!site->frames[i].function) {
            skipped++;
            continue;
        }
        const char *arrow = page->options->ascii ? "<-" : "←", *more = page->options->ascii ? "..." : "…";
        fprintf(page->out, skipped ? " %s %s %s " : " %s ", arrow, more, arrow);
        frame(page, &site->frames[i]);
        skipped = 0;
        shown++;
    }
    fputc('\n', page->out);
}

static void sites(const struct page *page)
{
    const struct run *run = page->metrics->run;
    if (!run->site_count || run->blocks_peak_process >= run->process_count)
        return;
    fprintf(page->out, "- Peak made by: %s in %s large blocks of pid %u\n",
            format_bytes((double)run->blocks_peak_bytes).text, format_count(run->blocks_peak_count).text,
            run->processes[run->blocks_peak_process].pid);
    size_t shown = run->site_count < SITE_ROWS ? run->site_count : SITE_ROWS;
    for (size_t i = 0; i < shown; i++)
        site_row(page, i, i + 1 == shown && shown == run->site_count);
    if (shown == run->site_count)
        return;
    render_text_row(page, 1, true);
    fprintf(page->out, "%s more place%s\n", format_count(run->site_count - shown).text,
            run->site_count - shown == 1 ? "" : "s");
}

static void composition_row(const struct page *page)
{
    const struct memory_figures *memory = &page->metrics->memory;
    if (isnan(memory->retained_bytes))
        return;
    if (memory->composition_low) {
        fprintf(page->out, "- Made of: n/a (at the highest sample the largest process had %s of its %s)\n",
                format_bytes(memory->rss_bytes).text, format_bytes(memory->most_rss_bytes).text);
        return;
    }
    fprintf(page->out, "- Made of: %s heap, %s backed by files, ", format_bytes(memory->heap_bytes).text,
            format_bytes(memory->file_bytes).text);
    if (memory->mapped_bytes > 0)
        fprintf(page->out, "%s mapped, ", format_bytes(memory->mapped_bytes).text);
    if (memory->retained_bytes < 0)
        fprintf(page->out, "less %s never touched", format_bytes(-memory->retained_bytes).text);
    else
        fprintf(page->out, "%s free or other", format_bytes(memory->retained_bytes).text);
    fprintf(page->out, ", of %s at the highest sample\n", format_bytes(memory->rss_bytes).text);
}

static void peak_row(const struct page *page)
{
    const struct run *run = page->metrics->run;
    const struct memory_figures *memory = &page->metrics->memory;
    if (!memory->in_flight_at_peak)
        return;
    fprintf(page->out, "- In flight at the peak: %s image%s", format_count(memory->in_flight_at_peak).text,
            memory->in_flight_at_peak == 1 ? "" : "s");
    if (memory->peak_maker < run->image_count) {
        fputs("; the largest part for ", page->out);
        render_text_image_name(page, memory->peak_maker);
        if (memory->peak_stage_known)
            fprintf(page->out, " in %s (inferred)", stage_name(memory->peak_stage));
    }
    fputc('\n', page->out);
}

static void pixel_row(const struct page *page)
{
    const struct memory_figures *memory = &page->metrics->memory;
    if (memory->per_pixel_n)
        fprintf(page->out, "- Per Megapixel: %s (median), %s at most, n=%s\n",
                format_bytes(memory->per_pixel_p50 * 1e6).text, format_bytes(memory->per_pixel_max * 1e6).text,
                format_count(memory->per_pixel_n).text);
}

static void scaling_row(const struct page *page)
{
    const struct memory_figures *memory = &page->metrics->memory;
    if (page->metrics->pool.in_flight_peak < 2)
        return;
    if (isnan(memory->per_image_bytes)) {
        fprintf(page->out, "- One more image at once: n/a (%s)\n", memory->scaling_unknown);
        return;
    }
    fprintf(page->out, "- One more image at once: about %s (from %s numbers of images in flight, r² %.2f)",
            format_bytes(memory->per_image_bytes).text, format_count(memory->scaling_levels).text, memory->scaling_r2);
    if (!isnan(memory->workers_fit))
        fprintf(page->out, "; about %s fit in %s", format_count((uint64_t)memory->workers_fit).text,
                format_bytes(memory->workers_fit_limit_bytes).text);
    fputc('\n', page->out);
}

void render_text_memory(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    fputs("\nMemory Usage:\n", page->out);
    memory_row(page, "Peak", metrics->peak_rss_bytes, "never sampled",
               !metrics->run->peak_is_tree      ? " (largest process)"
               : metrics->run->peak_is_measured ? " (all processes together, measured every 100 ms or more)"
                                                : " (all processes together, estimate)");
    memory_row(page, "Average", metrics->avg_rss_bytes, "no samples", "");
    memory_row(page, "Baseline", metrics->baseline_rss_bytes, "no sample before the first image", "");
    memory_row(page, "Heap Peak", metrics->peak_heap_bytes, "the allocator was not seen",
               " (allocated, largest process)");
    if (metrics->peak_anonymous_bytes)
        memory_row(page, "Mapped Peak", (double)metrics->peak_anonymous_bytes, "",
                   " (large anonymous mappings, largest process)");
    composition_row(page);
    allocator_row(page);
    peak_row(page);
    sites(page);
    pixel_row(page);
    scaling_row(page);
}
