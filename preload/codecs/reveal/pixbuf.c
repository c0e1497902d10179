/* SPDX-License-Identifier: MIT
 * Owns: the options that a program saves a pixbuf with: two lists of texts, each ended by NULL. What the codec inside
 * makes of them it reveals itself. Must not know: frames, packets' files. */
#include "preload/codecs/settings/reveal.h"

#include <stdlib.h>

#include "preload/base/foreign.h"

#define OPTIONS      16
#define OPTION_BYTES 24

static enum trace_setting setting_of(const char *type, const char *key)
{
    if (strcmp(key, "quality") == 0)
        return trace_setting_QUALITY;
    if (strcmp(key, "compression") == 0 && strcmp(type, "png") == 0)
        return trace_setting_EFFORT;
    if (strcmp(key, "compression") == 0 && strcmp(type, "tiff") == 0)
        return trace_setting_COMPRESSION;
    return 0;
}

/* A whole number from 0 to 99999, or -1. */
static int number_of(const char *text)
{
    int number = 0;
    for (unsigned i = 0; i < 6; i++) {
        if (!text[i])
            return i ? number : -1;
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return -1;
}

void reveal_pixbuf(uint32_t session, const char *type, char *const *keys, char *const *values)
{
    char kind[OPTION_BYTES], key[OPTION_BYTES], value[OPTION_BYTES];
    const char *key_at, *value_at;
    if (!keys || !values || !foreign_text(type, kind, sizeof kind))
        return;
    for (unsigned i = 0; i < OPTIONS; i++) {
        if (!foreign_read(&keys[i], &key_at, sizeof key_at) || !key_at ||
            !foreign_read(&values[i], &value_at, sizeof value_at) || !value_at)
            return;
        if (!foreign_text(key_at, key, sizeof key) || !foreign_text(value_at, value, sizeof value))
            continue;
        enum trace_setting setting = setting_of(kind, key);
        int number = number_of(value);
        if (setting && number >= 0)
            reveal(session, setting, number);
    }
}
