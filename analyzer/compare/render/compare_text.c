/* SPDX-License-Identifier: MIT
 * Owns: a comparison for a terminal.
 * Must not know: which rows there are, statistics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/render/render.h"
#include "analyzer/compare/render/words.h"
#include "analyzer/render/format_text.h"

struct page {
    const struct comparison *comparison;
    const struct compare_options *options;
    FILE *out;
    const char *arrow;
};

static void foreign(const struct page *page, const char *text)
{
    format_text(page->out, text, page->options->ascii);
}

static void side_row(const struct page *page, const char *name, const struct side *side)
{
    fprintf(page->out, "%s: ", name);
    foreign(page, side->path);
    fprintf(page->out, " (%zu %s)", side->runs_count, side->runs_count == 1 ? "run" : "runs");
    const char *command = json_string_value(json_object_get(side->runs[0].report, "command"));
    if (command) {
        fputs(": ", page->out);
        foreign(page, command);
    }
    fputc('\n', page->out);
}

/* Wraps at blanks. */
static void paragraph(const struct page *page, const char *text, size_t width)
{
    size_t column = 0;
    for (const char *at = text; *at;) {
        size_t bytes = strcspn(at, " ");
        if (column && column + 1 + bytes > width) {
            fputc('\n', page->out);
            column = 0;
        }
        fprintf(page->out, "%s%.*s", column ? " " : "", (int)bytes, at);
        column += bytes + (column > 0);
        at += bytes;
        at += strspn(at, " ");
    }
    fputc('\n', page->out);
}

/* printf pads by bytes; a minus sign has three. */
static void cell(const struct page *page, const char *text, int width, bool left)
{
    int columns = 0;
    for (const char *at = text; *at; at++)
        columns += ((unsigned char)*at & 0xc0) != 0x80;
    int pad = width > columns ? width - columns : 0;
    fprintf(page->out, "%*s%s%*s", left ? 0 : pad, "", text, left ? pad : 0, "");
}

static void row(const struct page *page, const struct compared_figure *figure, int width)
{
    fputs("  ", page->out);
    cell(page, figure->figure->path, width, true);
    cell(page, words_value(figure, figure->old).text, 12, false);
    fprintf(page->out, " %s", page->arrow);
    cell(page, words_value(figure, figure->new).text, 10, false);
    cell(page, words_change(figure, page->options->ascii).text, 10, false);
    fputs("  ", page->out);
    const char *verdict = words_verdict(figure);
    struct formatted interval = words_interval(figure, page->options->ascii), p = words_p(figure);
    if (*interval.text) {
        cell(page, verdict, 10, true);
        fprintf(page->out, "(%s", interval.text);
        fprintf(page->out, "%s%s)", *p.text ? ", " : "", p.text);
    } else {
        fprintf(page->out, "%s%s%s", verdict, *p.text ? " " : "", p.text);
    }
    fputc('\n', page->out);
}

static void section(const struct page *page, enum words_section section, const char *title, const char *none)
{
    size_t *places, count = words_rows(page->comparison, section, &places), width = 24;
    size_t shown =
        section != WORDS_ASKED && page->options->top && count > page->options->top ? page->options->top : count;
    if (count || none)
        fprintf(page->out, "\n%s\n", title);
    if (!count && none)
        fprintf(page->out, "  %s\n", none);
    for (size_t i = 0; i < shown; i++) {
        size_t bytes = strlen(page->comparison->list[places[i]].figure->path);
        width = bytes > width && bytes < 60 ? bytes : width;
    }
    for (size_t i = 0; i < shown; i++)
        row(page, &page->comparison->list[places[i]], (int)width);
    if (shown < count)
        fprintf(page->out, "  ... and %zu more (--top 0 shows all)\n", count - shown);
    free(places);
}

static const char *shown_path(const struct side_image *image)
{
    const char *path = image->output ? image->output : image->source ? image->source : "(memory)";
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void images(const struct page *page)
{
    const struct comparison *comparison = page->comparison;
    size_t *places, count = words_pairs(comparison, &places);
    size_t shown = page->options->top && count > page->options->top ? page->options->top : count;
    size_t pairs = comparison->images.list_count, settings = 0;
    fprintf(page->out, "\nImages: %zu %s on both sides, %zu only old, %zu only new\n", pairs, pairs == 1 ? "is" : "are",
            comparison->images.only_old, comparison->images.only_new);
    if (comparison->pairs_sized)
        fprintf(page->out, "  Outputs of %s: %s %s %s (%s); %zu of another size\n",
                format_count(comparison->pairs_sized).text, format_bytes((double)comparison->pairs_bytes_old).text,
                page->arrow, format_bytes((double)comparison->pairs_bytes_new).text,
                format_change(comparison->pairs_bytes_old
                                  ? (double)comparison->pairs_bytes_new / (double)comparison->pairs_bytes_old
                                  : (double)NAN,
                              page->options->ascii)
                    .text,
                count);
    for (size_t i = 0; i < shown; i++) {
        const struct image_pair *pair = &comparison->images.list[places[i]];
        const struct side_image *old = &comparison->old_side->images[pair->old],
                                *new = &comparison->new_side->images[pair->new];
        fputs("  ", page->out);
        foreign(page, shown_path(new));
        fprintf(page->out, ": %s %s %s (%s)", format_bytes(format_known(old->bytes_out)).text, page->arrow,
                format_bytes(format_known(new->bytes_out)).text,
                format_change(format_known(new->bytes_out) / format_known(old->bytes_out), page->options->ascii).text);
        if (old->setting && new->setting && strcmp(old->setting, new->setting) != 0 && ++settings) {
            fputs(", ", page->out);
            foreign(page, *old->setting ? old->setting : "no setting");
            fprintf(page->out, " %s ", page->arrow);
            foreign(page, *new->setting ? new->setting : "no setting");
        }
        fputc('\n', page->out);
    }
    if (shown < count)
        fprintf(page->out, "  ... and %zu more (--top 0 shows all)\n", count - shown);
    free(places);
}

static void texts(const struct page *page)
{
    if (page->comparison->texts.list_count)
        fputs("\nDifferences besides figures:\n", page->out);
    for (size_t i = 0; i < page->comparison->texts.list_count; i++) {
        const struct compared_text *text = &page->comparison->texts.list[i];
        fputs("  ", page->out);
        foreign(page, text->what);
        fputs(": ", page->out);
        foreign(page, text->old ? text->old : "none");
        fprintf(page->out, " %s ", page->arrow);
        foreign(page, text->new ? text->new : "none");
        fputc('\n', page->out);
    }
}

static int report(const struct comparison *comparison, const struct compare_options *options, FILE *out)
{
    struct page page = {comparison, options, out, options->ascii ? "->" : "\u2192"};
    fputs("=== Image Optimizer Comparison ===\n\n", out);
    side_row(&page, "Old", comparison->old_side);
    side_row(&page, "New", comparison->new_side);
    char *design = words_design(comparison);
    fputc('\n', out);
    paragraph(&page, design, 118);
    free(design);
    section(&page, WORDS_ASKED, "Time and memory:", "nothing was measured on both sides");
    section(&page, WORDS_EXACT, "Sizes, settings, counts that differ:", "none: all are equal");
    section(&page, WORDS_EXPLORATORY, "Other figures that differ (exploratory: one in 20 does so by chance):", NULL);
    images(&page);
    texts(&page);
    return fflush(out) || ferror(out) ? -1 : 0;
}

const struct compare_renderer compare_text = {"text", report};
