/* SPDX-License-Identifier: MIT
 * Owns: how far the runs of one set lie apart, and what about them should not be trusted.
 * Must not know: how runs are made. */
#include "analyzer/compare/render/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/figures.h"
#include "analyzer/compare/statistics.h"
#include "analyzer/compare/render/words.h"
#include "analyzer/base/memory.h"

#define OUTLIER_LEAST 0.05  /* of the median: nearer ones are noise that an interval can carry */
#define SHORT_S       0.005 /* starting a program takes about a millisecond, and varies by as much */
#define BUSY_OTHERS   0.10  /* of the machine's CPUs, used by programs that were not recorded */

static size_t known(const double *values, size_t n, double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            out[count++] = values[i];
    return count;
}

static struct statistics_set set_of(const struct figures *figures, const char *path)
{
    const struct figure *figure = figures_find(figures, path);
    double *values = memory_zeroed(figures->reports + 1, sizeof *values);
    struct statistics_set set;
    statistics_of_set(values, figure ? known(figure->values, figures->reports, values) : 0, &set);
    free(values);
    return set;
}

static bool is_small_stage(const struct figures *figures, const struct figure *figure, double mean)
{
    double whole = set_of(figures, "image_time.mean").mean;
    return !strncmp(figure->path, "stages.", 7) && !isnan(whole) && mean < FIGURE_STAGE_LEAST * whole;
}

static void row(const struct figures *figures, const struct figure *figure, bool ascii, FILE *out)
{
    struct statistics_set set = set_of(figures, figure->path);
    const struct compared_figure words = {.figure = figure};
    if (!set.n || is_small_stage(figures, figure, set.mean))
        return;
    fprintf(out, "  %-26s %10s %s %-10s", figure->path, words_value(&words, set.mean).text, ascii ? "+-" : "±",
            set.n > 1 ? words_value(&words, set.stddev).text : "n/a");
    if (isnan(set.low))
        fprintf(out, "  %-24s", "");
    else {
        char interval[96];
        snprintf(interval, sizeof interval, "%s to %s", words_value(&words, set.low).text,
                 words_value(&words, set.high).text);
        fprintf(out, "  %-24s", interval);
    }
    fprintf(out, "  %s to %s", words_value(&words, set.min).text, words_value(&words, set.max).text);
    if (set.n < figures->reports)
        fprintf(out, "  n=%zu", set.n);
    fputc('\n', out);
}

/* ---- warnings: each with what to do ---- */

static void warn_of_time(const struct figures *figures, FILE *out)
{
    const struct figure *duration = figures_find(figures, "duration_s");
    size_t *places = memory_zeroed(figures->reports + 1, sizeof *places);
    size_t count = duration ? statistics_outliers(duration->values, figures->reports, OUTLIER_LEAST, places) : 0;
    struct statistics_set set = set_of(figures, "duration_s");
    size_t first = count && places[0] == 0 && duration->values[0] > set.median ? 1 : 0;
    if (first)
        fprintf(out,
                "Warning: the first run took %.0f %% of the median: files and libraries were read into memory then; "
                "use --warmup 1, or "
                "--prepare to empty caches before each run.\n",
                duration->values[0] / set.median * 100);
    if (count > first)
        fprintf(
            out,
            "Warning: %zu of %zu runs lie far from the others (%.0f %% of the median at most): something else used the "
            "machine; run again when it is quiet, or with more --runs.\n",
            count - first, figures->reports, set.max / set.median * 100);
    if (set.median < SHORT_S)
        fprintf(out,
                "Warning: a run takes %.1f ms, and starting a program varies by as much as what is measured; give one "
                "run more images.\n",
                set.median * 1e3);
    free(places);
}

static void warn_of_others(const struct figures *figures, FILE *out)
{
    struct statistics_set others = set_of(figures, "resources.cpu.others_ratio");
    if (others.median > BUSY_OTHERS)
        fprintf(out,
                "Warning: other programs used %.0f %% of the machine's CPUs (median): times are longer and vary more "
                "than they "
                "need to; end them, or measure elsewhere.\n",
                others.median * 100);
}

static void warn_of_work(const struct figures *figures, FILE *out)
{
    static const struct {
        const char *path, *what;
    } same[] = {
        {"totals.images", "images"}, {"totals.bytes_in", "bytes of input"}, {"totals.bytes_out", "bytes of output"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct statistics_set set = set_of(figures, same[i].path);
        if (set.n < 2 || set.min == set.max)
            continue;
        fprintf(out,
                "Warning: the runs did not do the same: %.0f to %.0f %s; what one run leaves, the next may read: "
                "remove it with --prepare.\n",
                set.min, set.max, same[i].what);
        return;
    }
}

static void collect(struct figures *figures, const struct side *side)
{
    figures_begin(figures, side->runs_count);
    for (size_t i = 0; i < side->runs_count; i++)
        figures_add(figures, i, side->runs[i].report);
}

void spread_print(const struct side *side, bool ascii, FILE *out)
{
    struct figures figures;
    collect(&figures, side);
    bool enough = side->runs_count >= STATISTICS_RUNS_NEEDED;
    fprintf(out, "  %-26s %10s   %-10s  %-24s  %s\n", "", "mean", "std. dev.", enough ? "95 % interval, median" : "",
            "range");
    for (size_t i = 0; i < figures.list_count; i++)
        if (figures.list[i].class.asked)
            row(&figures, &figures.list[i], ascii, out);
    if (!enough)
        fprintf(out, "No intervals: %d runs or more are needed, and these are %zu.\n", STATISTICS_RUNS_NEEDED,
                side->runs_count);
    warn_of_time(&figures, out);
    warn_of_others(&figures, out);
    warn_of_work(&figures, out);
    figures_release(&figures);
}

size_t spread_typical(const struct side *side)
{
    struct figures figures;
    collect(&figures, side);
    const struct figure *duration = figures_find(&figures, "duration_s");
    size_t best = 0;
    for (size_t i = 0; duration && i < side->runs_count; i++) {
        size_t below = 0;
        for (size_t k = 0; k < side->runs_count; k++)
            below += duration->values[k] < duration->values[i];
        for (size_t k = 0; k < i; k++)
            below += duration->values[k] == duration->values[i];
        if (below == (side->runs_count - 1) / 2)
            best = i;
    }
    figures_release(&figures);
    return best;
}
