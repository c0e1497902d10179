/* SPDX-License-Identifier: MIT
 * Owns: the two passes of a separable window.
 * Must not know: metrics, files. Loops are plain, for the compiler to make vectors of. */
#include "analyzer/quality/window.h"

void window_columns(const struct window *window, const float *const *a, const float *const *b, size_t width,
                    float *columns)
{
    size_t stride = window_stride(window, width);
    float *restrict mean_a = columns + MEAN_A * stride + window->radius;
    float *restrict mean_b = columns + MEAN_B * stride + window->radius;
    float *restrict mean_aa = columns + MEAN_AA * stride + window->radius;
    float *restrict mean_bb = columns + MEAN_BB * stride + window->radius;
    float *restrict mean_ab = columns + MEAN_AB * stride + window->radius;
    const float *restrict row_a = a[window->radius], *restrict row_b = b[window->radius];
    float tap = window->taps[0];
    for (size_t x = 0; x < width; x++) {
        mean_a[x] = tap * row_a[x];
        mean_b[x] = tap * row_b[x];
        mean_aa[x] = tap * (row_a[x] * row_a[x]);
        mean_bb[x] = tap * (row_b[x] * row_b[x]);
        mean_ab[x] = tap * (row_a[x] * row_b[x]);
    }
    for (unsigned k = 1; k <= window->radius; k++) {
        const float *restrict above_a = a[window->radius - k], *restrict below_a = a[window->radius + k];
        const float *restrict above_b = b[window->radius - k], *restrict below_b = b[window->radius + k];
        tap = window->taps[k];
        for (size_t x = 0; x < width; x++) {
            mean_a[x] += tap * (above_a[x] + below_a[x]);
            mean_b[x] += tap * (above_b[x] + below_b[x]);
            mean_aa[x] += tap * (above_a[x] * above_a[x] + below_a[x] * below_a[x]);
            mean_bb[x] += tap * (above_b[x] * above_b[x] + below_b[x] * below_b[x]);
            mean_ab[x] += tap * (above_a[x] * above_b[x] + below_a[x] * below_b[x]);
        }
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
