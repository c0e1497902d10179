/* SPDX-License-Identifier: MIT
 * Owns: the text report's rows on the quality that was retained.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#include <math.h>
#include <string.h>

#define REASON_ROWS 6 /* JSON has all */

static struct formatted score_text(double score)
{
    struct formatted formatted;
    if (isnan(score))
        snprintf(formatted.text, sizeof formatted.text, "n/a");
    else
        snprintf(formatted.text, sizeof formatted.text, "%.1f", format_score(score));
    return formatted;
}

static void score_and_band(const struct page *page, const char *what, double score)
{
    fprintf(page->out, "%s%s (%s)", what, score_text(score).text, quality_band_title(quality_band(score)));
}

/* The last part of the path of what was compared. */
static void output_name(const struct page *page, uint32_t index)
{
    const struct quality_pair *pair = &page->metrics->retained.pairs[index];
    const char *path = page->metrics->run->files[pair->output].path, *slash = path ? strrchr(path, '/') : NULL;
    render_text_foreign(page, slash ? slash + 1 : path);
}

void render_text_retained(const struct page *page, const struct retained *retained, uint64_t n)
{
    if (!page->metrics->retained.measured)
        return;
    if (!retained->n) {
        fputs("; retained n/a", page->out);
        return;
    }
    score_and_band(page, "; retained ", retained->median);
    if (retained->n > 1) {
        if (!isnan(retained->p5))
            fprintf(page->out, ", p5 %s", score_text(retained->p5).text);
        fprintf(page->out, ", worst %s ", score_text(retained->worst).text);
        output_name(page, retained->worst_pairs[0]);
    }
    if (retained->n < n)
        fprintf(page->out, ", %s scored", format_count(retained->n).text);
}

/* The rows below the line, counted before the first is written: the last one ends the tree. */
struct rows {
    const struct page *page;
    size_t left; /* still to come */
};

static void begin_row(struct rows *rows)
{
    rows->left--;
    render_text_row(rows->page, 1, rows->left == 0);
}

static void band_row(struct rows *rows)
{
    const struct retained_figures *retained = &rows->page->metrics->retained;
    const char *separator = "";
    begin_row(rows);
    fputs("Bands: ", rows->page->out);
    for (int band = BAND_COUNT - 1; band >= 0; band--) {
        if (!retained->bands[band])
            continue;
        fprintf(rows->page->out, "%s%s %s", separator, format_count(retained->bands[band]).text,
                quality_band_title((enum quality_band)band));
        separator = ", ";
    }
    fputc('\n', rows->page->out);
}

static void worst_row(struct rows *rows)
{
    const struct page *page = rows->page;
    const struct retained *all = &page->metrics->retained.all;
    begin_row(rows);
    fputs("Worst: ", page->out);
    for (size_t i = 0; i < all->worst_count; i++) {
        const struct quality_pair *pair = &page->metrics->retained.pairs[all->worst_pairs[i]];
        fprintf(page->out, "%s%s ", i ? ", " : "", score_text(quality_retained(&pair->score)).text);
        output_name(page, all->worst_pairs[i]);
    }
    fputc('\n', page->out);
}

static void limits_row(struct rows *rows)
{
    const struct retained_figures *retained = &rows->page->metrics->retained;
    begin_row(rows);
    if (retained->lossy_inputs)
        fprintf(rows->page->out, "Lossy inputs: %s; what they had lost before this run does not count",
                format_count(retained->lossy_inputs).text);
    if (retained->resized)
        fprintf(rows->page->out,
                "%sesized: %s, compared with the input resized by Lanczos' filter (another one costs points)",
                retained->lossy_inputs ? "; r" : "R", format_count(retained->resized).text);
    fputc('\n', rows->page->out);
}

/* A row below the last one that was begun, which may be the last of its section. */
static void begin_inner_row(const struct rows *rows, bool last)
{
    const struct page *page = rows->page;
    fprintf(page->out, "  %s%s", rows->left ? page->bar : "    ", last ? page->last_branch : page->branch);
}

