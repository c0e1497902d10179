/* SPDX-License-Identifier: MIT
 * Owns: what `imgbench run` says when the runs are over: report, spread, comparison, measured cost.
 * Must not know: how runs are made. */
#include "analyzer/run/outcome.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/version.h"
#include "analyzer/compare/render/render.h"
#include "analyzer/compare/render/spread.h"
#include "analyzer/compare/statistics.h"
#include "analyzer/load/load_run.h"
#include "analyzer/base/memory.h"
#include "analyzer/base/message.h"
#include "analyzer/base/output_file.h"
#include "analyzer/render/format_units.h"
#include "analyzer/render/render.h"
#include "trace/trace.h"
#include "analyzer/metrics/metrics.h"
#include "analyzer/render/format_text.h"

static const struct {
    const char *ending;
    const struct renderer *report;
    const struct compare_renderer *comparison; /* NULL: there is no such form */
} forms[] = {{".json", &render_json, &compare_json},
             {".html", &render_html, &compare_html},
             {".md", &render_md, &compare_md},
             {".csv", &render_csv, NULL}};
#define TEXT_FORM (sizeof forms / sizeof *forms)

static size_t form_of(const char *file)
{
    for (size_t i = 0; file && i < TEXT_FORM; i++) {
        size_t bytes = strlen(file), length = strlen(forms[i].ending);
        if (bytes > length && !strcmp(file + bytes - length, forms[i].ending))
            return i;
    }
    return TEXT_FORM;
}

/* Found out before anything runs: a report that cannot be written is noticed after minutes of work otherwise. */
static bool can_be_written(const char *file, char *why, size_t capacity)
{
    char directory[PATH_MAX];
    struct stat status;
    const char *slash = strrchr(file, '/');
    bool there = !stat(file, &status), good = false;
    snprintf(directory, sizeof directory, "%.*s", (int)(slash ? slash - file + 1 : 1), slash ? file : ".");
    if (!*file)
        errno = ENOENT;
    else if (there && S_ISDIR(status.st_mode))
        errno = EISDIR;
    else if (there)
        good = !access(file, W_OK);
    else
        good = errno == ENOENT && !access(directory, W_OK | X_OK);
    if (!good)
        snprintf(why, capacity, "--report=%s cannot be written: %s", file, strerror(errno));
    return good;
}

bool outcome_check(const char *file, size_t variants, char *why, size_t capacity)
{
    size_t form = form_of(file);
    if (file && !can_be_written(file, why, capacity))
        return false;
    if (variants < 2 || form == TEXT_FORM)
        return true;
    if (!forms[form].comparison)
        snprintf(why, capacity, "--report=%s: a comparison has no such form; take .json, .html, .md or .txt", file);
    else if (variants > 2)
        snprintf(why, capacity,
                 "--report=%s: with %zu variants there are several comparisons, which only text holds; name a .txt "
                 "file, and use 'imgbench compare' for the rest",
                 file, variants);
    else
        return true;
    return false;
}

/* ---- one run ---- */

static bool is_trace(const char *path)
{
    char control[PATH_MAX + 64];
    snprintf(control, sizeof control, "%s/%s", path, TRACE_CONTROL_NAME);
    return !access(control, F_OK);
}

static int report_run(const char *trace, size_t form, bool ascii, FILE *out)
{
    const struct render_options options = {.ascii = ascii, .tool_version = version_text};
    struct run *run = load_run(trace);
    struct metrics *metrics = run ? metrics_compute(run) : NULL;
    if (run && !metrics)
        message_error("%s: not enough memory to compute the report", trace);
    int failed = metrics ? (form == TEXT_FORM ? &render_text : forms[form].report)->report(metrics, &options, out) : -1;
    metrics_free(metrics);
    if (run)
        run_free(run);
    return failed;
}

static void nothing_recorded(const struct variant *variant)
{
    const struct target_end *end = &variant->runs[variant->runs_count - 1].end;
    char how[40];
    snprintf(how, sizeof how, end->signal ? "signal %d" : "exit code %d", end->signal ? end->signal : end->exit_code);
    message_error(
        "nothing was recorded: %s (%s after %s) touched no image and started no other program; a wrong path, an empty "
        "list, or a program that hands its work to a server look like this",
        variant->arguments[0], how, format_duration((double)end->wall_ns / 1e9).text);
}

/* ---- several ---- */

static void command_line(const struct variant *variant, bool ascii, FILE *out)
{
    for (char **argument = variant->arguments; *argument; argument++) {
        fputs(argument == variant->arguments ? "" : " ", out);
        format_text(out, *argument, ascii);
    }
}

static bool has_records(const struct series *series, const struct variant *variant)
{
    bool any = series->single && variant->runs_count && is_trace(variant->directory);
    for (size_t i = 0; i < variant->runs_count && !any; i++) {
        char trace[PATH_MAX + 32];
        snprintf(trace, sizeof trace, "%s/%s", variant->directory, variant->runs[i].name ? variant->runs[i].name : "");
        any = variant->runs[i].name && is_trace(trace);
    }
    return any;
}

/* What recording cost: rounds in which the command ran with the library and without. From outside, so that it holds for
 * all of the run. */
