/* SPDX-License-Identifier: MIT
 * Owns: the text report: its page, and the sections on time and resources.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/format_text.h"
#include "analyzer/render/text/text_sections.h"

#include <inttypes.h>
#include <math.h>

void render_text_row(const struct page *page, int depth, bool last)
{
    fprintf(page->out, "  %s%s", depth > 1 ? page->bar : "", last ? page->last_branch : page->branch);
}

void render_text_foreign(const struct page *page, const char *text)
{
    format_text(page->out, text, page->options->ascii);
}

static const char *inferred(const struct timing_stats *stats)
{
    return stats->inferred ? " (inferred)" : "";
}

static void stage_row(const struct page *page, int depth, bool last, const char *title, enum stage stage)
{
    const struct timing_stats *stats = &page->metrics->stages[stage];
    render_text_row(page, depth, last);
    if (stats->count)
        fprintf(page->out, "%s: %s%s\n", title, format_duration(stats->sum).text, inferred(stats));
    else
        fprintf(page->out, "%s: n/a (not seen)\n", title);
}

/* Either nothing was seen between reading and writing, or a call that does everything. */
static void not_told_apart(const struct page *page)
{
    double all_s = page->metrics->other_optimization_s, seen_s = page->metrics->other_observed_s;
    render_text_row(page, 2, true);
    fprintf(page->out, "Not told apart: %s ", format_duration(all_s).text);
    if (seen_s < all_s / 100)
        fputs("(no codec call seen)\n", page->out);
    else if (seen_s > all_s - all_s / 100)
        fputs("(in calls that do all of it)\n", page->out);
    else
        fprintf(page->out, "(%s in calls that do all of it, else no codec call seen)\n", format_duration(seen_s).text);
}

static void stages(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    fputs("- Stage Timings (summed over images):\n", page->out);
    stage_row(page, 1, false, "Validation", STAGE_VALIDATION);
    stage_row(page, 1, false, "Processing", STAGE_OPTIMIZATION);
    bool other = metrics->other_optimization_s > 1e-6; /* less is rounding of the sums */
    stage_row(page, 2, false, "Decode", STAGE_DECODE);
    stage_row(page, 2, false, "Transform", STAGE_TRANSFORM);
    stage_row(page, 2, !other, "Encode", STAGE_ENCODE);
    if (other)
        not_told_apart(page);
    render_text_row(page, 1, false);
    fprintf(page->out, "I/O: %s%s\n", format_duration(metrics->io_s).text, isnan(metrics->io_s) ? " (not seen)" : "");
    stage_row(page, 2, false, "Image Read", STAGE_IMAGE_READ);
    stage_row(page, 2, true, "Image Write", STAGE_IMAGE_WRITE);
    stage_row(page, 1, false, "Cleanup", STAGE_CLEANUP);
    render_text_row(page, 1, true);
    fprintf(page->out, "Unattributed: %s\n", format_duration(metrics->unattributed.sum).text);
}

static void time_section(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    const struct timing_stats *busy = &metrics->busy;
    FILE *out = page->out;
    fputs("Time-based Metrics:\n", out);
    fprintf(out, "- Total Duration: %s", format_duration(metrics->duration_s).text);
    if (metrics->run->period_count > 1)
        fprintf(out, " (%zu activity periods; pauses not counted)", metrics->run->period_count);
    fprintf(out, "\n- Average Processing Time: %s/image (n=%s, ", format_duration(busy->mean).text,
            format_count(busy->count).text);
    if (isnan(metrics->throughput))
        fputs("images/s n/a: no duration)\n", out);
    else
        fprintf(out, "%.2f images/s)\n", metrics->throughput);
    if (busy->count > 1) {
        render_text_row(page, 1, false);
        fprintf(out, "Range: %s to %s\n", format_duration(busy->min).text, format_duration(busy->max).text);
        render_text_row(page, 1, true);
        fprintf(out, "Median: %s, p95 %s%s\n", format_duration(busy->p50).text, format_duration(busy->p95).text,
                busy->count < 20 ? " (fewer than 20 images)"
                : busy->exact    ? ""
                                 : " (within 1%)");
    }
    if (isnan(metrics->worker_init_s))
        fputs("- Worker Init Time: n/a (no worker start was recorded)\n", out);
    else
        fprintf(out, "- Worker Init Time: %s (sum of %s start%s)\n", format_duration(metrics->worker_init_s).text,
                format_count(metrics->worker_inits).text, metrics->worker_inits == 1 ? "" : "s");
    stages(page);
}

