/* SPDX-License-Identifier: MIT
 * Owns: the Markdown report: short enough for a pull request, in GitHub's flavour.
 * Must not know: records, how figures come about. Nothing of a trace can end a cell, a line, or become markup. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/render/finding_text.h"
#include "analyzer/render/format_units.h"
#include "analyzer/render/markdown_text.h"
#include "analyzer/render/render.h"
#include "analyzer/metrics/findings/findings.h"

#define WORST_ROWS   10
#define QUALITY_ROWS 8 /* per format */

static const char *command_of(const struct run *run)
{
    const struct process *first = NULL;
    for (size_t i = 0; i < run->process_count; i++)
        if (run->processes[i].parent == NO_ID && (!first || run->processes[i].start_ns < first->start_ns))
            first = &run->processes[i];
    return first ? first->command : NULL;
}

static void summary(const struct metrics *metrics, FILE *out)
{
    fputs("| | |\n|---|---|\n", out);
    fprintf(out, "| Images | %s (%s ok, %s failed, %s discarded, %s unfinished) |\n",
            format_count(metrics->chains).text, format_count(metrics->images_ok).text,
            format_count(metrics->failed).text, format_count(metrics->discarded).text,
            format_count(metrics->unfinished).text);
    fprintf(out, "| Duration | %s, %s per image on average |\n", format_duration(metrics->duration_s).text,
            format_duration(metrics->busy.mean).text);
    if (metrics->sized)
        fprintf(out, "| Size | %s → %s (%s, n=%s) |\n", format_bytes((double)metrics->bytes_in).text,
                format_bytes((double)metrics->bytes_out).text, format_change(metrics->size_ratio, false).text,
                format_count(metrics->sized).text);
    else
        fputs("| Size | n/a (no sizes known) |\n", out);
    if (metrics->retained.measured && metrics->retained.all.n)
        fprintf(out, "| Quality retained | median %.1f (%s), worst %.1f, n=%s of %s: SSIMULACRA 2, 100 = identical |\n",
                format_score(metrics->retained.all.median),
                quality_band_title(quality_band(metrics->retained.all.median)),
                format_score(metrics->retained.all.worst), format_count(metrics->retained.all.n).text,
                format_count(metrics->retained.pair_count).text);
    else if (metrics->retained.measured)
        fputs("| Quality retained | n/a (no output could be compared with its input) |\n", out);
    for (size_t i = 0; metrics->retained.measured && i < metrics->retained.metric_count; i++) {
        const struct metric_figures *figures = &metrics->retained.metrics[i];
        if (figures->n)
            fprintf(out, "| %s | median %.6g, n=%s, %s failed |\n", figures->name, figures->median,
                    format_count(figures->n).text, format_count(figures->failed).text);
        else
            fprintf(out, "| %s | n/a, %s failed |\n", figures->name, format_count(figures->failed).text);
    }
    fprintf(out, "| CPU | %s of %s usable CPUs; %s per MB saved |\n", format_percent(metrics->cpu_avg_ratio).text,
            format_number(metrics->run->host.usable_cpus).text,
            format_duration(metrics->value.cpu_s_per_mb_saved).text);
    fprintf(out, "| Workers | %s, efficiency %s |\n", format_count(metrics->pool.lanes).text,
            format_percent(metrics->worker_efficiency).text);
    fprintf(out, "| Peak memory | %s (%s) |\n", format_bytes(metrics->peak_rss_bytes).text,
            !metrics->run->peak_is_tree      ? "largest process"
            : metrics->run->peak_is_measured ? "all processes together, measured"
                                             : "all processes together, estimate");
    fprintf(out,
            "| Trust | %s of the kernel's I/O seen; %s of the time attributed (%s observed); %s records lost; overhead "
            "about %s |\n",
            format_percent(metrics->coverage_ratio).text, format_percent(metrics->attributed_ratio).text,
            format_percent(metrics->observed_ratio).text, format_count(metrics->run->lost_records).text,
            format_percent(metrics->overhead_ratio).text);
    for (size_t i = 0; i < sizeof metrics->run->missing / sizeof *metrics->run->missing; i++) {
        if (!metrics->run->missing[i])
            break;
        fputs("| Missing | ", out);
        markdown_text(out, metrics->run->missing[i]);
        fputs(" |\n", out);
    }
    if (metrics->broken_off)
        fprintf(out, "| | %s of the unfinished images where the trace breaks off |\n",
                format_count(metrics->broken_off).text);
}

static void findings(const struct metrics *metrics, FILE *out)
{
    char text[FINDING_TEXT];
    fputs("\n#### Findings\n\n", out);
    if (!metrics->finding_count)
        fprintf(out, "None (%zu rules looked at).\n", finding_rule_count);
    for (size_t i = 0; i < metrics->finding_count; i++) {
        const struct finding *finding = &metrics->findings[i];
        fprintf(out, "%zu. **%s**: ", i + 1, finding_severity_name(finding->severity));
        render_finding_text(finding, finding->title, text);
        markdown_text(out, text);
        fputs(". ", out);
        render_finding_text(finding, finding->remedy, text);
        markdown_text(out, text);
        fputc('\n', out);
    }
}

