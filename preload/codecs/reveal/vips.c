/* SPDX-License-Identifier: MIT
 * Owns: what libvips' operations are, by the nickname in their class (libvips 8.0 to 8.18, x86-64: VipsObjectClass has
 * it behind GObjectClass and 14 members), and the savers' options that are settings.
 * Must not know: frames, packets' files. Texts are read so that a wrong layout finds none, and cannot fault. */
#include "preload/codecs/settings/reveal.h"

#include <string.h>

#include "preload/base/foreign.h"

enum { CLASS_NICKNAME = 248 };

unsigned vips_role(const void *operation)
{
    char nickname[64];
    const void *class = NULL;
    const char *text = NULL;
    if (!operation || !early_read(operation, &class, sizeof class) || !class ||
        !early_read((const char *)class + CLASS_NICKNAME, &text, sizeof text) ||
        !early_text(text, nickname, sizeof nickname))
        return 0;
    if (strstr(nickname, "save"))
        return trace_role_PIPELINE;
    return strstr(nickname, "load") ? trace_role_HEADER : 0;
}

/* Options of savers. A name that has several meanings keeps them apart by format: the analyzer knows that. */
static const struct option {
    const char *name;
    enum trace_setting key;
} options[] = {
    {"Q", trace_setting_QUALITY},
    {"lossless", trace_setting_LOSSLESS},
    {"effort", trace_setting_EFFORT},
    {"compression", trace_setting_COMPRESSION},
    {"interlace", trace_setting_PROGRESSIVE},
    {"bitdepth", trace_setting_BIT_DEPTH},
    {"subsample_mode", trace_setting_SUBSAMPLING},
    {"palette", trace_setting_PALETTE_COLOURS},
    {"alpha_q", trace_setting_ALPHA_QUALITY},
    {"distance", trace_setting_DISTANCE},
    {"filter", trace_setting_FILTER},
    {"keep", trace_setting_METADATA},
    {"strip", trace_setting_METADATA},
};

static const struct option *option_of(const char *text, size_t bytes)
{
    for (size_t i = 0; bytes && i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i].name, text) == 0)
            return &options[i];
    return NULL;
}

unsigned vips_option_role(const char *name)
{
    char text[16] = "";
    return option_of(text, early_text(name, text, sizeof text)) ? trace_role_SETUP : 0;
}

void reveal_vips_option(uint32_t session, const char *name, double value)
{
    enum { SUBSAMPLE_ON = 1, SUBSAMPLE_OFF = 2 }; /* VipsForeignSubsample; 0 = as the quality says */
    char text[16] = "";
    const struct option *option = option_of(text, foreign_text(name, text, sizeof text));
    if (!option)
        return;
    switch (option->key) {
    case trace_setting_SUBSAMPLING:
        if (value == SUBSAMPLE_ON || value == SUBSAMPLE_OFF)
            reveal(session, option->key, value == SUBSAMPLE_ON ? 420 : 444);
        break;
    case trace_setting_PALETTE_COLOURS:
        if (value != 0)
            reveal(session, option->key, 256);
        break;
    case trace_setting_METADATA:
        reveal(session, option->key, (value != 0) == (strcmp(option->name, "keep") == 0));
        break;
    default: reveal(session, option->key, value);
    }
}

uintptr_t vips_blob_data(const void *blob)
{
    return blob ? (uintptr_t)pointer_at(blob, 0) : 0;
}

uint64_t vips_blob_bytes(const void *blob)
{
    return blob ? (uint64_t)(uintptr_t)pointer_at(blob, 8) : 0;
}
