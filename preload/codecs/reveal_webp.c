/* SPDX-License-Identifier: MIT
 * Owns: settings and buffers in libwebp's structures. Offsets of webp/encode.h 1.2, x86-64. Must not know: frames,
 * packets' files. */
#include "preload/codecs/reveal.h"

#include <string.h>

#include "preload/codecs/call.h"
#include "preload/packet.h"

uintptr_t webp_pixels(const void *picture)
{
    bool argb = u32_at(picture, 0) != 0;
    return (uintptr_t)pointer_at(picture, argb ? 72 : 16);
}

void reveal_webp(uint32_t session, const void *config, const void *picture)
{
    float quality;
    memcpy(&quality, (const char *)config + 4, sizeof quality);
    bool lossless = u32_at(config, 0) != 0;
    reveal(session, trace_setting_LOSSLESS, lossless);
    if (!lossless)
        reveal(session, trace_setting_QUALITY, (double)quality);
    reveal(session, trace_setting_EFFORT, u32_at(config, 8));
    reveal(session, trace_setting_WIDTH, u32_at(picture, 8));
    reveal(session, trace_setting_HEIGHT, u32_at(picture, 12));
}
