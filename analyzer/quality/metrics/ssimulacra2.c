/* SPDX-License-Identifier: MIT
 * Owns: SSIMULACRA 2.1, computed row by row: a scale needs nine rows of both pictures and gives rows to the next one.
 * Must not know: files. Loops are plain, for the compiler to make vectors of.
 *
 * Definition (Sneyers, https://github.com/cloudinary/ssimulacra2): up to six scales, each half of the one before in
 * linear light; in each the planes X, Y, B of XYB, blurred by nine taps of a Gaussian of 1.5 pixels with nothing
 * outside; three error maps of each, of each the mean and the fourth root of the mean fourth power; their weighted sum
 * through a polynomial. Constants are those of the reference. */
#include "analyzer/quality/metrics/ssimulacra2.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/quality/metrics/window.h"

#define SCALES      6
#define PLANES      3
#define MAPS        3
#define ROWS        9 /* of the window */
#define CODES       65536
#define SIDES       2
#define C2          0.0009f
#define BIAS        0.0037930732552754493
#define BIAS_F      ((float)BIAS)
#define ROUND_UP(n) (((n) + 1) / 2)

static const double weights[] = {
#define WEIGHT(plane, scale, norm, map, weight) weight,
#include "analyzer/quality/metrics/ssimulacra2_weights.def"
};

static const struct window window = {
    4, {0.26462110548819856f, 0.21292859201042222f, 0.1093353727774603f, 0.03601111465836436f, 0.009414367809653691f}};

/* Linear light of one picture at one scale: three planes. Those of the first scale are made row by row. */
struct light {
    float *planes;
};

struct sums {
    double mean[PLANES][MAPS], fourth[PLANES][MAPS];
};

struct work {
    const struct pixels *pictures[SIDES];
    double background;
    float *linear_of;              /* CODES: linear light of a coded value */
    float *linear[SIDES][2];       /* two rows of three planes: the one at hand and its neighbour above or below */
    float *ring[SIDES][PLANES];    /* ROWS rows of XYB */
    float *nothing;                /* a row of zeros: what is outside */
    float *columns;                /* MEANS padded rows */
    float *means;                  /* MEANS rows */
    float *maps;                   /* MAPS rows */
    struct light scales[SIDES][2]; /* the scale at hand and the next one, in turn */
    struct sums sums[SCALES];
    size_t width, height; /* of the scale at hand */
};

/* IEC 61966-2-1. */
static void fill_linear(float *linear_of)
{
    for (size_t code = 0; code < CODES; code++) {
        double value = (double)code / 65535;
        linear_of[code] = (float)(value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
    }
}

static void row_of_picture(const struct work *work, size_t side, size_t y, float *planes)
{
    size_t width = work->width;
    float *restrict value = planes;
    pixels_row(work->pictures[side], y, work->background, planes, planes + width, planes + 2 * width);
    for (size_t i = 0; i < PLANES * width; i++)
        value[i] = work->linear_of[(uint32_t)(value[i] + 0.5f)];
}

static void row_of_scale(const struct work *work, size_t scale, size_t side, size_t y, float *planes)
{
    size_t area = work->width * work->height;
    if (!scale) {
        row_of_picture(work, side, y, planes);
        return;
    }
    for (size_t plane = 0; plane < PLANES; plane++)
        memcpy(planes + plane * work->width, work->scales[side][scale % 2].planes + plane * area + y * work->width,
               work->width * sizeof *planes);
}

/* Half the width and the height of two rows; what is beyond an edge is the edge. */
static void halve(const struct work *work, const float *upper, const float *lower, size_t y, float *next)
{
    size_t width = work->width, half = ROUND_UP(width), whole = width / 2, area = half * ROUND_UP(work->height);
    for (size_t plane = 0; plane < PLANES; plane++) {
        const float *restrict a = upper + plane * width, *restrict b = lower + plane * width;
        float *restrict to = next + plane * area + y * half;
        for (size_t x = 0; x < whole; x++)
            to[x] = (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]) * 0.25f;
        if (whole < half)
            to[whole] = (a[width - 1] + a[width - 1] + b[width - 1] + b[width - 1]) * 0.25f;
    }
}

/* Cube root of a value that is not below the bias: a guess from its exponent, then two steps of Halley's method, which
 * leave only the rounding of float. */
