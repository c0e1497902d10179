/* SPDX-License-Identifier: MIT
 * Owns: what zlib's streams say. Offsets of z_stream, zlib.h 1.2, x86-64 (112 bytes since 1.0). Must not know: frames,
 * packets' files. */
#include "preload/codecs/settings/reveal.h"

uintptr_t zlib_input(const void *stream)
{
    uintptr_t next = (uintptr_t)pointer_at(stream, 0);
    return next ? next - 1 : 0;
}

uintptr_t zlib_output(const void *stream)
{
    uintptr_t next = (uintptr_t)pointer_at(stream, 24);
    return next && pointer_at(stream, 40) ? next - 1 : 0; /* total_out 0: nothing written yet */
}

void reveal_zlib(uint32_t session, int level, int strategy, int window_bits, const char *version, int bytes)
{
    enum { STREAM_BYTES = 112, DEFAULT_LEVEL = -1, LEVEL_MEANT = 6, PNG_METHOD = 0 };
    if (bytes != STREAM_BYTES || !version || *version != '1') {
        reveal_unknown_layout("zlib", (unsigned)bytes);
        return;
    }
    /* What lies in a PNG is a stream with zlib's own header. A raw or a gzip one is something else. */
    if (window_bits < 8 || window_bits > 15)
        return;
    reveal(session, trace_setting_COMPRESSION, PNG_METHOD);
    if (strategy < 0) /* a decoder */
        return;
    reveal(session, trace_setting_EFFORT, level == DEFAULT_LEVEL ? LEVEL_MEANT : level);
    reveal(session, trace_setting_STRATEGY, strategy);
}
