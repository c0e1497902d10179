/* SPDX-License-Identifier: MIT
 * Owns: single values of the JSON report, null where they are unknown; text that is not UTF-8.
 * Must not know: which key they stand under. */
#include "analyzer/render/json_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/render/format_text.h"

json_t *render_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *render_json_integer(uint64_t value)
{
    if (value == UNKNOWN)
        return json_null();
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_real((double)value);
}

json_t *render_json_fact(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

json_t *render_json_flag(int value)
{
    return value < 0 ? json_null() : json_boolean(value);
}

json_t *render_json_index(uint32_t index)
{
    return index == NO_ID ? json_null() : json_integer(index);
}

json_t *render_json_seconds(uint64_t ns)
{
    return ns == UNKNOWN ? json_null() : json_real((double)ns / 1e9);
}

json_t *render_json_moment(const struct run *run, uint64_t time_ns)
{
    if (time_ns == UNKNOWN)
        return json_null();
    return json_real((double)(int64_t)(time_ns - run->start_ns) / 1e9);
}

json_t *render_json_text(const char *text)
{
    static const char replacement[] = "\uFFFD";
    if (!text)
        return json_null();
    char *valid = malloc(strlen(text) * (sizeof replacement - 1) + 1), *to = valid;
    if (!valid)
        return NULL;
    while (*text) {
        uint32_t code_point;
        size_t bytes = format_utf8_bytes(text, &code_point);
        size_t taken = bytes ? bytes : 1;
        const char *from = bytes ? text : replacement;
        size_t length = bytes ? bytes : sizeof replacement - 1;
        memcpy(to, from, length);
        to += length;
        text += taken;
    }
    json_t *json = json_stringn(valid, (size_t)(to - valid));
    free(valid);
    return json;
}

json_t *render_json_timing(const struct timing_stats *stats)
{
    json_t *source = stats->count ? json_string(stats->inferred ? "inferred" : "observed") : json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "n", render_json_integer(stats->count),
                     "min", render_json_number(stats->min), "max", render_json_number(stats->max), "mean",
                     render_json_number(stats->mean), "sum", render_json_number(stats->sum), "stddev",
                     render_json_number(stats->stddev), "p50", render_json_number(stats->p50), "p95",
                     render_json_number(stats->p95), "exact", (int)stats->exact, "source", source);
}
