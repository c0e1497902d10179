/* SPDX-License-Identifier: MIT
 * Owns: the text report's sections on named moments and spans, front end and sidecar.
 * Must not know: records, how figures come about. Computes nothing. */
#include "analyzer/render/text/text_parts.h"
#include "analyzer/render/text/text_sections.h"

#include <math.h>
#include <string.h>

#define NAME_ROWS 20 /* JSON has all */

static bool is_special(const char *name)
{
    return marks_is_for(name, MARKS_FRONTEND) || marks_is_for(name, MARKS_SIDECAR);
}

/* frontend.update has a row of its own. */
static bool wanted(const char *name, const char *prefix)
{
    return *prefix ? marks_is_for(name, prefix) && strcmp(name, MARKS_FRONTEND "update") != 0 : !is_special(name);
}

static void statistics(const struct page *page, const struct timing_stats *time)
{
    FILE *out = page->out;
    fprintf(out, "%s", format_duration(time->mean).text);
    if (time->count > 1)
        fprintf(out, " on average");
    fprintf(out, ", n=%s", format_count(time->count).text);
    if (time->count < 2)
        return;
    if (isnan(time->p95))
        fprintf(out, ", at most %s", format_duration(time->max).text);
    else
        fprintf(out, ", p95 %s, at most %s", format_duration(time->p95).text, format_duration(time->max).text);
    fprintf(out, ", %s in all", format_duration(time->sum).text);
}

static void left(const struct page *page, const struct mark_name *name, const char *comma)
{
    FILE *out = page->out;
    if (name->begins_left) {
        fprintf(out, "%s%s begin%s without an end", comma, format_count(name->begins_left).text,
                name->begins_left == 1 ? "" : "s");
        comma = ", ";
    }
    if (name->ends_left)
        fprintf(out, "%s%s end%s without a begin", comma, format_count(name->ends_left).text,
                name->ends_left == 1 ? "" : "s");
    fputc('\n', out);
}

/* Rows of the spans whose names begin with prefix; "" = those that are for no section. */
static void span_rows(const struct page *page, const char *prefix, const char *title)
{
    const struct run *run = page->metrics->run;
    const struct mark_figures *marks = &page->metrics->marks;
    size_t rows = 0, shown = 0;
    for (size_t i = 0; i < marks->span_count; i++)
        rows += wanted(run->mark_names[marks->spans[i].name].name, prefix);
    if (!rows)
        return;
    fprintf(page->out, "- %s:\n", title);
    for (size_t i = 0; i < marks->span_count && shown < NAME_ROWS; i++) {
        const struct span_figures *figures = &marks->spans[i];
        const struct mark_name *name = &run->mark_names[figures->name];
        if (!wanted(name->name, prefix))
            continue;
        render_text_row(page, 1, ++shown == rows);
        render_text_foreign(page, name->name + strlen(prefix));
        fputs(": ", page->out);
        if (figures->time.count)
            statistics(page, &figures->time);
        left(page, name, figures->time.count ? ", " : "");
    }
    if (shown < rows) {
        render_text_row(page, 1, true);
        fprintf(page->out, "%zu more names\n", rows - shown);
    }
}

/* The same of single moments; the caller has begun the line above them. */
static void point_rows(const struct page *page, const char *prefix)
{
    const struct run *run = page->metrics->run;
    size_t rows = 0, shown = 0;
    for (size_t i = 0; i < run->mark_name_count; i++)
        rows += run->mark_names[i].points && wanted(run->mark_names[i].name, prefix);
    for (size_t i = 0; i < run->mark_name_count && shown < NAME_ROWS; i++) {
        const struct mark_name *name = &run->mark_names[i];
        if (!name->points || !wanted(name->name, prefix))
            continue;
        render_text_row(page, 1, ++shown == rows);
        render_text_foreign(page, name->name + strlen(prefix));
        fprintf(page->out, ": %s time%s\n", format_count(name->points).text, name->points == 1 ? "" : "s");
    }
    if (shown < rows) {
        render_text_row(page, 1, true);
        fprintf(page->out, "%zu more names\n", rows - shown);
    }
}