static inline float cube_root(float value)
{
    union {
        float number;
        int32_t bits;
    } guess = {.number = value};
    guess.bits = (int32_t)((float)guess.bits * (1 / 3.f)) + 709921077;
    float root = guess.number;
    for (int step = 0; step < 2; step++) {
        float cube = root * root * root;
        root = root * (cube + 2 * value) / (2 * cube + value);
    }
    return root;
}

static void xyb(const float *linear, size_t width, float *restrict to_x, float *restrict to_y, float *restrict to_b)
{
    const float *restrict red = linear, *restrict green = linear + width, *restrict blue = linear + 2 * width;
    const float bias_root = (float)cbrt(BIAS);
    for (size_t i = 0; i < width; i++) {
        float r = red[i], g = green[i], b = blue[i];
        float l = cube_root(0.30f * r + 0.622f * g + 0.078f * b + BIAS_F) - bias_root;
        float m = cube_root(0.23f * r + 0.692f * g + 0.078f * b + BIAS_F) - bias_root;
        float s = cube_root(0.24342268924547819f * r + 0.20476744424496821f * g + 0.55180986650955360f * b + BIAS_F) -
                  bias_root;
        float y = (l + m) * 0.5f;
        to_x[i] = (l - m) * 0.5f * 14 + 0.42f;
        to_y[i] = y + 0.01f;
        to_b[i] = s - y + 0.55f;
    }
}

static void map_row(const float *restrict a, const float *restrict b, const float *means, size_t width, float *maps)
{
    const float *restrict mean_a = means + MEAN_A * width, *restrict mean_b = means + MEAN_B * width;
    const float *restrict mean_aa = means + MEAN_AA * width, *restrict mean_bb = means + MEAN_BB * width;
    const float *restrict mean_ab = means + MEAN_AB * width;
    float *restrict ssim = maps, *restrict ringing = maps + width, *restrict blurring = maps + 2 * width;
    for (size_t x = 0; x < width; x++) {
        float apart = mean_a[x] - mean_b[x], both = mean_a[x] * mean_b[x];
        float above = 2 * (mean_ab[x] - both) + C2;
        float below = (mean_aa[x] - mean_a[x] * mean_a[x]) + (mean_bb[x] - mean_b[x] * mean_b[x]) + C2;
        float error = 1 - (1 - apart * apart) * above / below;
        float edge = (1 + fabsf(b[x] - mean_b[x])) / (1 + fabsf(a[x] - mean_a[x])) - 1;
        ssim[x] = error > 0 ? error : 0;
        ringing[x] = edge > 0 ? edge : 0;
        blurring[x] = edge < 0 ? -edge : 0;
    }
}

/* In lanes: a sum that has to be taken in order could not be a vector. */
#define LANES 4
static void add_row(const float *restrict row, size_t width, double *mean, double *fourth)
{
    double sum[LANES] = {0}, sum4[LANES] = {0};
    size_t x = 0;
    for (; x + LANES <= width; x += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            double value = row[x + lane], square = value * value;
            sum[lane] += value;
            sum4[lane] += square * square;
        }
    for (; x < width; x++) {
        double value = row[x], square = value * value;
        sum[0] += value;
        sum4[0] += square * square;
    }
    *mean += (sum[0] + sum[1]) + (sum[2] + sum[3]);
    *fourth += (sum4[0] + sum4[1]) + (sum4[2] + sum4[3]);
}

/* The maps of row y, whose neighbours are in the ring. */
static void row_of_maps(struct work *work, size_t scale, size_t y)
{
    size_t width = work->width, stride = window_stride(&window, width);
    for (size_t plane = 0; plane < PLANES; plane++) {
        const float *rows[SIDES][ROWS];
        for (size_t i = 0; i < ROWS; i++) {
            bool inside = y + i >= window.radius && y + i - window.radius < work->height;
            for (size_t side = 0; side < SIDES; side++)
                rows[side][i] =
                    inside ? work->ring[side][plane] + (y + i - window.radius) % ROWS * width : work->nothing;
        }
        window_columns(&window, rows[0], rows[1], width, work->columns);
        for (size_t mean = 0; mean < MEANS; mean++)
            window_row(&window, work->columns + mean * stride, width, work->means + mean * width);
        map_row(rows[0][window.radius], rows[1][window.radius], work->means, width, work->maps);
        for (size_t map = 0; map < MAPS; map++)
            add_row(work->maps + map * width, width, &work->sums[scale].mean[plane][map],
                    &work->sums[scale].fourth[plane][map]);
    }
}

