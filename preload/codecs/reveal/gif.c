/* SPDX-License-Identifier: MIT
 * Owns: what giflib's structures say. Offsets of gif_lib.h 5.1 and 5.2 (libgif.so.7), x86-64. Must not know: frames,
 * packets' files. */
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/calls/targets.h"
#include "preload/codecs/settings/reveal.h"

#include <string.h>

#include "preload/base/foreign.h"

enum { NOTE_FRAMES };

/* ColorMapObject begins with its count in all versions. */
static void reveal_map(uint32_t session, const void *map)
{
    if (map)
        reveal(session, trace_setting_PALETTE_COLOURS, u32_at(map, 0));
}

void reveal_gif_screen(uint32_t session, int width, int height, const void *map)
{
    reveal(session, trace_setting_WIDTH, width);
    reveal(session, trace_setting_HEIGHT, height);
    reveal_map(session, map);
}

void reveal_gif_image(uint32_t session, const void *gif, int interlaced, const void *map)
{
    uint64_t frames = codec_handle_noted(trace_codec_GIF, gif, NOTE_FRAMES) + 1;
    codec_handle_note(trace_codec_GIF, gif, NOTE_FRAMES, frames);
    reveal(session, trace_setting_FRAMES, (double)frames);
    reveal(session, trace_setting_PROGRESSIVE, interlaced != 0);
    reveal_map(session, map);
}

/* Before EGifSpew, which writes all and releases it: the memory is the program's to answer for. */
void reveal_gif_file(uint32_t session, const void *gif, unsigned row, unsigned instance)
{
    const char *library = codec_targets[row][instance].library;
    if (!library || !strstr(library, "libgif.so.7")) {
        reveal_unknown_layout("giflib", 0);
        return;
    }
    struct {
        int32_t width, height, resolution, background;
        uint64_t aspect;
        const void *map;
        int32_t images, padding;
    } file;
    int32_t colours;
    if (!foreign_read(gif, &file, sizeof file))
        return;
    reveal(session, trace_setting_WIDTH, file.width);
    reveal(session, trace_setting_HEIGHT, file.height);
    reveal(session, trace_setting_FRAMES, file.images);
    if (file.map && foreign_read(file.map, &colours, sizeof colours))
        reveal(session, trace_setting_PALETTE_COLOURS, colours);
}
