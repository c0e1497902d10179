/* SPDX-License-Identifier: MIT
 * Owns: who made the memory peak, what it is made of, what a pixel and one more image cost.
 * Must not know: records, formatting. Definitions are in docs/report.md. */
#include "analyzer/metrics/memory/memory_parts.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/statistics/ratio.h"

static double number(uint64_t value)
{
    return value == UNKNOWN ? (double)NAN : (double)value;
}

/* The stage that began last before the moment. Stages inside a pipeline begin before it is over: the finer one counts.
 */
static bool stage_at(const struct image *image, uint64_t time_ns, enum stage *found)
{
    uint64_t latest_ns = 0;
    bool known = false;
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        uint64_t start_ns = image->phase_start_ns[stage];
        if (start_ns == UNKNOWN || start_ns > time_ns || start_ns < latest_ns)
            continue;
        latest_ns = start_ns;
        *found = (enum stage)stage;
        known = true;
    }
    return known;
}

static bool is_larger(const struct metrics *metrics, uint32_t a, uint32_t b)
{
    double x = number(metrics->images[a].bytes_in), y = number(metrics->images[b].bytes_in);
    return isnan(y) ? !isnan(x) : x > y;
}

static void add_peak_image(const struct metrics *metrics, struct memory_figures *memory, uint32_t image,
                           uint64_t time_ns)
{
    struct peak_image added = {.image = image};
    added.stage_known = stage_at(&metrics->run->images[image], time_ns, &added.stage);
    memory->in_flight_at_peak++;
    size_t at = memory->peak_image_count < PEAK_IMAGES ? memory->peak_image_count++ : PEAK_IMAGES;
    for (; at > 0 && is_larger(metrics, image, memory->peak_images[at - 1].image); at--)
        if (at < PEAK_IMAGES)
            memory->peak_images[at] = memory->peak_images[at - 1];
    if (at < PEAK_IMAGES)
        memory->peak_images[at] = added;
}

/* When the peak was: as sampled; else, where the kernel's mark alone knows how high it was, when the process's large
 * blocks were at their highest. */
static uint64_t peak_moment(const struct run *run)
{
    if (run->peak_rss_ns != UNKNOWN)
        return run->peak_rss_ns;
    return run->blocks_peak_process == run->peak_process && run->peak_process != NO_ID ? run->blocks_peak_ns : UNKNOWN;
}

static void find_maker(const struct metrics *metrics, struct memory_figures *memory)
{
    const struct run *run = metrics->run;
    memory->peak_maker = NO_ID;
    uint64_t moment_ns = peak_moment(run);
    if (moment_ns == UNKNOWN)
        return;
    for (uint32_t i = 0; i < run->image_count; i++)
        if (run->images[i].start_ns <= moment_ns && run->images[i].end_ns >= moment_ns)
            add_peak_image(metrics, memory, i, moment_ns);
    bool sites = run->site_count && run->blocks_peak_process == run->peak_process && run->sites[0].image != NO_ID;
    if (sites)
        memory->peak_maker = run->sites[0].image;
    else if (memory->in_flight_at_peak == 1)
        memory->peak_maker = memory->peak_images[0].image;
    if (memory->peak_maker != NO_ID && memory->peak_maker < run->image_count)
        memory->peak_stage_known = stage_at(&run->images[memory->peak_maker], moment_ns, &memory->peak_stage);
}

#define SAMPLED_LEAST 0.5 /* of what the largest process had */

