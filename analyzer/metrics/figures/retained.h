/* SPDX-License-Identifier: MIT
 * Owns: what is left of the pictures: pairs of an image's input and output, and the figures made of their scores.
 * Must not know: how a pair is scored, formatting.
 *
 * A figure "retained" is SSIMULACRA 2 of an output against this run's input, clipped to 0..100. */
#ifndef ANALYZER_METRICS_FIGURES_RETAINED_H
#define ANALYZER_METRICS_FIGURES_RETAINED_H
#include "analyzer/metrics/figures/pair_score.h"
#include "analyzer/model/model.h"

/* A final output of a chain beside the chain's source. */
struct quality_pair {
    uint32_t source, output; /* indexes into run->files; source NO_ID where there is not one */
    uint32_t image;          /* that made the output */
    bool lossy_source;       /* the input had lost something before this run */
    struct pair_score score; /* frames 0 and a reason where there is nothing to compare */
};

/* Steps of the scale, as its author names them. */
enum quality_band {
    BAND_VERY_LOW,
    BAND_LOW,               /* from 30 */
    BAND_MEDIUM,            /* from 50 */
    BAND_HIGH,              /* from 70 */
    BAND_VERY_HIGH,         /* from 80 */
    BAND_VISUALLY_LOSSLESS, /* from 90 */
    BAND_COUNT
};
enum quality_band quality_band(double score);
/* 0 of the lowest. */
double quality_band_from(enum quality_band band);
/* "visually lossless"; and the JSON key, "visually_lossless". */
const char *quality_band_title(enum quality_band band);
const char *quality_band_key(enum quality_band band);

/* Of some pairs that have a score. */
#define RETAINED_WORST 5
struct retained {
    uint64_t n;                           /* 0: the others are NAN */
    double median, p5, worst;             /* type 7; p5 NAN below 20 values */
    uint32_t worst_pairs[RETAINED_WORST]; /* indexes into pairs, lowest score first */
    size_t worst_count;
};

struct score_reason {
    const char *reason;
    uint64_t n; /* pairs that have it */
};

/* What an external metric said. */
struct metric_figures {
    const char *name;
    uint64_t n, failed;
    double median;      /* NAN at n = 0 */
    const char *reason; /* of the first pair where one failed, or NULL */
};

/* The pairs that one setting of an encoder made. */
struct curve_point {
    const char *label; /* of the setting's quality_row */
    double quality;    /* on the encoder's scale, or NAN */
    uint64_t n;
    double retained;              /* median */
    uint64_t bytes_in, bytes_out; /* of those whose sizes are known */
    double size_ratio;            /* NAN = unknown */
    double cpu_s;                 /* mean per image, NAN where one is unknown */
};

/* What an encoder's outputs would have been at one score, between its settings: of each source the bytes' logarithm and
 * the CPU time are interpolated between the two outputs whose scores are nearest on both sides. */
#define CURVE_SCORES 5 /* 90, 80, 70, 50, 30 */
struct curve_score {
    double score;
    uint64_t n; /* sources that reach it from both sides: all figures are of these */
    double bytes_in, bytes_out, size_ratio;
    double mean_bytes_out;     /* of one image: sources of other formats have other ratios */
    double cpu_s_per_mb_saved; /* NAN = unknown, or nothing saved */
};

/* One encoder of one output format. */
struct quality_curve {
    enum image_format format;
    const char *encoder, *scale; /* may be NULL */
    uint64_t sources;            /* different ones */
    struct curve_point *points;  /* lowest median first */
    size_t point_count;
    struct curve_score at[CURVE_SCORES]; /* highest first; those with n > 0 */
    size_t at_count;
};

struct retained_figures {
    bool measured;              /* else nothing of this is known */
    struct quality_pair *pairs; /* one per final output of an ok chain */
    size_t pair_count;
    uint32_t *pair_of_image;                             /* one per run->images: NO_ID = none */
    struct metric_figures metrics[EXTERNAL_METRICS_MAX]; /* names are set by who scores */
    size_t metric_count;
    struct retained all;
    uint64_t bands[BAND_COUNT];
    uint64_t lossy_inputs, resized; /* of the scored */
    struct score_reason *missing;   /* why there is no score, most frequent first */
    size_t missing_count;
    struct score_reason *noted; /* what scores leave out, most frequent first */
    size_t noted_count;
    struct quality_curve *curves; /* by format, encoder, scale */
    size_t curve_count;
};

/* Clipped to 0..100; NAN = not scored. */
double quality_retained(const struct pair_score *score);

#endif
