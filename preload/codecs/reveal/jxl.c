/* SPDX-License-Identifier: MIT
 * Owns: settings in libjxl's structures and options. Offsets and numbers of jxl/encode.h and codestream_header.h 0.6 to
 * 0.11, x86-64. Must not know: frames, packets' files. */
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/calls/versions.h"
#include "preload/codecs/settings/reveal.h"

#include <stdatomic.h>

#define VERSION_0_6 (6 * CODEC_VERSION_MINOR)
#define VERSION_1   CODEC_VERSION_MAJOR

enum { OPTION_EFFORT = 0, OPTION_RESPONSIVE = 16, OPTION_PROGRESSIVE_AC = 17, OPTION_QPROGRESSIVE_AC = 18 };

void reveal_jxl_image(uint32_t session, const void *info, unsigned row, unsigned instance)
{
    static _Atomic unsigned told;
    unsigned version = codec_version(row, instance);
    if (version < VERSION_0_6 || version >= VERSION_1) {
        if (atomic_exchange(&told, version + 1) != version + 1)
            reveal_unknown_layout("libjxl", version);
        return;
    }
    reveal(session, trace_setting_WIDTH, u32_at(info, 4));
    reveal(session, trace_setting_HEIGHT, u32_at(info, 8));
    reveal(session, trace_setting_BIT_DEPTH, u32_at(info, 12));
}

void reveal_jxl_option(uint32_t session, int option, int64_t value)
{
    if (value < 0) /* back to the encoder's own choice */
        return;
    switch (option) {
    case OPTION_EFFORT: reveal(session, trace_setting_EFFORT, (double)value); break;
    case OPTION_RESPONSIVE:
    case OPTION_PROGRESSIVE_AC:
    case OPTION_QPROGRESSIVE_AC:
        if (value > 0)
            reveal(session, trace_setting_PROGRESSIVE, 1);
        break;
    default: break;
    }
}

/* The threads are a session of their own, which encoders take them from. */
void reveal_jxl_threads(const void *runner, size_t threads)
{
    reveal(codec_session(trace_codec_JXL, runner), trace_setting_THREADS, (double)threads);
}
