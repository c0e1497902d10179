/* SPDX-License-Identifier: MIT
 * Owns: how durations, sizes, shares and counts are written for people.
 * Must not know: figures, reports. */
#include "analyzer/render/format_units.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct formatted not_known(void)
{
    return (struct formatted){"n/a"};
}

double format_known(uint64_t value)
{
    return value == UNKNOWN ? (double)NAN : (double)value;
}

struct formatted format_duration(double seconds)
{
    struct formatted result;
    double ms = seconds * 1000, size = fabs(ms);
    if (!isfinite(seconds))
        return not_known();
    if (size >= 5 || size == 0)
        snprintf(result.text, sizeof result.text, "%.2fs", seconds);
    else if (size >= 0.0995)
        snprintf(result.text, sizeof result.text, "%.*f ms", size >= 0.995 ? 1 : 2, ms);
    else
        snprintf(result.text, sizeof result.text, "%.*f us", size >= 0.00995 ? 0 : 1, ms * 1000);
    return result;
}

struct formatted format_bytes(double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    struct formatted result;
    if (!isfinite(bytes))
        return not_known();
    size_t unit = 0;
    while (fabs(bytes) >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    int decimals = !unit || fabs(bytes) >= 99.95 ? 0 : fabs(bytes) >= 9.995 ? 1 : 2;
    snprintf(result.text, sizeof result.text, "%.*f %s", decimals, bytes, units[unit]);
    return result;
}

struct formatted format_percent(double ratio)
{
    struct formatted result;
    if (!isfinite(ratio))
        return not_known();
    snprintf(result.text, sizeof result.text, "%.1f%%", ratio * 100);
    return result;
}

struct formatted format_change(double ratio, bool ascii)
{
    struct formatted result;
    if (!isfinite(ratio))
        return not_known();
    double percent = (ratio - 1) * 100;
    const char *sign = percent >= 0.05 ? "+" : percent <= -0.05 ? ascii ? "-" : "\u2212" : "";
    snprintf(result.text, sizeof result.text, "%s%.1f%%", sign, fabs(percent));
    return result;
}

struct formatted format_number(double value)
{
    struct formatted result;
    if (!isfinite(value))
        return not_known();
    bool whole = fabs(value - round(value)) < 0.05;
    snprintf(result.text, sizeof result.text, "%.*f", whole ? 0 : 1, whole ? round(value) + 0.0 : value);
    return result;
}

double format_score(double score)
{
    return floor(score * 10 + 1e-9) / 10;
}

struct formatted format_count(uint64_t count)
{
    struct formatted result;
    char digits[24];
    if (count == UNKNOWN)
        return not_known();
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count), at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            result.text[at++] = ',';
        result.text[at++] = digits[i];
    }
    result.text[at] = '\0';
    return result;
}

const char *format_setting(enum setting_key key)
{
    static const char *const names[SETTING_COUNT] = {
        [SETTING_QUALITY] = "quality",
        [SETTING_QUANTIZER_MIN] = "quantizer_min",
        [SETTING_QUANTIZER_MAX] = "quantizer_max",
        [SETTING_LOSSLESS] = "lossless",
        [SETTING_EFFORT] = "effort",
        [SETTING_SUBSAMPLING] = "subsampling",
        [SETTING_PROGRESSIVE] = "progressive",
        [SETTING_BIT_DEPTH] = "bit_depth",
        [SETTING_PALETTE_COLOURS] = "palette_colours",
        [SETTING_QUALITY_MIN] = "quality_min",
        [SETTING_FILTER] = "filter",
        [SETTING_STRATEGY] = "strategy",
        [SETTING_THREADS] = "threads",
        [SETTING_COLOUR_TYPE] = "colour_type",
        [SETTING_WIDTH] = "width",
        [SETTING_HEIGHT] = "height",
        [SETTING_DISTANCE] = "distance",
        [SETTING_QUANTIZER] = "quantizer",
        [SETTING_ALPHA_QUALITY] = "alpha_quality",
        [SETTING_NEAR_LOSSLESS] = "near_lossless",
        [SETTING_METADATA] = "metadata",
        [SETTING_COMPRESSION] = "compression",
        [SETTING_FRAMES] = "frames",
    };
    return key < SETTING_COUNT ? names[key] : NULL;
}
