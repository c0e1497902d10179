/* SPDX-License-Identifier: MIT
 * Owns: a comparison as one page for a browser: tables, and each interval drawn beside its figure. No script.
 * Must not know: which rows there are, statistics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/render/render.h"
#include "analyzer/compare/render/words.h"
#include "analyzer/render/format_text.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>Image optimizer comparison</title>\n<style>\n"
    ":root{color-scheme:light "
    "dark;--ink:#1c2126;--soft:#5c6670;--line:#d8dde2;--page:#fff;--better:#0b7a4b;--worse:#b3261e;--noise:#7b8794}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b0;--line:#343b43;--page:#15181b;--better:#"
    "4cc38a;--worse:#ff8a80;--noise:#8b96a1}}\n"
    "body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:2rem "
    "auto;max-width:72rem;padding:0 1rem}\n"
    "h1{font-size:1.5rem}.side{margin:.4rem 0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2rem 0 "
    ".5rem}p{max-width:60rem}.soft{color:var(--soft)}\n"
    ".scroll{overflow-x:auto}table{border-collapse:separate;border-spacing:0;width:100%}th,td{padding:.3rem "
    ".6rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}\n"
    "th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.name{white-"
    "space:normal;overflow-wrap:anywhere;min-width:10rem}\n"
    ".wide{background:linear-gradient(to left,var(--page) 1rem,transparent) 100% 0/2rem 100% no-repeat local,linear-"
    "gradient(to left,#8888,transparent) 100% 0/1rem 100% no-repeat}\n"
    "@media(max-width:60rem){.wide::before{content:'\\2194  More columns: scroll "
    "sideways';position:sticky;left:0;color:"
    "var(--soft);font-size:.85rem}.wide td:first-child{position:sticky;left:0;background:var(--page);z-index:1}}\n"
    ".better{color:var(--better)}.worse{color:var(--worse)}.noise{color:var(--noise)}\n"
    ".plot{position:relative;display:inline-block;width:14rem;height:1.1rem;vertical-align:middle}\n"
    ".plot i{position:absolute;top:0;bottom:0;left:50%;border-left:1px dashed var(--soft)}\n"
    ".plot b{position:absolute;top:.47rem;height:.16rem;min-width:2px;background:currentColor}\n"
    ".plot "
    "u{position:absolute;top:.2rem;width:.7rem;height:.7rem;margin-left:-.35rem;border-radius:50%;background:"
    "currentColor}\n"
    "</style></head><body>\n<h1>Image optimizer comparison</h1>\n";

/* Text of unknown origin: control characters as in the text report, then what HTML would act on. */
static void foreign(FILE *out, const char *text)
{
    char *line = format_text_copy(text);
    for (const char *at = line; at && *at; at++) {
        if (strchr("<>&\"'", *at))
            fprintf(out, "&#%d;", *at);
        else
            fputc(*at, out);
    }
    free(line);
}

/* A long path may be broken behind its steps and words, rather than anywhere. */
static void figure_path(FILE *out, const char *path)
{
    char part[256];
    while (*path) {
        size_t bytes = strcspn(path, "._,[");
        bytes += path[bytes] != 0;
        bytes = bytes < sizeof part ? bytes : sizeof part - 1;
        snprintf(part, sizeof part, "%.*s", (int)bytes, path);
        foreign(out, part);
        path += bytes;
        if (*path)
            fputs("<wbr>", out);
    }
}

static void side_row(FILE *out, const char *name, const struct side *side)
{
    const char *command = json_string_value(json_object_get(side->runs[0].report, "command"));
    fprintf(out, "<p class=\"side\"><b>%s</b>: ", name);
    foreign(out, side->path);
    fprintf(out, " (%zu %s)<br><code>", side->runs_count, side->runs_count == 1 ? "run" : "runs");
    foreign(out, command ? command : "");
    fputs("</code></p>\n", out);
}

static const char *class_of(const struct compared_figure *row)
{
    return row->verdict == VERDICT_BETTER ? "better" : row->verdict == VERDICT_WORSE ? "worse" : "noise";
}

/* Half of the width of all plots of a section, as a logarithm of the ratio. */
static double reach_of(const struct comparison *comparison, const size_t *places, size_t count)
{
    double reach = 0.02;
    for (size_t i = 0; i < count; i++) {
        const struct compared_figure *row = &comparison->list[places[i]];
        double ends[] = {row->low, row->high, row->ratio};
        for (size_t k = 0; k < 3; k++)
            if (isfinite(ends[k]) && ends[k] > 0 && fabs(log(ends[k])) > reach)
                reach = fabs(log(ends[k]));
    }
    return reach < log(4) ? reach : log(4);
}

/* Percent of the plot's width, its borders included. */
static double place_of(double ratio, double reach)
{
    double at = 50 + 46 * log(ratio) / reach;
    return at < 2 ? 2 : at > 98 ? 98 : at;
}

