/* SPDX-License-Identifier: MIT
 * Owns: settings that libpng is given. Must not know: frames, packets' files. */
#include "preload/codecs/reveal.h"

#include <string.h>

#include "preload/codecs/call.h"
#include "preload/packet.h"

void reveal_png_header(uint32_t session, uint32_t width, uint32_t height, int depth, int colour_type, int interlace)
{
    reveal(session, trace_setting_WIDTH, width);
    reveal(session, trace_setting_HEIGHT, height);
    reveal(session, trace_setting_BIT_DEPTH, depth);
    reveal(session, trace_setting_COLOUR_TYPE, colour_type);
    reveal(session, trace_setting_PROGRESSIVE, interlace != 0);
}
