/* SPDX-License-Identifier: MIT
 * Owns: what is particular about libraries that call other libraries' codecs: which they are, how their images are
 * known. Must not know: records, figures. */
#include "analyzer/infer/parts/images/sessions.h"

bool infer_is_container(unsigned codec)
{
    return codec == trace_codec_VIPS || codec == trace_codec_MAGICK || codec == trace_codec_PIXBUF ||
           codec == trace_codec_LIBAV;
}

bool infer_knows_by_address(unsigned codec)
{
    return codec == trace_codec_MAGICK || codec == trace_codec_PIXBUF;
}