/* Two cells where quality was measured, and the end of the line. */
static void retained_cells(const struct metrics *metrics, const struct retained *retained, uint64_t n, FILE *out)
{
    if (metrics->retained.measured && retained->n) {
        fprintf(out, " %.1f (%s%s%s) | %.1f |", format_score(retained->median),
                quality_band_title(quality_band(retained->median)), retained->n < n ? ", n=" : "",
                retained->n < n ? format_count(retained->n).text : "", format_score(retained->worst));
    } else if (metrics->retained.measured) {
        fputs(" n/a | n/a |", out);
    }
    fputc('\n', out);
}

static void quality_rows(const struct metrics *metrics, FILE *out)
{
    if (!metrics->format_count)
        return;
    bool measured = metrics->retained.measured;
    fprintf(out, "\n| Output | Setting | n | Before | After | Change |%s\n|---|---|--:|--:|--:|--:|%s\n",
            measured ? " Retained | Worst |" : "", measured ? "--:|--:|" : "");
    for (size_t i = 0; i < metrics->format_count; i++) {
        const struct format_row *format = &metrics->formats[i];
        for (size_t k = 0; k < format->quality_count && k < QUALITY_ROWS; k++) {
            const struct quality_row *row = &format->qualities[k];
            fprintf(out, "| %s | ", format_title(row->format));
            markdown_text(out, row->label);
            fprintf(out, " | %s | %s | %s | %s |", format_count(row->n).text,
                    format_bytes(row->sized ? (double)row->bytes_in : (double)NAN).text,
                    format_bytes(row->sized ? (double)row->bytes_out : (double)NAN).text,
                    format_change(row->size_ratio, false).text);
            retained_cells(metrics, &row->retained, row->n, out);
        }
        if (format->quality_count > QUALITY_ROWS)
            fprintf(out, "| %s | %zu more settings | | | | |%s\n", format_title(format->format),
                    format->quality_count - QUALITY_ROWS, measured ? " | |" : "");
    }
}

static void conversion_rows(const struct metrics *metrics, FILE *out)
{
    if (!metrics->conversion_count)
        return;
    bool measured = metrics->retained.measured;
    fprintf(out, "\n| Conversion | n | Before | After | Reduction |%s\n|---|--:|--:|--:|--:|%s\n",
            measured ? " Retained | Worst |" : "", measured ? "--:|--:|" : "");
    for (size_t i = 0; i < metrics->conversion_count; i++) {
        const struct conversion_row *row = &metrics->conversions[i];
        fprintf(out, "| %s → %s | %s | %s | %s | %s |", format_title(row->from), format_title(row->to),
                format_count(row->n).text, format_bytes(row->sized ? (double)row->bytes_in : (double)NAN).text,
                format_bytes(row->sized ? (double)row->bytes_out : (double)NAN).text,
                format_percent(row->size_reduction).text);
        retained_cells(metrics, &row->retained, row->n, out);
    }
}

static void worst_rows(const struct metrics *metrics, size_t top, FILE *out)
{
    const struct run *run = metrics->run;
    const struct value_group *all = &metrics->value.all;
    size_t shown = top && top < WORST_ROWS ? top : WORST_ROWS;
    if (!all->worst_count)
        return;
    fputs("\n<details><summary>Images that gained least</summary>\n\n| Image | Before | After | Change | Time |\n"
          "|---|--:|--:|--:|--:|\n",
          out);
    for (size_t i = 0; i < all->worst_count && i < shown; i++) {
        const struct image *image = &run->images[all->worst[i]];
        const struct image_figures *figures = &metrics->images[all->worst[i]];
        const char *path = image->output_count ? run->files[image->outputs[0]].path : NULL, *slash = NULL;
        if (path && (slash = strrchr(path, '/')))
            path = slash + 1;
        fputs("| ", out);
        markdown_text(out, path);
        fprintf(out, " | %s | %s | %s | %s |\n", format_bytes(format_known(figures->bytes_in)).text,
                format_bytes(format_known(figures->bytes_out)).text, format_change(figures->size_ratio, false).text,
                format_duration((double)image->busy_ns / 1e9).text);
    }
    fputs("\n</details>\n", out);
}

static int report(const struct metrics *metrics, const struct render_options *options, FILE *out)
{
    fputs("### Image optimizer benchmark: ", out);
    markdown_text(out, command_of(metrics->run));
    fputs("\n\n", out);
    summary(metrics, out);
    findings(metrics, out);
    quality_rows(metrics, out);
    conversion_rows(metrics, out);
    worst_rows(metrics, options->top, out);
    return fflush(out) || ferror(out) ? -1 : 0;
}

const struct renderer render_md = {"md", "tables in Markdown, for pull requests", report};
