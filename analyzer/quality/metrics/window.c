/* SPDX-License-Identifier: MIT
 * Owns: the two passes of a separable window.
 * Must not know: metrics, files. Loops are plain, for the compiler to make vectors of. */
#include "analyzer/quality/metrics/window.h"

/* Columns at once: the sums at hand and all rows' parts of so many stay in the first cache. */
#define BLOCK 256

struct sums {
    float *restrict a, *restrict b, *restrict aa, *restrict bb, *restrict ab;
};

static void start(struct sums to, float tap, const float *restrict a, const float *restrict b, size_t count)
{
    for (size_t x = 0; x < count; x++) {
        to.a[x] = tap * a[x];
        to.b[x] = tap * b[x];
        to.aa[x] = tap * (a[x] * a[x]);
        to.bb[x] = tap * (b[x] * b[x]);
        to.ab[x] = tap * (a[x] * b[x]);
    }
}

/* A row above the middle and the one as far below it. */
static void add(struct sums to, float tap, const float *restrict upper_a, const float *restrict lower_a,
                const float *restrict upper_b, const float *restrict lower_b, size_t count)
{
    for (size_t x = 0; x < count; x++) {
        to.a[x] += tap * (upper_a[x] + lower_a[x]);
        to.b[x] += tap * (upper_b[x] + lower_b[x]);
        to.aa[x] += tap * (upper_a[x] * upper_a[x] + lower_a[x] * lower_a[x]);
        to.bb[x] += tap * (upper_b[x] * upper_b[x] + lower_b[x] * lower_b[x]);
        to.ab[x] += tap * (upper_a[x] * upper_b[x] + lower_a[x] * lower_b[x]);
    }
}

void window_columns(const struct window *window, const float *const *a, const float *const *b, size_t width,
                    float *columns)
{
    size_t stride = window_stride(window, width);
    unsigned middle = window->radius;
    for (size_t x = 0; x < width; x += BLOCK) {
        size_t count = width - x < BLOCK ? width - x : BLOCK;
        float *at = columns + middle + x;
        struct sums to = {at + MEAN_A * stride, at + MEAN_B * stride, at + MEAN_AA * stride, at + MEAN_BB * stride,
                          at + MEAN_AB * stride};
        start(to, window->taps[0], a[middle] + x, b[middle] + x, count);
        for (unsigned k = 1; k <= window->radius; k++)
            add(to, window->taps[k], a[middle - k] + x, a[middle + k] + x, b[middle - k] + x, b[middle + k] + x, count);
    }
}

void window_row(const struct window *window, const float *restrict padded, size_t width, float *restrict means)
{
    const float *restrict centre = padded + window->radius;
    float tap = window->taps[0];
    if (window->radius == 4) { /* in one go: half the time of the general form below */
        float t1 = window->taps[1], t2 = window->taps[2], t3 = window->taps[3], t4 = window->taps[4];
        for (size_t x = 0; x < width; x++)
            means[x] = tap * centre[x] + t1 * (padded[x + 3] + padded[x + 5]) + t2 * (padded[x + 2] + padded[x + 6]) +
                       t3 * (padded[x + 1] + padded[x + 7]) + t4 * (padded[x] + padded[x + 8]);
        return;
    }
    for (size_t x = 0; x < width; x++)
        means[x] = tap * centre[x];
    for (unsigned k = 1; k <= window->radius; k++) {
        const float *restrict left = centre - k, *restrict right = centre + k;
        tap = window->taps[k];
        for (size_t x = 0; x < width; x++)
            means[x] += tap * (left[x] + right[x]);
    }
}
