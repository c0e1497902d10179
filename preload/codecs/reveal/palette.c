/* SPDX-License-Identifier: MIT
 * Owns: what libimagequant's attributes were told: they serve for many images, and are copied for each. Must not know:
 * frames, packets' files. */
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/settings/reveal.h"

static const enum trace_setting keys[] = {trace_setting_QUALITY_MIN, trace_setting_QUALITY,
                                          trace_setting_PALETTE_COLOURS, trace_setting_EFFORT};
enum { KEYS = sizeof keys / sizeof *keys };

void palette_note(const void *attributes, enum trace_setting key, int value)
{
    for (unsigned i = 0; i < KEYS; i++)
        if (keys[i] == key && value >= 0)
            codec_handle_note(trace_codec_PALETTE, attributes, i, (uint64_t)value + 1);
}

void palette_copied(const void *from, const void *to)
{
    for (unsigned i = 0; i < KEYS; i++)
        codec_handle_note(trace_codec_PALETTE, to, i, codec_handle_noted(trace_codec_PALETTE, from, i));
}

void reveal_palette(uint32_t session, const void *attributes, const void *quantized)
{
    for (unsigned i = 0; i < KEYS; i++) {
        uint64_t noted = codec_handle_noted(trace_codec_PALETTE, attributes, i);
        if (noted)
            reveal(session, keys[i], (double)(noted - 1));
    }
    codec_session_name(trace_codec_PALETTE, quantized, session);
    codec_session_finish(trace_codec_PALETTE, attributes, session);
}
