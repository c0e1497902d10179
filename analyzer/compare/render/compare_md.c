/* SPDX-License-Identifier: MIT
 * Owns: a comparison for a pull request, in GitHub's Markdown.
 * Must not know: which rows there are, statistics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/render/render.h"
#include "analyzer/compare/render/words.h"
#include "analyzer/render/markdown_text.h"

#define ROWS 10

static void side_row(FILE *out, const char *name, const struct side *side)
{
    const char *command = json_string_value(json_object_get(side->runs[0].report, "command"));
    fprintf(out, "- **%s**: ", name);
    markdown_text(out, side->path);
    fprintf(out, " (%zu %s)", side->runs_count, side->runs_count == 1 ? "run" : "runs");
    if (command) {
        fputs(": ", out);
        markdown_text(out, command);
    }
    fputc('\n', out);
}

static void section(const struct comparison *comparison, enum words_section which, const char *title, size_t most,
                    FILE *out)
{
    size_t *places, count = words_rows(comparison, which, &places), shown = most && count > most ? most : count;
    if (count)
        fprintf(out, "\n%s\n\n| Figure | Old | New | Change | 95 %% interval | |\n|---|--:|--:|--:|---|---|\n", title);
    for (size_t i = 0; i < shown; i++) {
        const struct compared_figure *row = &comparison->list[places[i]];
        struct formatted p = words_p(row);
        fputs("| ", out);
        markdown_text(out, row->figure->path);
        fprintf(out, " | %s | %s | %s | %s | %s%s%s |\n", words_value(row, row->old).text,
                words_value(row, row->new).text, words_change(row, false).text, words_interval(row, false).text,
                strcmp(words_verdict(row), "~") ? words_verdict(row) : "\\~", *p.text ? ", " : "", p.text);
    }
    if (shown < count)
        fprintf(out, "\nand %zu more\n", count - shown);
    free(places);
}

static void images(const struct comparison *comparison, FILE *out)
{
    size_t *places, count = words_pairs(comparison, &places), shown = count > ROWS ? ROWS : count;
    fprintf(out, "\n%zu images on both sides, %zu only old, %zu only new; %zu outputs of another size.\n",
            comparison->images.list_count, comparison->images.only_old, comparison->images.only_new, count);
    if (count)
        fputs("\n| Image | Old | New | Change |\n|---|--:|--:|--:|\n", out);
    for (size_t i = 0; i < shown; i++) {
        const struct image_pair *pair = &comparison->images.list[places[i]];
        const struct side_image *old = &comparison->old_side->images[pair->old],
                                *new = &comparison->new_side->images[pair->new];
        const char *path = new->output   ? new->output
                           : new->source ? new->source
                                         : "(memory)",
                   *slash = strrchr(path, '/');
        double before = format_known(old->bytes_out), after = format_known(new->bytes_out);
        fputs("| ", out);
        markdown_text(out, slash ? slash + 1 : path);
        fprintf(out, " | %s | %s | %s |\n", format_bytes(before).text, format_bytes(after).text,
                format_change(after / before, false).text);
    }
    if (shown < count)
        fprintf(out, "\nand %zu more\n", count - shown);
    free(places);
}

static void texts(const struct comparison *comparison, FILE *out)
{
    if (comparison->texts.list_count)
        fputs("\n| Also different | Old | New |\n|---|---|---|\n", out);
    for (size_t i = 0; i < comparison->texts.list_count; i++) {
        const struct compared_text *text = &comparison->texts.list[i];
        const char *cells[] = {text->what, text->old ? text->old : "none", text->new ? text->new : "none"};
        for (size_t k = 0; k < 3; k++) {
            fputs("| ", out);
            markdown_text(out, cells[k]);
            fputc(' ', out);
        }
        fputs("|\n", out);
    }
}

static int report(const struct comparison *comparison, const struct compare_options *options, FILE *out)
{
    (void)options; /* a pull request has no terminal and little room */
    fputs("## Image optimizer comparison\n\n", out);
    side_row(out, "Old", comparison->old_side);
    side_row(out, "New", comparison->new_side);
    char *design = words_design(comparison);
    fputc('\n', out);
    markdown_text(out, design);
    fputc('\n', out);
    free(design);
    section(comparison, WORDS_ASKED, "**Time and memory**", 0, out);
    section(comparison, WORDS_EXACT, "**Sizes, settings, counts that differ**", ROWS * 2, out);
    section(comparison, WORDS_EXPLORATORY, "**Other figures that differ** (exploratory: one in 20 does so by chance)",
            ROWS, out);
    images(comparison, out);
    texts(comparison, out);
    return fflush(out) || ferror(out) ? -1 : 0;
}

const struct compare_renderer compare_md = {"md", report};
