/* SPDX-License-Identifier: MIT
 * Owns: weighted means in a symmetric, separable window over two pictures: of both, their squares and their product.
 * Must not know: which metric wants them, files.
 *
 * The sums are built in the same order for both pictures: of equal pictures all means are equal to the last bit. */
#ifndef ANALYZER_QUALITY_WINDOW_H
#define ANALYZER_QUALITY_WINDOW_H

#include <stddef.h>

#define WINDOW_RADIUS_MAX 5

struct window {
    unsigned radius;
    float taps[WINDOW_RADIUS_MAX + 1]; /* from the centre outwards, on both sides */
};

enum { MEAN_A, MEAN_B, MEAN_AA, MEAN_BB, MEAN_AB, MEANS };

/* Floats that one row of `width` takes in `columns` below: the radius is there on both sides. */
static inline size_t window_stride(const struct window *window, size_t width)
{
    return width + 2 * (size_t)window->radius;
}

/* The column pass of one row. a, b: 2 * radius + 1 rows of each picture, from top to bottom. columns: MEANS rows of
 * window_stride() floats, whose first and last `radius` ones are left as they are. */
void window_columns(const struct window *window, const float *const *a, const float *const *b, size_t width,
                    float *columns);

/* The row pass over one such row: `width` means, each of the 2 * radius + 1 values that begin at its place in `padded`.
 */
void window_row(const struct window *window, const float *padded, size_t width, float *means);

#endif
