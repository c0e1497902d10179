/* SPDX-License-Identifier: MIT
 * Owns: the settings a session was told; what the savers' options of libvips mean for the format that came out: one
 * name serves several. Must not know: records, figures. */
#include "analyzer/infer/parts.h"

#include <stdlib.h>
#include <string.h>

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
