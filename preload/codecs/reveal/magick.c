/* SPDX-License-Identifier: MIT
 * Owns: which calls of ImageMagick and GraphicsMagick count. Their structures are not looked into: the codec calls
 * inside theirs reveal the settings. Must not know: frames, packets' files. */
#include "preload/codecs/calls/targets.h"
#include "preload/codecs/settings/reveal.h"

/* Role of a call that reads or writes several images, by calls of the library's own for each of them. A library that
 * is linked with -Bsymbolic-functions makes these in a way that nobody sees. */
unsigned magick_plural(unsigned role)
{
    return atomic_load_explicit(&codec_own_calls[trace_codec_MAGICK], memory_order_relaxed) ? 0 : role;
}
