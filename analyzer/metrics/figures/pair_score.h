/* SPDX-License-Identifier: MIT
 * Owns: what a comparison of two pictures says.
 * Must not know: how it was made, traces. */
#ifndef ANALYZER_METRICS_FIGURES_PAIR_SCORE_H
#define ANALYZER_METRICS_FIGURES_PAIR_SCORE_H
#include <stdbool.h>
#include <stdint.h>

#define EXTERNAL_METRICS_MAX    16
#define PAIR_SCORE_REASON_BYTES 240
#define PAIR_FRAMES_MAX         3 /* first, middle, last */

/* NAN = not known. Of several frames and backgrounds, the worst of each figure. */
struct pair_score {
    double ssimulacra2; /* up to 100, may be negative */
    double psnr_db;     /* INFINITY where the pictures are identical */
    double ssim, ms_ssim;
    double externals[EXTERNAL_METRICS_MAX];
    bool identical;  /* every pixel that was compared */
    bool resized;    /* the reference was resized to the size of the distorted one */
    bool alpha;      /* compared over black and over white */
    uint32_t frames; /* compared; 0 = none could be */
    /* Why figures are missing, or what they leave out; "" where there is nothing to say. */
    char reason[PAIR_SCORE_REASON_BYTES];
    char external_reason[PAIR_SCORE_REASON_BYTES]; /* why the first external metric that failed did */
};

/* Nothing known, for this reason. */
struct pair_score pair_score_none(const char *reason);

/* Both reasons as one text; NULL: there is none. */
#define PAIR_SCORE_NOTE_BYTES (2 * PAIR_SCORE_REASON_BYTES + 2)
const char *pair_score_note(const struct pair_score *score, char room[PAIR_SCORE_NOTE_BYTES]);

#endif