static void print_overhead(const struct series *series, const struct variant *variant, const struct side *side,
                           bool ascii, FILE *out)
{
    double *bare = memory_zeroed(series->rounds + 1, sizeof *bare),
           *recorded = memory_zeroed(series->rounds + 1, sizeof *recorded);
    size_t n = 0;
    for (size_t i = 0; i < variant->runs_count; i++)
        for (size_t k = 0; k < variant->runs_count; k++)
            if (!variant->runs[i].name && variant->runs[k].name && variant->runs[i].round == variant->runs[k].round) {
                bare[n] = (double)variant->runs[i].end.wall_ns / 1e9;
                recorded[n++] = (double)variant->runs[k].end.wall_ns / 1e9;
            }
    struct statistics_difference cost;
    statistics_of_rounds(bare, recorded, n, &cost);
    const json_t *known = json_object_get(json_object_get(side->runs[0].report, "coverage"), "overhead_ratio");
    double estimate = json_is_number(known) ? json_number_value(known) : (double)NAN;
    fprintf(out, "Recording cost, measured: %s of the time without it", format_change(cost.ratio, ascii).text);
    if (isnan(cost.low))
        fprintf(out, " (%zu rounds; an interval needs %d)", n, STATISTICS_RUNS_NEEDED);
    else
        fprintf(out, " (%s to %s, %zu rounds)", format_change(cost.low, ascii).text,
                format_change(cost.high, ascii).text, n);
    fprintf(out, "; the report's own estimate: %s of the CPU time\n", format_percent(estimate).text);
    free(bare);
    free(recorded);
}

static bool print_variant(const struct series *series, size_t which, const struct side *side, bool ascii, FILE *out)
{
    const struct variant *variant = &series->variants[which];
    fprintf(out, "%s%s%s%zu %s of: ", which ? "\n" : "", series->variant_count > 1 ? variant->name : "",
            series->variant_count > 1 ? ": " : "", side->runs_count, side->runs_count == 1 ? "run" : "runs");
    command_line(variant, ascii, out);
    fputs("\n  traces: ", out);
    format_text(out, variant->directory, ascii);
    fputc('\n', out);
    spread_print(side, ascii, out);
    if (series->bare)
        print_overhead(series, variant, side, ascii, out);
    return true;
}

static int compare_sides(const struct side *old, const struct side *new, size_t form, bool ascii, FILE *out)
{
    const struct compare_options options = {.ascii = ascii, .top = 10, .tool_version = version_text};
    struct comparison comparison;
    comparison_make(&comparison, old, new, NULL, NULL);
    int failed = (form == TEXT_FORM ? &compare_text : forms[form].comparison)->report(&comparison, &options, out);
    comparison_release(&comparison);
    return failed;
}

/* What goes to the file, or to standard error in place of it. */
static int write_result(const struct series *series, const struct side *sides, size_t form, bool ascii, FILE *out)
{
    const struct variant *first = &series->variants[0];
    char trace[PATH_MAX + 32];
    int failed = 0;
    if (series->single)
        return report_run(first->directory, form, ascii, out);
    if (form == TEXT_FORM) {
        for (size_t i = 0; i < series->variant_count; i++)
            print_variant(series, i, &sides[i], ascii, out);
        fputc('\n', out);
    }
    for (size_t i = 1; i < series->variant_count && !failed; i++) {
        failed = compare_sides(&sides[0], &sides[i], form, ascii, out);
        fputs(i + 1 < series->variant_count ? "\n" : "", out);
    }
    if (series->variant_count > 1)
        return failed;
    const struct side_run *typical = &sides[0].runs[spread_typical(&sides[0])];
    if (form == TEXT_FORM)
        fprintf(out, "%s, whose duration is the median one:\n\n", typical->name);
    snprintf(trace, sizeof trace, "%s/%s", first->directory, typical->name);
    return report_run(trace, form, ascii, out);
}

static void say_what_was_kept(const struct series *series, bool ascii, FILE *out)
{
    uint64_t count = series->kept.count;
    if (!series->keep)
        return;
    fprintf(out, "\nOriginals kept: %s", count ? format_count(count).text : "none\n");
    if (!count)
        return;
    fprintf(out, " file%s, %s, in ", count == 1 ? "" : "s", format_bytes((double)series->kept.bytes).text);
    format_text(out, series->variants[0].directory, ascii);
    fputc('\n', out);
}

static bool write_all(const struct series *series, const struct side *sides, const char *file, bool ascii)
{
    struct output_file output;
    if (!file) {
        bool failed = write_result(series, sides, TEXT_FORM, ascii, stderr);
        say_what_was_kept(series, ascii, stderr);
        fflush(stderr);
        return !failed;
    }
    if (!output_file_open(&output, file))
        return false;
    errno = 0;
    int error = write_result(series, sides, form_of(file), ascii, output.stream) ? errno ? errno : EIO : 0;
    return output_file_close(&output, error);
}

bool outcome_print(const struct series *series, const char *file, bool ascii)
{
    struct side *sides = memory_zeroed(series->variant_count, sizeof *sides);
    size_t recorded = 0;
    bool good = true;
    for (size_t i = 0; i < series->variant_count; i++) {
        if (has_records(series, &series->variants[i]))
            recorded++;
        else if (series->variants[i].runs_count)
            nothing_recorded(&series->variants[i]);
    }
    for (size_t i = 0; i < series->variant_count && good && recorded == series->variant_count && !series->single; i++)
        good = side_load(&sides[i], series->variants[i].directory);
    if (good && recorded == series->variant_count)
        good = write_all(series, sides, file, ascii);
    for (size_t i = 0; i < series->variant_count; i++)
        side_release(&sides[i]);
    free(sides);
    return good;
}