static void compose(const struct run *run, struct memory_figures *memory)
{
    const struct memory_composition *peak = &run->peak_composition;
    memory->rss_bytes = number(peak->rss_bytes);
    memory->heap_bytes = number(peak->heap_bytes);
    memory->file_bytes = number(peak->file_bytes);
    memory->mapped_bytes = number(peak->anonymous_bytes);
    memory->own_bytes = number(peak->own_bytes);
    memory->retained_bytes = memory->rss_bytes - memory->heap_bytes - memory->file_bytes - memory->mapped_bytes;
    memory->most_rss_bytes = NAN;
    for (size_t i = 0; i < run->process_count; i++)
        if (run->processes[i].vm_hwm_bytes != UNKNOWN &&
            !(memory->most_rss_bytes >= number(run->processes[i].vm_hwm_bytes)))
            memory->most_rss_bytes = number(run->processes[i].vm_hwm_bytes);
    memory->composition_low = memory->rss_bytes + memory->own_bytes < memory->most_rss_bytes * SAMPLED_LEAST;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool per_pixel(const struct metrics *metrics, struct memory_figures *memory)
{
    const struct run *run = metrics->run;
    double *values = calloc(run->image_count + 1, sizeof *values);
    memory->per_pixel_worst = NO_ID;
    memory->per_pixel_p50 = memory->per_pixel_max = NAN;
    if (!values)
        return false;
    for (uint32_t i = 0; i < run->image_count; i++) {
        double value = metrics->images[i].bytes_per_pixel;
        if (isnan(value))
            continue;
        values[memory->per_pixel_n++] = value;
        if (!(value <= memory->per_pixel_max)) {
            memory->per_pixel_max = value;
            memory->per_pixel_worst = i;
        }
    }
    size_t n = (size_t)memory->per_pixel_n;
    qsort(values, n, sizeof *values, compare);
    if (n)
        memory->per_pixel_p50 = (values[(n - 1) / 2] + values[n / 2]) / 2;
    free(values);
    return true;
}

/* Each level weighs as much as it has samples. Without an image in flight there are only programs that start or end. */
static void scale(const struct metrics *metrics, struct memory_figures *memory)
{
    const struct pool_figures *pool = &metrics->pool;
    const struct host *host = &metrics->run->host;
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    memory->base_bytes = memory->per_image_bytes = memory->scaling_r2 = NAN;
    memory->workers_fit = memory->workers_fit_limit_bytes = NAN;
    for (size_t i = 1; i < pool->level_count; i++) {
        const struct pool_level *level = &pool->levels[i];
        if (level->samples < SCALING_SAMPLES || i + 1 == POOL_LEVELS)
            continue;
        double weight = (double)level->samples, in_flight = (double)i;
        n += weight;
        x += weight * in_flight;
        y += weight * level->rss_bytes;
        xx += weight * in_flight * in_flight;
        xy += weight * in_flight * level->rss_bytes;
        yy += weight * level->rss_bytes * level->rss_bytes;
        memory->scaling_levels++;
        memory->scaling_samples += level->samples;
    }
    double spread = n * xx - x * x, slope = metrics_ratio(n * xy - x * y, spread);
    memory->scaling_unknown = memory->scaling_levels < SCALING_LEVELS
                                  ? "fewer than 3 numbers of images in flight were sampled often enough"
                                  : "memory did not follow the number of images in flight";
    if (memory->scaling_levels < SCALING_LEVELS || !(slope > 0))
        return;
    double r2 = metrics_ratio((n * xy - x * y) * (n * xy - x * y), spread * (n * yy - y * y));
    if (!(r2 >= SCALING_R2))
        return;
    memory->scaling_unknown = NULL;
    memory->per_image_bytes = slope;
    memory->base_bytes = (y - slope * x) / n;
    memory->scaling_r2 = r2;
    uint64_t limit = host->cgroup_memory_limit < host->memory_bytes ? host->cgroup_memory_limit : host->memory_bytes;
    memory->workers_fit_limit_bytes = number(limit);
    memory->workers_fit = floor((memory->workers_fit_limit_bytes - memory->base_bytes) / slope);
}

bool metrics_memory_parts(struct metrics *metrics)
{
    find_maker(metrics, &metrics->memory);
    compose(metrics->run, &metrics->memory);
    scale(metrics, &metrics->memory);
    return per_pixel(metrics, &metrics->memory);
}