static void plot(FILE *out, const struct compared_figure *row, double reach)
{
    if (!isfinite(row->ratio) || row->ratio <= 0)
        return;
    fprintf(out, "<span class=\"plot %s\" aria-hidden=\"true\"><i></i>", class_of(row));
    if (!isnan(row->low)) {
        double from = place_of(row->low, reach);
        fprintf(out, "<b style=\"left:%.2f%%;width:%.2f%%\"></b>", from, place_of(row->high, reach) - from);
    }
    fprintf(out, "<u style=\"left:%.2f%%\"></u></span>", place_of(row->ratio, reach));
}

static void section(const struct comparison *comparison, enum words_section which, const char *title, FILE *out)
{
    size_t *places, count = words_rows(comparison, which, &places);
    if (!count && which == WORDS_EXACT)
        fprintf(out, "<h2>%s</h2>\n<p>None: all are equal.</p>\n", title);
    if (count)
        fprintf(out,
                "<h2>%s</h2>\n<div class=\"scroll wide\"><table><tr><th>Figure</th><th class=\"n\">Old</th><th "
                "class=\"n\">New</th>"
                "<th class=\"n\">Change</th><th>Less ← same → more</th><th>95&#8239;%% interval</th><th></th></tr>\n",
                title);
    double reach = reach_of(comparison, places, count);
    for (size_t i = 0; i < count; i++) {
        const struct compared_figure *row = &comparison->list[places[i]];
        fputs("<tr><td class=\"name\"><code>", out);
        figure_path(out, row->figure->path);
        fprintf(out, "</code></td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>",
                words_value(row, row->old).text, words_value(row, row->new).text, words_change(row, false).text);
        plot(out, row, reach);
        fprintf(out, "</td><td>%s</td><td class=\"%s\">%s <span class=\"soft\">%s</span></td></tr>\n",
                words_interval(row, false).text, class_of(row), words_verdict(row), words_p(row).text);
    }
    if (count)
        fputs("</table></div>\n", out);
    free(places);
}

static void images(const struct comparison *comparison, FILE *out)
{
    size_t *places, count = words_pairs(comparison, &places);
    fprintf(out,
            "<h2>Images</h2>\n<p>%zu on both sides, %zu only old, %zu only new; %zu outputs of another size.</p>\n",
            comparison->images.list_count, comparison->images.only_old, comparison->images.only_new, count);
    if (count)
        fputs("<div class=\"scroll wide\"><table><tr><th>Image</th><th class=\"n\">Old</th><th class=\"n\">New</th>"
              "<th class=\"n\">Change</th><th>Old setting</th><th>New setting</th></tr>\n",
              out);
    for (size_t i = 0; i < count; i++) {
        const struct image_pair *pair = &comparison->images.list[places[i]];
        const struct side_image *old = &comparison->old_side->images[pair->old],
                                *new = &comparison->new_side->images[pair->new];
        double before = format_known(old->bytes_out), after = format_known(new->bytes_out);
        fputs("<tr><td class=\"name\">", out);
        foreign(out, new->output ? new->output : new->source ? new->source : "(memory)");
        fprintf(out, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n %s\">%s</td><td>",
                format_bytes(before).text, format_bytes(after).text, after < before ? "better" : "worse",
                format_change(after / before, false).text);
        foreign(out, old->setting ? old->setting : "");
        fputs("</td><td>", out);
        foreign(out, new->setting ? new->setting : "");
        fputs("</td></tr>\n", out);
    }
    if (count)
        fputs("</table></div>\n", out);
    free(places);
}

static void texts(const struct comparison *comparison, FILE *out)
{
    if (comparison->texts.list_count)
        fputs("<h2>Differences besides figures</h2>\n<div "
              "class=\"scroll\"><table><tr><th></th><th>Old</th><th>New</th></tr>\n",
              out);
    for (size_t i = 0; i < comparison->texts.list_count; i++) {
        const struct compared_text *text = &comparison->texts.list[i];
        fputs("<tr><td>", out);
        foreign(out, text->what);
        fputs("</td><td class=\"name\">", out);
        foreign(out, text->old ? text->old : "none");
        fputs("</td><td class=\"name\">", out);
        foreign(out, text->new ? text->new : "none");
        fputs("</td></tr>\n", out);
    }
    if (comparison->texts.list_count)
        fputs("</table></div>\n", out);
}

static int report(const struct comparison *comparison, const struct compare_options *options, FILE *out)
{
    fputs(head, out);
    side_row(out, "Old", comparison->old_side);
    side_row(out, "New", comparison->new_side);
    fputs("<p>", out);
    char *design = words_design(comparison);
    foreign(out, design);
    free(design);
    fputs("</p>\n", out);
    section(comparison, WORDS_ASKED, "Time and memory", out);
    section(comparison, WORDS_EXACT, "Sizes, settings, counts that differ", out);
    section(comparison, WORDS_EXPLORATORY, "Other figures that differ (exploratory: one in 20 does so by chance)", out);
    images(comparison, out);
    texts(comparison, out);
    fprintf(out, "<p class=\"soft\">imgbench %s. Every figure is defined in docs/report.md.</p>\n</body></html>\n",
            options->tool_version);
    return fflush(out) || ferror(out) ? -1 : 0;
}

const struct compare_renderer compare_html = {"html", report};
