/* SPDX-License-Identifier: MIT
 * Owns: settings and buffers in libavif's structures. Offsets of avif/avif.h 0.11, x86-64. Must not know: frames,
 * packets' files. */
#include "preload/codecs/reveal.h"

#include <string.h>

#include "preload/codecs/call.h"
#include "preload/packet.h"

uintptr_t avif_data(const void *data)
{
    return (uintptr_t)pointer_at(data, 0);
}

uint64_t avif_bytes(const void *data)
{
    return (uint64_t)(uintptr_t)pointer_at(data, 8);
}

void reveal_avif(uint32_t session, const void *encoder, unsigned row, unsigned instance)
{
    const char *library = codec_targets[row][instance].library;
    if (!library || !strstr(library, "libavif.so.15")) { /* 0.11: later ones order the fields differently */
        reveal_unknown_layout("libavif", 0);
        return;
    }
    reveal(session, trace_setting_THREADS, u32_at(encoder, 4));
    reveal(session, trace_setting_EFFORT, (int32_t)u32_at(encoder, 8));
    reveal(session, trace_setting_QUANTIZER_MIN, u32_at(encoder, 24));
    reveal(session, trace_setting_QUANTIZER_MAX, u32_at(encoder, 28));
}
