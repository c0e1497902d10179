/* SPDX-License-Identifier: MIT
 * Owns: what is particular about libraries that call other libraries' codecs: which they are, how their images are
 * known. Must not know: records, figures. */
#include "analyzer/infer_parts.h"

bool infer_is_container(unsigned codec)
{
    return codec == trace_codec_VIPS || codec == trace_codec_MAGICK || codec == trace_codec_PIXBUF ||
           codec == trace_codec_LIBAV;
}

bool infer_knows_by_address(unsigned codec)
{
    return codec == trace_codec_MAGICK || codec == trace_codec_PIXBUF;
}

void infer_pixels_moved(struct process_state *process, struct job *job, uint64_t address)
{
    for (unsigned k = 0; address && k < process->active_count; k++)
        for (unsigned i = 0; process->active[k] != job && i < BUFFERS; i++)
            if (process->active[k]->pixels.at[i].address == address)
                process->active[k]->pixels.at[i].address = 0;
    infer_range_add(&job->pixels, address, 1);
}