static void curve_rows(struct rows *rows, const struct quality_curve *curve)
{
    FILE *out = rows->page->out;
    begin_row(rows);
    fprintf(out, "Size at equal quality, %s (%s), between its settings:\n", format_title(curve->format),
            curve->encoder ? curve->encoder : "encoder not seen");
    for (size_t i = 0; i < curve->at_count; i++) {
        const struct curve_score *at = &curve->at[i];
        begin_inner_row(rows, i + 1 == curve->at_count);
        fprintf(out, "%g: %s/image (%s)", at->score, format_bytes(at->mean_bytes_out).text,
                format_change(at->size_ratio, rows->page->options->ascii).text);
        if (!isnan(at->cpu_s_per_mb_saved))
            fprintf(out, ", %s CPU per MB saved", format_duration(at->cpu_s_per_mb_saved).text);
        fprintf(out, ", n=%s\n", format_count(at->n).text);
    }
}

static void reason_rows(struct rows *rows, const char *what, uint64_t n, const struct score_reason *reasons,
                        size_t count)
{
    const struct page *page = rows->page;
    size_t shown = count < REASON_ROWS ? count : REASON_ROWS;
    bool all = shown == count;
    begin_row(rows);
    fprintf(page->out, "%s: %s\n", what, format_count(n).text);
    for (size_t i = 0; i < shown; i++) {
        begin_inner_row(rows, all && i + 1 == shown);
        fprintf(page->out, "%s: ", format_count(reasons[i].n).text);
        render_text_foreign(page, reasons[i].reason);
        fputc('\n', page->out);
    }
    if (!all) {
        begin_inner_row(rows, true);
        fprintf(page->out, "%zu more reasons\n", count - shown);
    }
}

static void metric_row(struct rows *rows, const struct metric_figures *figures)
{
    FILE *out = rows->page->out;
    begin_row(rows);
    fprintf(out, "%s: ", figures->name);
    if (figures->n)
        fprintf(out, "median %.6g, n=%s", figures->median, format_count(figures->n).text);
    else
        fputs("n/a", out);
    if (figures->failed)
        fprintf(out, "; failed: %s", format_count(figures->failed).text);
    if (figures->reason) {
        fputs(" (", out);
        render_text_foreign(rows->page, figures->reason);
        fputc(')', out);
    }
    fputc('\n', out);
}

static uint64_t sum(const struct score_reason *reasons, size_t count)
{
    uint64_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += reasons[i].n;
    return n;
}

void render_text_quality(const struct page *page)
{
    const struct retained_figures *retained = &page->metrics->retained;
    FILE *out = page->out;
    if (!retained->measured) {
        fputs("- Quality Retained: not measured (imgbench report --quality compares outputs with inputs)\n", out);
        return;
    }
    if (!retained->pair_count) {
        fputs("- Quality Retained: n/a (no image has a final output)\n", out);
        return;
    }
    if (!retained->all.n) {
        fputs("- Quality Retained: n/a", out);
    } else {
        score_and_band(page, "- Quality Retained: median ", retained->all.median);
        if (!isnan(retained->all.p5))
            fprintf(out, ", p5 %s", score_text(retained->all.p5).text);
        fprintf(out, ", worst %s", score_text(retained->all.worst).text);
    }
    fprintf(out, ", n=%s (SSIMULACRA 2 against this run's input, 100 = identical)\n",
            format_count(retained->all.n).text);
    bool limits = retained->lossy_inputs || retained->resized;
    struct rows rows = {page, (retained->all.n ? 2u : 0u) + limits + (retained->missing_count > 0) +
                                  (retained->noted_count > 0) + retained->metric_count};
    for (size_t i = 0; i < retained->curve_count; i++)
        rows.left += retained->curves[i].at_count > 0;
    if (retained->all.n) {
        band_row(&rows);
        worst_row(&rows);
    }
    if (limits)
        limits_row(&rows);
    for (size_t i = 0; i < retained->curve_count; i++)
        if (retained->curves[i].at_count)
            curve_rows(&rows, &retained->curves[i]);
    for (size_t i = 0; i < retained->metric_count; i++)
        metric_row(&rows, &retained->metrics[i]);
    if (retained->noted_count)
        reason_rows(&rows, "Scored in part", sum(retained->noted, retained->noted_count), retained->noted,
                    retained->noted_count);
    if (retained->missing_count)
        reason_rows(&rows, "Not scored", retained->pair_count - retained->all.n, retained->missing,
                    retained->missing_count);
}
