/* SPDX-License-Identifier: MIT
 * Owns: figures of what the work was worth: images that grew, work done twice, what a saved megabyte cost.
 * Must not know: records, formatting. Definitions are in docs/report.md. Time grows linearly with images and files. */
#include "analyzer/metrics/quality/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/images/chains.h"
#include "analyzer/metrics/statistics/ratio.h"

#define NS_PER_S     1e9
#define BYTES_PER_MB 1e6

/* 1, 0, or -1 = not known. GIF and palettes lose colours before the coding, which itself loses nothing. */
static int is_lossy(const struct image_facts *facts)
{
    switch (facts->format) {
    case FORMAT_JPEG: return facts->lossless != 1;
    case FORMAT_WEBP:
    case FORMAT_AVIF:
    case FORMAT_HEIC:
    case FORMAT_JXL: return facts->lossless < 0 ? -1 : !facts->lossless;
    case FORMAT_PNG:
    case FORMAT_GIF:
    case FORMAT_PNM:
    case FORMAT_BMP:
    case FORMAT_SVG: return 0;
    default: return -1;
    }
}

int metrics_any_lossy(const struct run *run, const uint32_t *files, size_t count)
{
    int result = count ? 0 : -1;
    for (size_t i = 0; i < count; i++) {
        int lossy = is_lossy(&run->files[files[i]].facts);
        if (lossy == 1)
            return 1;
        if (lossy < 0)
            result = -1;
    }
    return result;
}

/* Coefficients that jpegtran moves from file to file, and copies, lose nothing. */
static bool keeps_coding(const struct image *image)
{
    const struct image_settings *settings = image->settings;
    return settings->copied || (settings->known[SETTING_LOSSLESS] && settings->value[SETTING_LOSSLESS] == 1);
}

static int both(int in, int out)
{
    if (in == 0 || out == 0)
        return 0;
    return in == 1 && out == 1 ? 1 : -1;
}

static void find_reencoded(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        if (image->status != IMAGE_OK || !image->input_count || !image->output_count)
            continue;
        metrics->images[i].reencoded = keeps_coding(image)
                                           ? 0
                                           : (int8_t)both(metrics_any_lossy(run, image->inputs, image->input_count),
                                                          metrics_any_lossy(run, image->outputs, image->output_count));
    }
}

/* Over its intermediates: the sources' coding against the last outputs'. */
static bool chain_reencoded(const struct metrics *metrics, const struct chain *chain)
{
    const struct run *run = metrics->run;
    for (size_t i = 0; i < chain->image_count; i++)
        if (metrics->images[chain->images[i] - run->images].reencoded == 1)
            return true;
    if (chain->image_count < 2 || metrics_any_lossy(run, chain->sources, chain->source_count) != 1)
        return false;
    for (size_t i = 0; i < chain->final_count; i++)
        if (!keeps_coding(chain->finals[i].image) && is_lossy(&run->files[chain->finals[i].file].facts) == 1)
            return true;
    return false;
}

static bool same_picture(const struct image_facts *a, const struct image_facts *b)
{
    if (a->format != b->format || a->width <= 0 || a->height <= 0)
        return false;
    return (a->width == b->width && a->height == b->height) || (a->width == b->height && a->height == b->width);
}

/* A generation that could have been saved: the format and size of a source stayed, or a lossy intermediate came
 * between. A JPEG that became a smaller one or a WebP could not do without. */
static bool chain_recompressed(const struct run *run, const struct chain *chain)
{
    for (size_t i = 0; i < chain->final_count; i++)
        for (size_t k = 0; k < chain->source_count; k++)
            if (same_picture(&run->files[chain->finals[i].file].facts, &run->files[chain->sources[k]].facts))
                return true;
    for (size_t i = 0; i < chain->image_count; i++)
        for (size_t k = 0; k < chain->images[i]->output_count; k++) {
            const struct image_file *file = &run->files[chain->images[i]->outputs[k]];
            if (file->role == FILE_ROLE_INTERMEDIATE && is_lossy(&file->facts) == 1)
                return true;
        }
    return false;
}

