/* SPDX-License-Identifier: MIT
 * Owns: the settings a session was told, and each different set of them once; what the savers' options of libvips mean
 * for the format that came out: one name serves several. Must not know: records, figures. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/settings.h"
#include "analyzer/infer/state/state.h"

_Static_assert(SETTING_COUNT <= 32, "a bit for each setting");

/* Few of them are known of a session: their values stand in the order of their keys, without gaps. */
static unsigned place_of(const struct session *session, unsigned key)
{
    return (unsigned)__builtin_popcount(session->settings_known & ((UINT32_C(1) << key) - 1));
}

bool infer_setting_known(const struct session *session, unsigned key, double *value)
{
    bool known = session->settings_known >> key & 1;
    if (known && value)
        *value = session->settings[place_of(session, key)];
    return known;
}

void infer_setting_keep(struct session *session, unsigned key, double value)
{
    unsigned count = (unsigned)__builtin_popcount(session->settings_known), at = place_of(session, key);
    if (!infer_setting_known(session, key, NULL)) {
        session->settings = memory_checked(reallocarray(session->settings, count + 1, sizeof *session->settings));
        memmove(session->settings + at + 1, session->settings + at, (count - at) * sizeof *session->settings);
        session->settings_known |= UINT32_C(1) << key;
    }
    session->settings[at] = value;
}

static void forget(struct image_settings *settings, enum setting_key key)
{
    settings->known[key] = false;
}

/* VipsForeignTiffCompression as values of TIFF tag 259. */
static void tiff_compression(struct image_settings *settings)
{
    static const double tags[] = {1, 7, 8, 32773, 4, 5, 50001, 50000, 33003};
    double value = settings->value[SETTING_COMPRESSION];
    if (value >= 0 && value < sizeof tags / sizeof *tags)
        settings->value[SETTING_COMPRESSION] = tags[(size_t)value];
    else
        forget(settings, SETTING_COMPRESSION);
}

void infer_settings_of_vips(struct image_settings *settings, enum image_format format)
{
    bool palette = settings->known[SETTING_PALETTE_COLOURS] || format == FORMAT_GIF;
    double depth = settings->value[SETTING_BIT_DEPTH];
    switch (format) {
    case FORMAT_JPEG: settings->scale = "libjpeg"; break;
    case FORMAT_WEBP: settings->scale = "webp"; break;
    case FORMAT_PNG: /* Q is the palette's quality, effort that of choosing it; compression is zlib's level */
        if (!palette)
            forget(settings, SETTING_QUALITY);
        settings->known[SETTING_EFFORT] = settings->known[SETTING_COMPRESSION];
        settings->value[SETTING_EFFORT] = settings->value[SETTING_COMPRESSION];
        settings->scale = palette ? "libimagequant" : NULL;
        break;
    case FORMAT_AVIF:
    case FORMAT_HEIC: settings->scale = "libheif"; break;
    case FORMAT_JXL: settings->scale = "libjxl"; break;
    case FORMAT_TIFF:
        if (settings->known[SETTING_COMPRESSION])
            tiff_compression(settings);
        if (settings->value[SETTING_COMPRESSION] != 7) /* JPEG in TIFF */
            forget(settings, SETTING_QUALITY);
        break;
    default: break;
    }
    if (format != FORMAT_TIFF)
        forget(settings, SETTING_COMPRESSION);
    if (settings->known[SETTING_LOSSLESS] && settings->value[SETTING_LOSSLESS] == 1)
        forget(settings, SETTING_QUALITY);
    if (palette && settings->known[SETTING_BIT_DEPTH] && depth >= 1 && depth <= 8) {
        settings->known[SETTING_PALETTE_COLOURS] = true;
        settings->value[SETTING_PALETTE_COLOURS] = (double)(1u << (unsigned)depth);
    }
    if (depth == 0) /* 0: as the image is */
        forget(settings, SETTING_BIT_DEPTH);
}

/* Where the settings stand, or where they would: index + 1, or 0. */
static uint32_t *settings_place(struct infer *infer, const struct image_settings *settings)
{
    const unsigned char *bytes = (const unsigned char *)settings;
    uint64_t hash = UINT64_C(0xcbf29ce484222325), word;
    for (size_t i = 0; i + sizeof word <= sizeof *settings; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    size_t at = hash & (infer->settings_places - 1);
    while (infer->settings_at[at] &&
           memcmp(infer->run->settings[infer->settings_at[at] - 1], settings, sizeof *settings) != 0)
        at = (at + 1) & (infer->settings_places - 1);
    return &infer->settings_at[at];
}

/* Images of a batch have few different settings: each is kept once. */
struct image_settings *infer_settings_shared(struct infer *infer, const struct image_settings *settings)
{
    struct run *run = infer->run;
    size_t bytes = sizeof *settings;
    if (run->settings_count * 2 >= infer->settings_places) {
        free(infer->settings_at);
        infer->settings_places = infer->settings_places ? infer->settings_places * 2 : 64;
        infer->settings_at = memory_zeroed(infer->settings_places, sizeof *infer->settings_at);
        for (size_t i = 0; i < run->settings_count; i++)
            *settings_place(infer, run->settings[i]) = (uint32_t)i + 1;
    }
    uint32_t *place = settings_place(infer, settings);
    if (!*place) {
        void *grown = run->settings;
        memory_grow(&grown, &infer->settings_capacity, run->settings_count, sizeof *run->settings);
        run->settings = grown;
        run->settings[run->settings_count] = memory_checked(malloc(bytes));
        memcpy(run->settings[run->settings_count++], settings, bytes);
        *place = (uint32_t)run->settings_count;
    }
    return run->settings[*place - 1];
}
