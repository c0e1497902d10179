/* SPDX-License-Identifier: MIT
 * Owns: the head of an image that was replaced by what was read from it.
 * Must not know: traces, why a head was replaced. */
#include "analyzer/headers/parsed_head.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char title[] = "imgbench-head/1\n";

#define ROOM (PARSED_HEAD_BYTES - PARSED_HEAD_END)

void parsed_head_write(char head[PARSED_HEAD_BYTES], const struct image_facts *facts, const char *end)
{
    char text[ROOM + 1];
    int used = snprintf(text, sizeof text, "%s", title);
    if (facts->format != FORMAT_UNKNOWN)
        used += snprintf(text + used, sizeof text - (size_t)used, "format %s\n", format_key(facts->format));
#define IMAGE_FACT_INTEGER(type, name)                                                                                 \
    if (facts->name != -1 && (size_t)used < sizeof text)                                                               \
        used += snprintf(text + used, sizeof text - (size_t)used, #name " %" PRId64 "\n", (int64_t)facts->name);
#define IMAGE_FACT_REAL(name)                                                                                          \
    if (!isnan(facts->name) && (size_t)used < sizeof text)                                                             \
        used += snprintf(text + used, sizeof text - (size_t)used, #name " %.17g\n", facts->name);
#include "analyzer/headers/facts/image_facts.def"
    memset(head, ' ', ROOM);
    memcpy(head, text, (size_t)used < sizeof text ? (size_t)used : ROOM);
    memcpy(head + ROOM, end, PARSED_HEAD_END);
}

bool parsed_head_is(const void *data, size_t bytes)
{
    return bytes == PARSED_HEAD_BYTES && memcmp(data, title, sizeof title - 1) == 0;
}

static int64_t integer(const char *text, int64_t most)
{
    char *rest;
    int64_t value = strtoll(text, &rest, 10);
    return rest == text || *rest || value < -1 || value > most ? -1 : value;
}

static double real(const char *text)
{
    char *rest;
    double value = strtod(text, &rest);
    return rest == text || *rest || !isfinite(value) ? (double)NAN : value;
}

static void read_fact(const char *line, struct image_facts *facts)
{
    const char *blank = strchr(line, ' ');
    size_t length = blank ? (size_t)(blank - line) : 0;
#define IS(name) (length == sizeof(name) - 1 && memcmp(line, name, length) == 0)
    if (!length)
        return;
    if (IS("format"))
        facts->format = format_of_key(blank + 1, strlen(blank + 1));
#define IMAGE_FACT_INTEGER(type, name)                                                                                 \
    if (IS(#name))                                                                                                     \
        facts->name = (type)integer(blank + 1, sizeof(type) == 8 ? INT64_MAX : INT_MAX);
#define IMAGE_FACT_REAL(name)                                                                                          \
    if (IS(#name))                                                                                                     \
        facts->name = real(blank + 1);
#include "analyzer/headers/facts/image_facts.def"
}

bool parsed_head_read(const char *data, size_t bytes, struct image_facts *facts)
{
    char text[ROOM + 1], *next = text;
    *facts = image_facts_unknown;
    if (!parsed_head_is(data, bytes))
        return false;
    memcpy(text, data, ROOM);
    text[ROOM] = '\0';
    for (char *line; (line = strsep(&next, "\n"));)
        read_fact(line, facts);
    if (facts->format == FORMAT_UNKNOWN)
        *facts = image_facts_unknown;
    return facts->format != FORMAT_UNKNOWN;
}
