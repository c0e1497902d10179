/* SPDX-License-Identifier: MIT
 * Owns: a score that says nothing, and the reasons of a score as one text.
 * Must not know: how a score comes about. */
#include "analyzer/metrics/figures/pair_score.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

struct pair_score pair_score_none(const char *reason)
{
    struct pair_score score = {
        .ssimulacra2 = (double)NAN, .psnr_db = (double)NAN, .ssim = (double)NAN, .ms_ssim = (double)NAN};
    for (size_t i = 0; i < EXTERNAL_METRICS_MAX; i++)
        score.externals[i] = (double)NAN;
    snprintf(score.reason, sizeof score.reason, "%s", reason);
    return score;
}

const char *pair_score_note(const struct pair_score *score, char room[PAIR_SCORE_NOTE_BYTES])
{
    bool both = *score->reason && *score->external_reason;
    snprintf(room, PAIR_SCORE_NOTE_BYTES, "%s%s%s", score->reason, both ? "; " : "", score->external_reason);
    return *room ? room : NULL;
}
