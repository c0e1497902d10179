/* SPDX-License-Identifier: MIT
 * Owns: the figures of one image that are computed from it alone.
 * Must not know: chains, other images, formatting. */
#include "analyzer/metrics/images/image_figures.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/statistics/ratio.h"

#define NS_PER_S     1e9
#define BYTES_PER_MB 1e6

/* UNKNOWN when there is none, or one of them is not known. */
static uint64_t sum_bytes(const struct run *run, const uint32_t *files, size_t count)
{
    uint64_t sum = count ? 0 : UNKNOWN;
    for (size_t i = 0; i < count; i++)
        if (run->files[files[i]].bytes == UNKNOWN || __builtin_add_overflow(sum, run->files[files[i]].bytes, &sum))
            return UNKNOWN;
    return sum;
}

static uint64_t pixels_of(const struct image_facts *facts)
{
    uint64_t frames = facts->frames ? (uint64_t)facts->frames : 1, pixels;
    if (facts->width <= 0 || facts->height <= 0 || facts->frames < 0 ||
        __builtin_mul_overflow((uint64_t)facts->width, (uint64_t)facts->height, &pixels) ||
        __builtin_mul_overflow(pixels, frames, &pixels))
        return UNKNOWN;
    return pixels;
}

static uint64_t most_pixels(const struct run *run, const uint32_t *files, size_t count)
{
    uint64_t most = UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        uint64_t pixels = pixels_of(&run->files[files[i]].facts);
        if (pixels != UNKNOWN && (most == UNKNOWN || pixels > most))
            most = pixels;
    }
    return most;
}

static double number(uint64_t value)
{
    return value == UNKNOWN ? (double)NAN : (double)value;
}

bool metrics_image_figures(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    metrics->images = calloc(run->image_count + 1, sizeof *metrics->images);
    if (!metrics->images)
        return false;
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        struct image_figures *figures = &metrics->images[i];
        figures->bytes_in = sum_bytes(run, image->inputs, image->input_count);
        figures->bytes_out = sum_bytes(run, image->outputs, image->output_count);
        figures->size_ratio = image->status == IMAGE_OK
                                  ? metrics_ratio(number(figures->bytes_out), number(figures->bytes_in))
                                  : (double)NAN;
        figures->pixels = most_pixels(run, image->inputs, image->input_count);
        if (!image->input_count) /* else not known: an output may be a thumbnail of its input */
            figures->pixels = most_pixels(run, image->outputs, image->output_count);
        figures->peak_bytes =
            image->peak_heap_bytes != UNKNOWN ? image->peak_heap_bytes : image->large_block_peak_bytes;
        figures->bytes_per_pixel = metrics_ratio(number(figures->peak_bytes), number(figures->pixels));
        uint64_t cpu_ns = image->cpu_ns != UNKNOWN ? image->cpu_ns : image->cpu_thread_ns;
        metrics->helpers_shared =
            metrics->helpers_shared || (image->helpers_cpu_ns && image->helpers_cpu_ns != UNKNOWN);
        figures->cpu_s = (number(cpu_ns) + number(image->helpers_cpu_ns)) / NS_PER_S;
        double saved = number(figures->bytes_in) - number(figures->bytes_out);
        figures->cpu_s_per_mb_saved =
            image->status == IMAGE_OK && saved > 0 ? figures->cpu_s / (saved / BYTES_PER_MB) : (double)NAN;
        figures->reencoded = -1;
    }
    return true;
}
