/* SPDX-License-Identifier: MIT
 * Owns: figures of sizes: totals, output formats, conversions.
 * Must not know: records, quality settings, formatting. Nothing is clamped: images that grew count as they are. */
#include "analyzer/metrics/images/sizes.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/statistics/ratio.h"
#include "analyzer/metrics/statistics/timing.h"

#define NS_PER_S 1e9

static uint64_t add_once(const struct run *run, uint32_t file, bool *counted, uint64_t *count)
{
    if (counted[file])
        return 0;
    counted[file] = true;
    ++*count;
    return run->files[file].bytes;
}

/* Only chains whose result is still there, with both sizes known: a source without its result is not a saving. */
bool metrics_totals(struct metrics *metrics, const struct chain_set *set)
{
    const struct run *run = metrics->run;
    bool *counted = calloc(run->file_count * 2 + 1, sizeof *counted);
    if (!counted)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct chain *chain = &set->chains[i];
        if (!chain->delivered || chain->bytes_in == UNKNOWN || chain->bytes_out == UNKNOWN)
            continue;
        metrics->sized++;
        for (size_t k = 0; k < chain->source_count; k++)
            metrics->bytes_in += add_once(run, chain->sources[k], counted, &metrics->sized_sources);
        for (size_t k = 0; k < chain->final_count; k++)
            metrics->bytes_out +=
                add_once(run, chain->finals[k].file, counted + run->file_count, &metrics->sized_outputs);
    }
    free(counted);
    metrics->bytes_saved = (int64_t)(metrics->bytes_in - metrics->bytes_out);
    metrics->size_ratio = metrics_ratio((double)metrics->bytes_out, (double)metrics->bytes_in);
    metrics->saved_per_image = metrics_ratio((double)metrics->bytes_saved, (double)metrics->sized);
    return true;
}

/* A chain's outputs of one format. A chain with outputs of two formats counts once in each. */
struct part {
    enum image_format format;
    const struct chain *chain;
    uint64_t bytes_in, bytes_out; /* 0 unless sized */
    bool sized;
    double ratio; /* NAN where it cannot be known */
};

struct parts {
    struct part *part;
    size_t count;
};

static void add_chain(const struct run *run, const struct chain *chain, struct parts *parts)
{
    struct part *of_format[FORMAT_COUNT] = {NULL};
    size_t first = parts->count;
    for (size_t i = 0; i < chain->final_count; i++) {
        const struct image_file *file = &run->files[chain->finals[i].file];
        struct part *part = of_format[file->facts.format];
        if (!part) {
            part = of_format[file->facts.format] = &parts->part[parts->count++];
            *part = (struct part){.format = file->facts.format, .chain = chain, .sized = chain->bytes_in != UNKNOWN};
        }
        if (file->bytes == UNKNOWN)
            part->sized = false;
        else
            part->bytes_out += file->bytes;
    }
    for (size_t i = first; i < parts->count; i++) {
        struct part *part = &parts->part[i];
        part->bytes_in = part->sized ? chain->bytes_in : 0;
        part->bytes_out = part->sized ? part->bytes_out : 0;
        part->ratio = metrics_ratio((double)part->bytes_out, (double)part->bytes_in);
    }
}

static bool collect_parts(const struct run *run, const struct chain_set *set, struct parts *parts)
{
    size_t most = 0;
    for (size_t i = 0; i < set->count; i++)
        most += set->chains[i].final_count < FORMAT_COUNT ? set->chains[i].final_count : FORMAT_COUNT;
    parts->count = 0;
    parts->part = calloc(most + 1, sizeof *parts->part);
    if (!parts->part)
        return false;
    for (size_t i = 0; i < set->count; i++)
        add_chain(run, &set->chains[i], parts);
    return true;
}