static void take_row(struct work *work, size_t scale, size_t y, bool halved)
{
    size_t width = work->width;
    for (size_t side = 0; side < SIDES; side++) {
        float *linear = work->linear[side][y % 2];
        row_of_scale(work, scale, side, y, linear);
        size_t at = y % ROWS * width;
        float **ring = work->ring[side];
        xyb(linear, width, ring[0] + at, ring[1] + at, ring[2] + at);
        if (halved && (y % 2 || y + 1 == work->height))
            halve(work, y % 2 ? work->linear[side][0] : linear, linear, y / 2,
                  work->scales[side][(scale + 1) % 2].planes);
    }
}

/* What is left and right of a row is nothing, and stays so: only what is between is written. */
static void clear_padding(struct work *work)
{
    memset(work->columns, 0, MEANS * window_stride(&window, work->width) * sizeof *work->columns);
}

static bool has_scale(size_t width, size_t height)
{
    return width >= SSIMULACRA2_SIDE_MIN && height >= SSIMULACRA2_SIDE_MIN;
}

static size_t run_scales(struct work *work)
{
    size_t scale = 0;
    for (; scale < SCALES && has_scale(work->width, work->height); scale++) {
        size_t half_width = ROUND_UP(work->width), half_height = ROUND_UP(work->height);
        bool halved = scale + 1 < SCALES && has_scale(half_width, half_height);
        clear_padding(work);
        for (size_t y = 0; y < work->height + window.radius; y++) {
            if (y < work->height)
                take_row(work, scale, y, halved);
            if (y >= window.radius)
                row_of_maps(work, scale, y - window.radius);
        }
        double area = (double)work->width * (double)work->height;
        for (size_t plane = 0; plane < PLANES; plane++)
            for (size_t map = 0; map < MAPS; map++) {
                work->sums[scale].mean[plane][map] /= area;
                work->sums[scale].fourth[plane][map] = sqrt(sqrt(work->sums[scale].fourth[plane][map] / area));
            }
        work->width = half_width;
        work->height = half_height;
    }
    return scale;
}

static double score_of(const struct work *work, size_t scales)
{
    double sum = 0;
    const double *weight = weights;
    for (size_t plane = 0; plane < PLANES; plane++)
        for (size_t scale = 0; scale < scales; scale++)
            for (size_t norm = 0; norm < 2; norm++)
                for (size_t map = 0; map < MAPS; map++)
                    sum += *weight++ * (norm ? work->sums[scale].fourth : work->sums[scale].mean)[plane][map];
    double t = 0.9562382616834844 * sum;
    double u = 2.326765642916932 * t - 0.020884521182843837 * t * t + 6.248496625763138e-05 * t * t * t;
    return u > 0 ? 100 - 10 * pow(u, 0.6276336467831387) : 100;
}

/* All of the work's memory is one block; each part begins where the one before ends. */
static float *part(float **at, size_t floats)
{
    float *begin = *at;
    *at += floats;
    return begin;
}

bool ssimulacra2(const struct pixels *reference, const struct pixels *distorted, double background, double *score)
{
    size_t width = reference->width, height = reference->height;
    size_t half = ROUND_UP(width) * ROUND_UP(height), quarter = ROUND_UP(ROUND_UP(width)) * ROUND_UP(ROUND_UP(height));
    size_t row_floats = SIDES * 2 * PLANES + SIDES * PLANES * ROWS + 1 + MEANS + MAPS;
    size_t floats =
        CODES + row_floats * width + MEANS * window_stride(&window, width) + SIDES * PLANES * (half + quarter);
    struct work work = {.pictures = {reference, distorted}, .background = background, .width = width, .height = height};
    float *block = calloc(floats, sizeof *block), *at = block;
    if (!block)
        return false;
    work.linear_of = part(&at, CODES);
    work.nothing = part(&at, width);
    work.columns = part(&at, MEANS * window_stride(&window, width));
    work.means = part(&at, MEANS * width);
    work.maps = part(&at, MAPS * width);
    for (size_t side = 0; side < SIDES; side++) {
        work.linear[side][0] = part(&at, PLANES * width);
        work.linear[side][1] = part(&at, PLANES * width);
        for (size_t plane = 0; plane < PLANES; plane++)
            work.ring[side][plane] = part(&at, ROWS * width);
        work.scales[side][1].planes = part(&at, PLANES * half);
        work.scales[side][0].planes = part(&at, PLANES * quarter);
    }
    fill_linear(work.linear_of);
    *score = score_of(&work, run_scales(&work));
    free(block);
    return true;
}