static void points(const struct page *page, const char *prefix)
{
    const struct run *run = page->metrics->run;
    for (size_t i = 0; i < run->mark_name_count; i++)
        if (run->mark_names[i].points && wanted(run->mark_names[i].name, prefix)) {
            fputs("- Moments:\n", page->out);
            point_rows(page, prefix);
            return;
        }
}

static bool has_others(const struct run *run)
{
    for (size_t i = 0; i < run->mark_name_count; i++)
        if (!is_special(run->mark_names[i].name))
            return true;
    return false;
}

static void frontend(const struct page *page)
{
    const struct frontend_figures *figures = &page->metrics->marks.frontend;
    FILE *out = page->out;
    if (!figures->known)
        return;
    fputs("\nFront end:\n", out);
    if (isnan(figures->start_s))
        fputs("- Start: n/a (no mark frontend.start)\n", out);
    else
        fprintf(out, "- Start: %s after the run began\n", format_duration(figures->start_s).text);
    fputs("- Drop to Start: ", out);
    if (figures->drop_to_start.count)
        statistics(page, &figures->drop_to_start);
    else
        fputs(figures->drops ? "n/a (nothing followed)" : "n/a (no mark frontend.drop)", out);
    if (figures->drop_to_image)
        fputs(" (until the first image began: inferred)", out);
    if (figures->drops_unanswered)
        fprintf(out, ", %s more without a start", format_count(figures->drops_unanswered).text);
    fputs("\n- UI Update Latency: ", out);
    if (figures->updates && figures->updates->time.count)
        statistics(page, &figures->updates->time);
    else
        fputs("n/a (no span frontend.update)", out);
    fprintf(out, "\n- User Interactions: %s\n", format_count(figures->interactions).text);
    point_rows(page, MARKS_FRONTEND "interaction.");
    span_rows(page, MARKS_FRONTEND, "Spans");
}

static void sidecar_formats(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    if (!metrics->format_count) {
        fputs("- Time per Format: n/a (no image has a final output)\n", page->out);
        return;
    }
    fputs("- Time per Format:\n", page->out);
    for (size_t i = 0; i < metrics->format_count; i++) {
        render_text_row(page, 1, i + 1 == metrics->format_count);
        fprintf(page->out, "%s: ", format_title(metrics->formats[i].format));
        statistics(page, &metrics->formats[i].time);
        fputc('\n', page->out);
    }
}

static void sidecar(const struct page *page)
{
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    if (!metrics->marks.sidecar)
        return;
    fputs("\nSidecar:\n", out);
    span_rows(page, MARKS_SIDECAR, "Stages");
    points(page, MARKS_SIDECAR);
    fprintf(out, "- Memory: %s heap, %s in all at most", format_bytes(metrics->peak_heap_bytes).text,
            format_bytes(metrics->peak_rss_bytes).text);
    fprintf(out, " (%zu samples)\n", metrics->run->sample_count);
    sidecar_formats(page);
}

void render_text_marks(const struct page *page)
{
    const struct run *run = page->metrics->run;
    if (has_others(run)) {
        fputs("\nMarks:\n", page->out);
        span_rows(page, "", "Spans");
        points(page, "");
    }
    frontend(page);
    sidecar(page);
    if (run->marks_unnamed)
        fprintf(page->out, "- Marks with further names: %s (only the first %d names are told apart)\n",
                format_count(run->marks_unnamed).text, MARK_NAMES_MAX);
    if (page->metrics->marks.unmeasured)
        fprintf(page->out, "- Spans not measured: %s (beyond the first %s)\n",
                format_count(page->metrics->marks.unmeasured).text, format_count(SPANS_MEASURED).text);
}