/* The unknown format comes last. */
static int format_rank(enum image_format format)
{
    return format == FORMAT_UNKNOWN ? FORMAT_COUNT : (int)format;
}

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = format_rank(a->format) - format_rank(b->format);
    if (order)
        return order;
    if (isnan(a->ratio) || isnan(b->ratio))
        return isnan(a->ratio) - isnan(b->ratio);
    if (a->ratio != b->ratio)
        return a->ratio < b->ratio ? -1 : 1;
    return (a->chain->busy_ns > b->chain->busy_ns) - (a->chain->busy_ns < b->chain->busy_ns);
}

/* Parts of one format, by ratio, those without one last. */
static double median_ratio(const struct part *parts, size_t count)
{
    while (count && isnan(parts[count - 1].ratio))
        count--;
    if (!count)
        return NAN;
    return count % 2 ? parts[count / 2].ratio : (parts[count / 2 - 1].ratio + parts[count / 2].ratio) / 2;
}

static void fill_format(struct format_row *row, const struct part *parts, size_t count)
{
    row->format = parts->format;
    row->n = count;
    timing_init(&row->time);
    for (size_t i = 0; i < count; i++) {
        row->sized += parts[i].sized;
        row->bytes_in += parts[i].bytes_in;
        row->bytes_out += parts[i].bytes_out;
        timing_update(&row->time, (double)parts[i].chain->busy_ns / NS_PER_S);
    }
    timing_finish(&row->time);
    row->size_ratio = metrics_ratio((double)row->bytes_out, (double)row->bytes_in);
    row->median_size_ratio = median_ratio(parts, count);
}

bool metrics_formats(struct metrics *metrics, const struct chain_set *set)
{
    struct parts parts;
    metrics->formats = calloc(FORMAT_COUNT, sizeof *metrics->formats);
    if (!collect_parts(metrics->run, set, &parts) || !metrics->formats) {
        free(parts.part);
        return false;
    }
    qsort(parts.part, parts.count, sizeof *parts.part, compare_parts);
    for (size_t i = 0; i < parts.count;) {
        size_t end = i + 1;
        while (end < parts.count && parts.part[end].format == parts.part[i].format)
            end++;
        fill_format(&metrics->formats[metrics->format_count++], &parts.part[i], end - i);
        i = end;
    }
    free(parts.part);
    return true;
}

static int compare_conversions(const void *left, const void *right)
{
    const struct conversion_row *a = left, *b = right;
    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    return a->from != b->from ? (int)a->from - (int)b->from : (int)a->to - (int)b->to;
}

bool metrics_conversions(struct metrics *metrics, const struct chain_set *set)
{
    const struct run *run = metrics->run;
    struct parts parts;
    struct conversion_row *rows = calloc(FORMAT_COUNT * FORMAT_COUNT, sizeof *rows);
    if (!collect_parts(run, set, &parts) || !rows) {
        free(parts.part);
        free(rows);
        return false;
    }
    for (size_t i = 0; i < parts.count; i++) {
        const struct part *part = &parts.part[i];
        enum image_format from =
            part->chain->source_count ? run->files[part->chain->sources[0]].facts.format : FORMAT_UNKNOWN;
        if (from == FORMAT_UNKNOWN || part->format == FORMAT_UNKNOWN || from == part->format)
            continue;
        struct conversion_row *row = &rows[from * FORMAT_COUNT + part->format];
        row->from = from;
        row->to = part->format;
        row->n++;
        row->sized += part->sized;
        row->bytes_in += part->bytes_in;
        row->bytes_out += part->bytes_out;
    }
    free(parts.part);
    for (size_t i = 0; i < FORMAT_COUNT * FORMAT_COUNT; i++) {
        if (!rows[i].n)
            continue;
        rows[i].size_reduction = 1 - metrics_ratio((double)rows[i].bytes_out, (double)rows[i].bytes_in);
        rows[metrics->conversion_count++] = rows[i];
    }
    qsort(rows, metrics->conversion_count, sizeof *rows, compare_conversions);
    metrics->conversions = rows;
    return true;
}
