/* SPDX-License-Identifier: MIT
 * Owns: PSNR, SSIM and MS-SSIM of two pictures.
 * Must not know: files. Loops are plain, for the compiler to make vectors of. */
#include "analyzer/quality/metrics/fidelity.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/quality/metrics/window.h"

#define SIDES  2
#define SCALES 5
#define ROWS   11  /* of the window */
#define STEPS  257 /* of a 16-bit value in one of 8 bits */
#define PEAK   255.

static const double exponents[SCALES] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

struct work {
    const struct pixels *pictures[SIDES];
    double background;
    size_t width, height;  /* of the scale at hand */
    float *luma[SIDES];    /* of the scale at hand */
    float *rows[SIDES][3]; /* red, green, blue of a row */
    float *columns, *means;
};

/* exp(-k² ÷ 2σ²), scaled to a sum of 1. */
static struct window gaussian(void)
{
    struct window window = {.radius = ROWS / 2};
    double taps[ROWS / 2 + 1], sum = 0;
    for (size_t k = 0; k <= window.radius; k++) {
        taps[k] = exp(-(double)(k * k) / (2 * 1.5 * 1.5));
        sum += k ? 2 * taps[k] : taps[k];
    }
    for (size_t k = 0; k <= window.radius; k++)
        window.taps[k] = (float)(taps[k] / sum);
    return window;
}

static double squared_error(const float *restrict a, const float *restrict b, size_t width)
{
    double sum = 0;
    for (size_t x = 0; x < width; x++) {
        double apart = ((double)a[x] - (double)b[x]) / STEPS;
        sum += apart * apart;
    }
    return sum;
}

/* Fills the luma of both, and tells the sum of squared errors. */
static double take_pictures(struct work *work)
{
    double sum = 0;
    for (size_t y = 0; y < work->height; y++) {
        for (size_t side = 0; side < SIDES; side++) {
            float *restrict red = work->rows[side][0], *restrict green = work->rows[side][1];
            float *restrict blue = work->rows[side][2], *restrict luma = work->luma[side] + y * work->width;
            pixels_row(work->pictures[side], y, work->background, red, green, blue);
            for (size_t x = 0; x < work->width; x++)
                luma[x] = (0.299f * red[x] + 0.587f * green[x] + 0.114f * blue[x]) / STEPS;
        }
        for (size_t colour = 0; colour < 3; colour++)
            sum += squared_error(work->rows[0][colour], work->rows[1][colour], work->width);
    }
    return sum;
}

/* Sums over a row: the whole index, and its part that is contrast and structure. */
static void add_row(const float *means, size_t width, double *whole, double *contrast)
{
    const double c1 = (0.01 * PEAK) * (0.01 * PEAK), c2 = (0.03 * PEAK) * (0.03 * PEAK);
    const float *restrict mean_a = means + MEAN_A * width, *restrict mean_b = means + MEAN_B * width;
    const float *restrict mean_aa = means + MEAN_AA * width, *restrict mean_bb = means + MEAN_BB * width;
    const float *restrict mean_ab = means + MEAN_AB * width;
    for (size_t x = 0; x < width; x++) {
        double a = mean_a[x], b = mean_b[x];
        double structure = (2 * (mean_ab[x] - a * b) + c2) / ((mean_aa[x] - a * a) + (mean_bb[x] - b * b) + c2);
        *contrast += structure;
        *whole += structure * ((2 * (a * b) + c1) / (a * a + b * b + c1));
    }
}

static void similarity(struct work *work, const struct window *window, double *whole, double *contrast)
{
    size_t inner = work->width - 2 * (size_t)window->radius, stride = window_stride(window, work->width);
    *whole = *contrast = 0;
    for (size_t y = 0; y + 2 * (size_t)window->radius < work->height; y++) {
        const float *rows[SIDES][ROWS];
        for (size_t side = 0; side < SIDES; side++)
            for (size_t i = 0; i < ROWS; i++)
                rows[side][i] = work->luma[side] + (y + i) * work->width;
        window_columns(window, rows[0], rows[1], work->width, work->columns);
        for (size_t mean = 0; mean < MEANS; mean++)
            window_row(window, work->columns + mean * stride + window->radius, inner, work->means + mean * inner);
        add_row(work->means, inner, whole, contrast);
    }
    double windows = (double)inner * (double)(work->height - 2 * (size_t)window->radius);
    *whole /= windows;
    *contrast /= windows;
}

/* Means of 2 × 2; what is left over at an edge goes. In place: it is read before it is written over. */
static void halve(struct work *work)
{
    size_t width = work->width / 2, height = work->height / 2;
    for (size_t side = 0; side < SIDES; side++)
        for (size_t y = 0; y < height; y++) {
            const float *upper = work->luma[side] + 2 * y * work->width, *lower = upper + work->width;
            float *to = work->luma[side] + y * width;
            for (size_t x = 0; x < width; x++)
                to[x] = ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1])) * 0.25f;
        }
    work->width = width;
    work->height = height;
}

static void similarities(struct work *work, struct fidelity *result)
{
    const struct window window = gaussian();
    double whole, contrast, product = 1;
    result->ssim = result->ms_ssim = (double)NAN;
    for (size_t scale = 0; scale < SCALES; scale++) {
        if (work->width < ROWS || work->height < ROWS)
            return;
        similarity(work, &window, &whole, &contrast);
        if (!scale)
            result->ssim = whole;
        double factor = scale + 1 < SCALES ? contrast : whole;
        product *= pow(factor > 0 ? factor : 0, exponents[scale]);
        halve(work);
    }
    result->ms_ssim = product;
}

static float *part(float **at, size_t floats)
{
    float *begin = *at;
    *at += floats;
    return begin;
}

bool fidelity(const struct pixels *reference, const struct pixels *distorted, double background,
              struct fidelity *result)
{
    size_t width = reference->width, area = width * reference->height;
    struct work work = {
        .pictures = {reference, distorted}, .background = background, .width = width, .height = reference->height};
    float *block = calloc(SIDES * area + (SIDES * 3 + 2 * MEANS) * width + MEANS * (ROWS + 1), sizeof *block),
          *at = block;
    if (!block)
        return false;
    for (size_t side = 0; side < SIDES; side++) {
        work.luma[side] = part(&at, area);
        for (size_t colour = 0; colour < 3; colour++)
            work.rows[side][colour] = part(&at, width);
    }
    work.columns = part(&at, MEANS * (width + ROWS));
    work.means = part(&at, MEANS * width);
    double error = take_pictures(&work) / (3 * (double)area);
    result->psnr_db = error > 0 ? 10 * log10(PEAK * PEAK / error) : (double)INFINITY;
    similarities(&work, result);
    free(block);
    return true;
}
