/* SPDX-License-Identifier: MIT
 * Owns: settings and buffers in libavif's structures, and what it and others ask of libaom. Offsets of avif/avif.h 0.11
 * and 1.x, x86-64; 1.x promises to add members at the end only. Must not know: frames, packets' files. */
#include "preload/codecs/calls/versions.h"
#include "preload/codecs/settings/reveal.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "preload/base/foreign.h"
#include "preload/base/text.h"

#define VERSION_0_11 (11 * CODEC_VERSION_MINOR)
#define VERSION_0_12 (12 * CODEC_VERSION_MINOR)
#define VERSION_1    CODEC_VERSION_MAJOR
#define VERSION_2    (2 * CODEC_VERSION_MAJOR)
#define LEAST_LEVEL  63 /* highest quantizer: what 1.x leaves at its default restricts nothing */

uintptr_t avif_data(const void *data)
{
    return (uintptr_t)pointer_at(data, 0);
}

uint64_t avif_bytes(const void *data)
{
    return (uint64_t)(uintptr_t)pointer_at(data, 8);
}

static bool layout_is_known(unsigned version)
{
    static _Atomic unsigned told;
    if ((version >= VERSION_0_11 && version < VERSION_0_12) || (version >= VERSION_1 && version < VERSION_2))
        return true;
    if (atomic_exchange(&told, version + 1) != version + 1) /* once, not for every image */
        reveal_unknown_layout("libavif", version);
    return false;
}

/* Coded without any loss, from RGB: the best quantizer alone (libaom's or the default codec) and no conversion to YUV.
 */
static bool is_lossless(const void *encoder, const void *image, int best)
{
    uint16_t matrix;
    memcpy(&matrix, (const char *)image + 108, sizeof matrix);
    return best && u32_at(encoder, 0) <= 1 && u32_at(image, 12) == 1 && matrix == 0;
}

/* What a whole image and a cell of a grid tell alike. */
static void reveal_pixels(uint32_t session, const void *image, bool first_layout)
{
    static const uint16_t subsampling[] = {0, 444, 422, 420, 400};
    uint32_t format = u32_at(image, 12);
    reveal(session, trace_setting_BIT_DEPTH, u32_at(image, 8));
    if (format && format < sizeof subsampling / sizeof *subsampling)
        reveal(session, trace_setting_SUBSAMPLING, subsampling[format]);
    const char *exif = (const char *)image + (first_layout ? 160 : 168);
    if (avif_bytes(exif) || avif_bytes(exif + 16) || avif_bytes((const char *)image + 88)) /* XMP follows; ICC */
        reveal(session, trace_setting_METADATA, 1);
}

void reveal_avif(uint32_t session, const void *encoder, const void *image, unsigned row, unsigned instance)
{
    unsigned version = codec_version(row, instance);
    if (!layout_is_known(version))
        return;
    bool first_layout = version < VERSION_1;
    int quality = first_layout ? -1 : (int)u32_at(encoder, 32);
    uint32_t least = u32_at(encoder, first_layout ? 24 : 40), most = u32_at(encoder, first_layout ? 28 : 44);
    reveal(session, trace_setting_THREADS, u32_at(encoder, 4));
    reveal(session, trace_setting_EFFORT, (int32_t)u32_at(encoder, 8));
    if (quality >= 0)
        reveal(session, trace_setting_QUALITY, quality);
    if (quality >= 0 && (int)u32_at(encoder, 36) >= 0)
        reveal(session, trace_setting_ALPHA_QUALITY, (int)u32_at(encoder, 36));
    if (quality < 0 || least || most != LEAST_LEVEL) {
        reveal(session, trace_setting_QUANTIZER_MIN, least);
        reveal(session, trace_setting_QUANTIZER_MAX, most);
    }
    if (!image)
        return;
    reveal(session, trace_setting_WIDTH, u32_at(image, 0));
    reveal(session, trace_setting_HEIGHT, u32_at(image, 4));
    reveal_pixels(session, image, first_layout);
    if (is_lossless(encoder, image, quality >= 0 ? quality == 100 && !least : !least && !most))
        reveal(session, trace_setting_LOSSLESS, 1);
}

void reveal_avif_cell(uint32_t session, const void *cell, unsigned row, unsigned instance)
{
    unsigned version = codec_version(row, instance);
    if (layout_is_known(version))
        reveal_pixels(session, cell, version < VERSION_1);
}

/* ---- libaom ---- */

/* The first level asked for within a session is that of the colours; those of the alpha plane and of later frames
 * follow. */
static bool is_first(uint32_t session)
{
    static _Atomic uint32_t asked[64];
    return session && atomic_exchange(&asked[session % 64], session) != session;
}

void reveal_aom_level(uint32_t session, int level)
{
    if (is_first(session))
        reveal(session, trace_setting_QUANTIZER, level);
}

void reveal_aom_option(uint32_t session, const char *name, const char *value)
{
    char text[16];
    const char *end;
    if (!foreign_text(name, text, sizeof text) || strcmp(text, "cq-level") != 0)
        return;
    if (foreign_text(value, text, sizeof text) && *text >= '0' && *text <= '9')
        reveal_aom_level(session, (int)text_read_number(text, &end));
}