/* The worst of a group with their scores, while it is put together. */
struct scored {
    struct value_group *group;
    double scores[VALUE_WORST];
};

static void add_worst(struct scored *scored, uint32_t image, double score)
{
    struct value_group *group = scored->group;
    if (isnan(score))
        return;
    size_t at = group->worst_count < VALUE_WORST ? group->worst_count++ : VALUE_WORST;
    for (; at > 0 && scored->scores[at - 1] < score; at--)
        if (at < VALUE_WORST) {
            scored->scores[at] = scored->scores[at - 1];
            group->worst[at] = group->worst[at - 1];
        }
    if (at < VALUE_WORST) {
        scored->scores[at] = score;
        group->worst[at] = image;
    }
}

/* One chain with what its members cost. */
struct cost {
    const struct chain *chain;
    uint32_t image; /* that made its last output, else the last one */
    bool sized;
    double saved; /* bytes; NAN unless sized */
    double busy_s, cpu_s, size_ratio;
};

static struct cost cost_of(const struct metrics *metrics, const struct chain *chain)
{
    const struct run *run = metrics->run;
    const struct image *last =
        chain->final_count ? chain->finals[chain->final_count - 1].image : chain->images[chain->image_count - 1];
    struct cost cost = {.chain = chain, .image = (uint32_t)(last - run->images), .saved = NAN, .size_ratio = NAN};
    cost.busy_s = (double)chain->busy_ns / NS_PER_S;
    for (size_t i = 0; i < chain->image_count; i++)
        cost.cpu_s += metrics->images[chain->images[i] - run->images].cpu_s;
    cost.sized = chain->delivered && chain->bytes_in != UNKNOWN && chain->bytes_out != UNKNOWN;
    if (cost.sized) {
        cost.saved = (double)chain->bytes_in - (double)chain->bytes_out;
        cost.size_ratio = metrics_ratio((double)chain->bytes_out, (double)chain->bytes_in);
    }
    return cost;
}

static void add_cost(struct scored *scored, const struct cost *cost, double score)
{
    struct value_group *group = scored->group;
    group->n++;
    group->busy_s += cost->busy_s;
    group->cpu_s += cost->cpu_s;
    if (cost->sized) {
        group->bytes_in += cost->chain->bytes_in;
        group->bytes_out += cost->chain->bytes_out;
    }
    add_worst(scored, cost->image, score);
}

static double cpu_or_busy(const struct cost *cost)
{
    return isnan(cost->cpu_s) ? cost->busy_s : cost->cpu_s;
}

static void find_groups(struct metrics *metrics, const struct chain_set *set)
{
    struct value_figures *value = &metrics->value;
    struct scored grew = {.group = &value->grew}, little = {.group = &value->little},
                  failed = {.group = &value->failed}, discarded = {.group = &value->discarded},
                  reencoded = {.group = &value->reencoded}, recompressed = {.group = &value->recompressed},
                  all = {.group = &value->all};
    for (size_t i = 0; i < set->count; i++) {
        struct cost cost = cost_of(metrics, &set->chains[i]);
        switch (set->chains[i].status) {
        case IMAGE_FAILED: add_cost(&failed, &cost, cpu_or_busy(&cost)); break;
        case IMAGE_DISCARDED: add_cost(&discarded, &cost, cpu_or_busy(&cost)); break;
        case IMAGE_UNFINISHED: break;
        case IMAGE_OK:
            if (chain_reencoded(metrics, &set->chains[i])) {
                add_cost(&reencoded, &cost, cost.size_ratio);
                if (chain_recompressed(metrics->run, &set->chains[i]))
                    add_cost(&recompressed, &cost, cost.size_ratio);
            }
            if (!cost.sized)
                break;
            add_cost(&all, &cost, cost.size_ratio);
            if (cost.saved < 0)
                add_cost(&grew, &cost, -cost.saved);
            else if (cost.saved < LITTLE_GAIN * (double)cost.chain->bytes_in)
                add_cost(&little, &cost, cpu_or_busy(&cost));
            break;
        }
    }
    double saved = (double)value->all.bytes_in - (double)value->all.bytes_out;
    value->cpu_s_per_mb_saved = saved > 0 ? value->all.cpu_s / (saved / BYTES_PER_MB) : (double)NAN;
}

