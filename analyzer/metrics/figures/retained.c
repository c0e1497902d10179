/* SPDX-License-Identifier: MIT
 * Owns: the steps of the scale of scores: their bounds and names.
 * Must not know: how a pair is scored. */
#include "analyzer/metrics/figures/retained.h"

#include <math.h>

static const struct {
    double from;
    const char *title, *key;
} bands[BAND_COUNT] = {[BAND_VERY_LOW] = {0, "very low", "very_low"},
                       [BAND_LOW] = {30, "low", "low"},
                       [BAND_MEDIUM] = {50, "medium", "medium"},
                       [BAND_HIGH] = {70, "high", "high"},
                       [BAND_VERY_HIGH] = {80, "very high", "very_high"},
                       [BAND_VISUALLY_LOSSLESS] = {90, "visually lossless", "visually_lossless"}};

enum quality_band quality_band(double score)
{
    enum quality_band band = BAND_VISUALLY_LOSSLESS;
    while (band > BAND_VERY_LOW && !(score >= bands[band].from))
        band--;
    return band;
}

double quality_band_from(enum quality_band band)
{
    return bands[band].from;
}

const char *quality_band_title(enum quality_band band)
{
    return bands[band].title;
}

const char *quality_band_key(enum quality_band band)
{
    return bands[band].key;
}

double quality_retained(const struct pair_score *score)
{
    if (isnan(score->ssimulacra2))
        return (double)NAN;
    return score->ssimulacra2 < 0 ? 0 : score->ssimulacra2 > 100 ? 100 : score->ssimulacra2;
}
