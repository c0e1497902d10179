/* SPDX-License-Identifier: MIT
 * Owns: the text report's section on sizes: formats, reductions, conversions, qualities.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#include <math.h>
#include <string.h>

#define QUALITY_ROWS 40 /* of one format; JSON has all */

static void count(const struct page *page, uint64_t sized, uint64_t n)
{
    fprintf(page->out, ", n=%s", format_count(sized).text);
    if (sized < n)
        fprintf(page->out, " (%s more of unknown size)", format_count(n - sized).text);
}

static void count_end(const struct page *page, uint64_t sized, uint64_t n, const struct retained *retained)
{
    count(page, sized, n);
    render_text_retained(page, retained, n);
    fputc('\n', page->out);
}

static void ratio_rows(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    if (!metrics->format_count) {
        fputs("- Compression Ratios: n/a (no image has a final output)\n", page->out);
        return;
    }
    fputs("- Compression Ratios:\n", page->out);
    for (size_t i = 0; i < metrics->format_count; i++) {
        const struct format_row *row = &metrics->formats[i];
        render_text_row(page, 1, i + 1 == metrics->format_count);
        if (isnan(row->size_ratio)) {
            fprintf(page->out, "%s: n/a (size of input or output unknown), n=%s\n", format_title(row->format),
                    format_count(row->n).text);
            continue;
        }
        fprintf(page->out, "%s: %s of original (%s)", format_title(row->format), format_percent(row->size_ratio).text,
                format_change(row->size_ratio, page->options->ascii).text);
        if (row->sized > 1)
            fprintf(page->out, ", median %s", format_percent(row->median_size_ratio).text);
        count(page, row->sized, row->n);
        fputc('\n', page->out);
    }
}

static void reduction_rows(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    if (!metrics->sized) {
        fputs("- Size Reductions: n/a (no image with known input and output sizes)\n", out);
        return;
    }
    fputs("- Size Reductions:\n", out);
    render_text_row(page, 1, false);
    fprintf(out, "Total: %s %s %s", format_bytes((double)metrics->bytes_in).text, page->arrow,
            format_bytes((double)metrics->bytes_out).text);
    if (!isnan(metrics->size_ratio))
        fprintf(out, " (%s)", format_change(metrics->size_ratio, page->options->ascii).text);
    fprintf(out, ", n=%s", format_count(metrics->sized).text);
    if (metrics->sized_sources != metrics->sized || metrics->sized_outputs != metrics->sized)
        fprintf(out, " (%s source%s and %s output%s, each once)", format_count(metrics->sized_sources).text,
                metrics->sized_sources == 1 ? "" : "s", format_count(metrics->sized_outputs).text,
                metrics->sized_outputs == 1 ? "" : "s");
    fputc('\n', out);
    render_text_row(page, 1, true);
    fprintf(out, "Average: %s/image%s\n", format_bytes(fabs(metrics->saved_per_image)).text,
            metrics->bytes_saved < 0 ? " larger" : "");
}

/* "75.0% size reduction", or what it is when the images grew. */
static void reduction(const struct page *page, double size_ratio, const char *what)
{
    if (isnan(size_ratio))
        fputs("n/a (size of input or output unknown)", page->out);
    else if (size_ratio > 1)
        fprintf(page->out, "%s larger", format_percent(size_ratio - 1).text);
    else
        fprintf(page->out, "%s %s", format_percent(1 - size_ratio).text, what);
}

static void conversion_rows(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    if (!metrics->conversion_count) {
        fputs("- Format Conversions: none\n", page->out);
        return;
    }
    fputs("- Format Conversions:\n", page->out);
    for (size_t i = 0; i < metrics->conversion_count; i++) {
        const struct conversion_row *row = &metrics->conversions[i];
        render_text_row(page, 1, i + 1 == metrics->conversion_count);
        fprintf(page->out, "%s %s %s: ", format_title(row->from), page->arrow, format_title(row->to));
        reduction(page, 1 - row->size_reduction, "size reduction");
        count_end(page, row->sized, row->n, &row->retained);
    }
}

/* Rows that only their encoder tells apart name it. */
static bool is_ambiguous(const struct format_row *format, const struct quality_row *row)
{
    for (size_t i = 0; i < format->quality_count; i++)
        if (&format->qualities[i] != row && !strcmp(format->qualities[i].label, row->label))
            return true;
    return false;
}

static void quality_row(const struct page *page, const struct format_row *format, const struct quality_row *row)
{
    FILE *out = page->out;
    fprintf(out, "%s (", format_title(row->format));
    if (is_ambiguous(format, row))
        fprintf(out, "%s ", row->encoder ? row->encoder : "encoder not seen,");
    fprintf(out, "%s): ", row->label);
    reduction(page, row->size_ratio, "reduction");
    count_end(page, row->sized, row->n, &row->retained);
}

static void quality_rows(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    if (!metrics->format_count) {
        fputs("- Quality Metrics: n/a (no image has a final output)\n", page->out);
        return;
    }
    fputs("- Quality Metrics:\n", page->out);
    for (size_t i = 0; i < metrics->format_count; i++) {
        const struct format_row *format = &metrics->formats[i];
        size_t shown = format->quality_count < QUALITY_ROWS ? format->quality_count : QUALITY_ROWS;
        bool last_format = i + 1 == metrics->format_count, all = shown == format->quality_count;
        for (size_t k = 0; k < shown; k++) {
            render_text_row(page, 1, last_format && all && k + 1 == shown);
            quality_row(page, format, &format->qualities[k]);
        }
        if (!all) {
            render_text_row(page, 1, last_format);
            fprintf(page->out, "%s: %zu more settings\n", format_title(format->format), format->quality_count - shown);
        }
    }
}

void render_text_sizes(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    fputs("\nOptimization Metrics:\n", page->out);
    fprintf(page->out, "- Images: %s ok, %s failed, %s discarded, %s unfinished", format_count(metrics->images_ok).text,
            format_count(metrics->failed).text, format_count(metrics->discarded).text,
            format_count(metrics->unfinished).text);
    if (metrics->broken_off)
        fprintf(page->out, " (%s of them where the trace breaks off)", format_count(metrics->broken_off).text);
    fputc('\n', page->out);
    ratio_rows(page);
    reduction_rows(page);
    conversion_rows(page);
    quality_rows(page);
    render_text_quality(page);
    render_text_facts(page);
}