#define QUEUE_SHOWN  0.05 /* of the idle time: less explains nothing */
#define OTHERS_SHOWN 0.05 /* of the machine's CPUs: less is its own housekeeping */

static void cpu(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    const struct host *host = &metrics->run->host;
    FILE *out = page->out;
    if (isnan(metrics->cpu_avg_ratio))
        fputs("- CPU Utilization: n/a (CPU time of a process, or the usable CPUs, unknown", out);
    else
        fprintf(out, "- CPU Utilization: %s (avg of %.3g usable CPU%s", format_percent(metrics->cpu_avg_ratio).text,
                host->usable_cpus, host->usable_cpus == 1 ? "" : "s");
    if (metrics->cpu_others_ratio >= OTHERS_SHOWN)
        fprintf(out, "; programs not recorded used %s of the machine's %" PRIu32,
                format_percent(metrics->cpu_others_ratio).text, host->cpus);
    fputs(")\n", out);
    const char *why =
        isnan(metrics->cpu_peak_ratio) ? " (no full 100 ms window was sampled)" : " (100 ms windows, estimated)";
    render_text_row(page, 1, false);
    fprintf(out, "Peak: %s%s\n", format_percent(metrics->cpu_peak_ratio).text, why);
    render_text_row(page, 1, true);
    fprintf(out, "Min: %s%s\n", format_percent(metrics->cpu_min_ratio).text, why);
}

static void io_row(const struct page *page, bool last, const char *title, const struct io_total *total)
{
    render_text_row(page, 1, last);
    fprintf(page->out, "%s: %s (%s, %s call%s", title, format_duration((double)total->ns / 1e9).text,
            format_bytes((double)total->bytes).text, format_count(total->ops).text, total->ops == 1 ? "" : "s");
    if (total->mapped_bytes)
        fprintf(page->out, "; %s mapped", format_bytes((double)total->mapped_bytes).text);
    fputs(")\n", page->out);
}

static void metadata_row(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    render_text_row(page, 1, false);
    if (metrics->metadata_calls == UNKNOWN)
        fputs("Metadata: n/a (no process's end was recorded)\n", page->out);
    else
        fprintf(page->out, "Metadata: %s (%s call%s)\n", format_duration(metrics->metadata_s).text,
                format_count(metrics->metadata_calls).text, metrics->metadata_calls == 1 ? "" : "s");
}

static void resource_section(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    fputs("\nResource Metrics:\n", out);
    cpu(page);
    fprintf(out, "- Worker Efficiency: %s%s\n", format_percent(metrics->worker_efficiency).text,
            !isnan(metrics->worker_efficiency) ? ""
            : metrics->chains == 1             ? " (a single image)"
                                               : " (no worker was seen)");
    const char *why = isnan(metrics->active_s) ? " (no worker was seen)" : "";
    render_text_row(page, 1, false);
    fprintf(out, "Active Time: %s%s\n", format_duration(metrics->active_s).text, why);
    render_text_row(page, 1, true);
    fprintf(out, "Idle Time: %s%s", format_duration(metrics->idle_s).text, why);
    if (metrics->idle_s > 0 && metrics->idle_run_queue_s >= QUEUE_SHOWN * metrics->idle_s)
        fprintf(out, " (%s of it in the middle of an image, waiting for a CPU)",
                format_duration(metrics->idle_run_queue_s).text);
    fputc('\n', out);
    render_text_workers(page);
    fputs("- I/O Operations:\n", out);
    io_row(page, false, "Read", &metrics->run->image_read);
    metadata_row(page);
    io_row(page, true, "Write", &metrics->run->image_write);
}

static int report(const struct metrics *metrics, const struct render_options *options, FILE *out)
{
    struct page page = {.out = out, .metrics = metrics, .options = options};
    page.arrow = options->ascii ? "->" : "→";
    page.branch = options->ascii ? "|-- " : "├── ";
    page.last_branch = options->ascii ? "`- " : "└── ";
    page.bar = options->ascii ? "|   " : "│   ";
    fputs("=== Image Optimizer Benchmark Report ===\n\n", out);
    if (metrics->chains) {
        time_section(&page);
        resource_section(&page);
        render_text_sizes(&page);
        render_text_value(&page);
        render_text_memory(&page);
    } else {
        render_text_nothing(&page);
    }
    render_text_marks(&page);
    render_text_trust(&page);
    if (metrics->chains)
        render_text_findings(&page);
    if (options->images && metrics->chains)
        render_text_images(&page);
    return fflush(out) || ferror(out) ? -1 : 0;
}

const struct renderer render_text = {"text", "benchmark report for people", report};
