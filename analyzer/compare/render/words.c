/* SPDX-License-Identifier: MIT
 * Owns: which rows a comparison has for people, and the words in them: the same in text, Markdown and HTML.
 * Must not know: layout. */
#include "analyzer/compare/render/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/compare/statistics.h"
#include "analyzer/base/memory.h"

static bool in_section(const struct compared_figure *row, enum words_section section)
{
    switch (section) {
    case WORDS_ASKED: return row->figure->class.asked && (row->asked || isnan(row->p)) && row->n_old + row->n_new > 0;
    case WORDS_EXACT: return row->exact && row->verdict != VERDICT_EQUAL && row->verdict != VERDICT_ONE_SIDED;
    case WORDS_EXPLORATORY:
        return !row->exact && !row->asked && !isnan(row->p) && row->verdict != VERDICT_NOISE &&
               row->verdict != VERDICT_ONE_SIDED;
    }
    return false;
}

static double size_of_change(const struct compared_figure *row)
{
    return isnan(row->ratio) || row->ratio <= 0 ? INFINITY : fabs(log(row->ratio));
}

static int largest_first(const void *left, const void *right, void *context)
{
    const struct comparison *comparison = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    double first = size_of_change(&comparison->list[a]), second = size_of_change(&comparison->list[b]);
    if (first != second)
        return first > second ? -1 : 1;
    return a < b ? -1 : a > b;
}

static bool is_total(const struct compared_figure *row)
{
    return !strncmp(row->figure->path, "totals.", 7);
}

size_t words_rows(const struct comparison *comparison, enum words_section section, size_t **places)
{
    size_t count = 0;
    *places = memory_zeroed(comparison->list_count + 1, sizeof **places);
    for (int totals = section == WORDS_EXACT; totals >= 0; totals--) /* of all images first, then by format */
        for (size_t i = 0; i < comparison->list_count; i++)
            if (in_section(&comparison->list[i], section) &&
                (section != WORDS_EXACT || is_total(&comparison->list[i]) == (totals == 1)))
                (*places)[count++] = i;
    if (section == WORDS_EXPLORATORY)
        qsort_r(*places, count, sizeof **places, largest_first, (void *)comparison);
    return count;
}

/* Three digits: what is compared differs in the second. */
static struct formatted seconds(double value)
{
    struct formatted result;
    if (!(fabs(value) < 10)) /* and what is not known */
        return format_duration(value);
    if (fabs(value) < 0.5e-9) /* rounding of sums */
        value = 0;
    if (value >= 1)
        snprintf(result.text, sizeof result.text, "%.2f s", value);
    else if (value >= 1e-3 || value == 0)
        snprintf(result.text, sizeof result.text,
                 value >= 0.1    ? "%.0f ms"
                 : value >= 0.01 ? "%.1f ms"
                                 : "%.2f ms",
                 value * 1e3);
    else
        snprintf(result.text, sizeof result.text, "%.3g us", value * 1e6);
    return result;
}

struct formatted words_value(const struct compared_figure *row, double value)
{
    switch (row->figure->class.unit) {
    case FIGURE_SECONDS: return seconds(value);
    case FIGURE_BYTES: return format_bytes(value);
    case FIGURE_RATIO: return format_percent(value);
    case FIGURE_NUMBER: break;
    }
    return format_number(value);
}

struct formatted words_change(const struct compared_figure *row, bool ascii)
{
    return format_change(row->ratio, ascii);
}

struct formatted words_interval(const struct compared_figure *row, bool ascii)
{
    struct formatted result = {""};
    if (!isnan(row->low))
        snprintf(result.text, sizeof result.text, "%.16s to %.16s", format_change(row->low, ascii).text,
                 format_change(row->high, ascii).text);
    return result;
}

struct formatted words_p(const struct compared_figure *row)
{
    struct formatted result = {""};
    if (!isnan(row->p))
        snprintf(result.text, sizeof result.text, row->p < 0.001 ? "p<0.001" : "p=%.3f", row->p);
    return result;
}