static double stage_s(const struct image *image, enum stage stage)
{
    return (double)image->stage_ns[stage] / NS_PER_S;
}

static void add_repeated(struct value_figures *value, struct repeated_file file)
{
    size_t at = value->repeated_count < VALUE_WORST ? value->repeated_count++ : VALUE_WORST;
    for (; at > 0 && value->repeated[at - 1].extra_s < file.extra_s; at--)
        if (at < VALUE_WORST)
            value->repeated[at] = value->repeated[at - 1];
    if (at < VALUE_WORST)
        value->repeated[at] = file;
    value->repeated_files++;
    value->repeated_bytes += file.extra_bytes;
    value->repeated_s += file.extra_s;
}

/* An image that only went on with what another one had read and decoded has neither calls nor time of its own there. */
static bool find_repeated(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct repeated_file *files = calloc(run->file_count + 1, sizeof *files);
    if (!files)
        return false;
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        if (!image->stage_ns[STAGE_IMAGE_READ] && !image->read_ops)
            continue;
        double time_s = (stage_s(image, STAGE_IMAGE_READ) + stage_s(image, STAGE_DECODE)) / (double)image->input_count;
        for (size_t k = 0; k < image->input_count; k++) {
            struct repeated_file *file = &files[image->inputs[k]];
            const struct image_file *of = &run->files[image->inputs[k]];
            if (of->kind != FILE_KIND_FILE)
                continue;
            file->decodes += image->stage_ns[STAGE_DECODE] > 0;
            if (!file->reads++)
                continue;
            file->extra_bytes += of->bytes == UNKNOWN ? 0 : of->bytes;
            file->extra_s += time_s;
        }
    }
    for (size_t i = 0; i < run->file_count; i++)
        if (files[i].reads > 1) {
            files[i].file = (uint32_t)i;
            add_repeated(&metrics->value, files[i]);
        }
    free(files);
    return true;
}

static bool is_temporary(const struct image_file *file)
{
    return file->role == FILE_ROLE_INTERMEDIATE && file->kind == FILE_KIND_FILE;
}

static double share_of_temporary(const struct run *run, const uint32_t *files, size_t count)
{
    size_t temporary = 0;
    for (size_t i = 0; i < count; i++)
        temporary += is_temporary(&run->files[files[i]]);
    return count ? (double)temporary / (double)count : 0;
}

static void find_transfers(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct value_figures *value = &metrics->value;
    for (size_t i = 0; i < run->file_count; i++)
        if (is_temporary(&run->files[i])) {
            value->intermediate_files++;
            value->intermediate_bytes += run->files[i].bytes == UNKNOWN ? 0 : run->files[i].bytes;
        }
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        value->io_ops += image->read_ops + image->write_ops;
        value->small_ops += image->small_ops;
        value->io_s += stage_s(image, STAGE_IMAGE_READ) + stage_s(image, STAGE_IMAGE_WRITE);
        value->intermediate_s +=
            stage_s(image, STAGE_IMAGE_READ) * share_of_temporary(run, image->inputs, image->input_count) +
            stage_s(image, STAGE_IMAGE_WRITE) * share_of_temporary(run, image->outputs, image->output_count);
    }
}

bool metrics_value(struct metrics *metrics, const struct chain_set *set)
{
    find_reencoded(metrics);
    find_groups(metrics, set);
    find_transfers(metrics);
    return find_repeated(metrics);
}