const char *words_verdict(const struct compared_figure *row)
{
    switch (row->verdict) {
    case VERDICT_BETTER: return "better";
    case VERDICT_WORSE: return "worse";
    case VERDICT_DIFFERENT: return row->exact ? "" : "different";
    case VERDICT_NOISE: return "~";
    case VERDICT_UNTESTED: return "?";
    case VERDICT_ONE_SIDED: return "one side only";
    case VERDICT_EQUAL: return "";
    }
    return "";
}

static double growth(const struct comparison *comparison, size_t place)
{
    const struct image_pair *pair = &comparison->images.list[place];
    uint64_t old = comparison->old_side->images[pair->old].bytes_out,
             new = comparison->new_side->images[pair->new].bytes_out;
    return old == UNKNOWN || new == UNKNOWN ? 0 : (double)new - (double)old;
}

static int grown_first(const void *left, const void *right, void *context)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    double first = fabs(growth(context, a)), second = fabs(growth(context, b));
    if (first != second)
        return first > second ? -1 : 1;
    return a < b ? -1 : a > b;
}

size_t words_pairs(const struct comparison *comparison, size_t **places)
{
    size_t count = 0;
    *places = memory_zeroed(comparison->images.list_count + 1, sizeof **places);
    for (size_t i = 0; i < comparison->images.list_count; i++)
        if (growth(comparison, i) != 0)
            (*places)[count++] = i;
    qsort_r(*places, count, sizeof **places, grown_first, (void *)comparison);
    return count;
}

/* Fewest rounds, or runs on each side, in which the smallest p there can be is still below the level when so many
 * figures are asked about together. */
static size_t runs_needed(bool rounds, size_t asked)
{
    double least = 1; /* one order of signs, or one choice of n of 2n, on each side is the extreme one */
    for (size_t n = 1; n < 64; n++) {
        least = rounds ? least / 2 : least * (double)n / (2 * (2 * (double)n - 1));
        if (2 * least * (double)(asked ? asked : 1) <= STATISTICS_ALPHA)
            return n;
    }
    return 64;
}

char *words_design(const struct comparison *comparison)
{
    char *text = NULL;
    size_t old = comparison->old_side->runs_count, new = comparison->new_side->runs_count, bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        return memory_checked(NULL);
    if (comparison->design == DESIGN_INTERLEAVED)
        fprintf(out, "%zu interleaved rounds: signed-rank test over rounds.", comparison->rounds);
    else if (comparison->design == DESIGN_APART)
        fprintf(out,
                "Sets of %zu and %zu runs that were recorded apart: rank-sum test over runs; drift of the machine not "
                "excluded.",
                old, new);
    else
        fprintf(
            out,
            "%s: sizes, settings and counts compare exactly; times and memory (marked ?) cannot be told from noise.",
            old + new == 2 ? "One run on each side" : "One run on one side");
    bool rounds = comparison->design == DESIGN_INTERLEAVED;
    size_t needed = runs_needed(rounds, comparison->asked), have = rounds ? comparison->rounds : old < new ? old : new;
    if (comparison->design == DESIGN_SINGLE)
        fprintf(out,
                " For intervals and verdicts, let runs take turns: imgbench run --runs 10 -- OLD... --versus NEW...");
    else if (have < needed)
        fprintf(out, " So few cannot prove a difference in one of %zu figures: %zu %s are needed.",
                comparison->asked ? comparison->asked : 1, needed, rounds ? "rounds" : "runs on each side");
    if (comparison->asked && comparison->design != DESIGN_SINGLE)
        fprintf(out, " %zu figures were asked about together: their p are adjusted for that (Holm); ~ is noise.",
                comparison->asked);
    if (comparison->design != DESIGN_SINGLE)
        fprintf(out,
                " Old and New are medians; the change comes from %s, so it need not be the step from one to the other.",
                rounds ? "the changes within rounds" : "all pairs of runs");
    if (!comparison->texts.same_machine)
        fputs(" The machines differ, so times and memory compare machines as well.", out);
    fclose(out);
    return memory_checked(text);
}
