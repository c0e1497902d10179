/* SPDX-License-Identifier: MIT
 * Owns: settings and buffers in libjpeg's structures, and what TurboJPEG is asked for. Offsets of jpeglib.h, x86-64:
 * libjpeg-turbo 1.5 to 3.1 and what is built like it (mozjpeg, IJG 6b, 7 and 8), ABI 62, 70 and 80; numbers of
 * turbojpeg.h 1.0 to 3.1. Must not know: frames, packets' files. */
#include "preload/codecs/calls/sessions.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/settings/reveal.h"

#include <string.h>

#include "preload/base/foreign.h"
#include "preload/record/packet.h"

/* What is noted of a handle. */
enum { NOTE_LAYOUT, NOTE_OUTPUT, NOTE_OUTPUT_BYTES, NOTE_MANAGER }; /* of a jpeg_compress_struct */
enum { NOTE_QUALITY, NOTE_SAMPLING, NOTE_PROGRESSIVE, NOTE_EXACT }; /* of a TurboJPEG handle: value + 1 */

/* Where the fields lie that moved between versions. */
struct layout {
    uint16_t version, compress_bytes;
    uint16_t precision, components, component, tables, scans, progressive;
};
static const struct layout layouts[] = {
    {62, 520, 72, 76, 88, 96, 240, 308},
    {70, 568, 88, 92, 104, 112, 272, 344},
    {80, 584, 88, 92, 104, 112, 272, 344},
};
#define LAYOUTS (sizeof layouts / sizeof *layouts)

void reveal_jpeg_version(const void *cinfo, int version, size_t bytes)
{
    uint64_t place = 0;
    for (size_t i = 0; i < LAYOUTS; i++)
        if (layouts[i].version == version && layouts[i].compress_bytes == bytes)
            place = i + 1;
    /* Not known: the number is kept for the notice. */
    codec_handle_note(trace_codec_JPEG, cinfo, NOTE_LAYOUT, place ? place : LAYOUTS + 1 + (unsigned)version);
    codec_handle_note(trace_codec_JPEG, cinfo, NOTE_OUTPUT, 0);
}

static const struct layout *layout_of(const void *cinfo)
{
    uint64_t noted = codec_handle_noted(trace_codec_JPEG, cinfo, NOTE_LAYOUT);
    if (noted && noted <= LAYOUTS)
        return &layouts[noted - 1];
    reveal_unknown_layout("libjpeg", noted ? (unsigned)(noted - LAYOUTS - 1) : 0);
    return NULL;
}

uintptr_t jpeg_next_input(const void *cinfo)
{
    const void *source = pointer_at(cinfo, 40);
    return source ? (uintptr_t)pointer_at(source, 0) : 0;
}

void jpeg_note_output(const void *cinfo, unsigned char *const *data, const unsigned long *bytes)
{
    codec_handle_note(trace_codec_JPEG, cinfo, NOTE_OUTPUT, (uintptr_t)data);
    codec_handle_note(trace_codec_JPEG, cinfo, NOTE_OUTPUT_BYTES, (uintptr_t)bytes);
    codec_handle_note(trace_codec_JPEG, cinfo, NOTE_MANAGER, (uintptr_t)pointer_at(cinfo, 40));
}

/* The program may have let go of what it gave to jpeg_mem_dest, and write elsewhere by now. */
static uint64_t noted_output(const void *cinfo, unsigned place)
{
    uint64_t value = 0;
    uintptr_t at = (uintptr_t)codec_handle_noted(trace_codec_JPEG, cinfo, place);
    bool still = codec_handle_noted(trace_codec_JPEG, cinfo, NOTE_MANAGER) == (uintptr_t)pointer_at(cinfo, 40);
    return at && still && foreign_read((const void *)at, &value, sizeof value) ? value : 0;
}

uintptr_t jpeg_output(const void *cinfo)
{
    return (uintptr_t)noted_output(cinfo, NOTE_OUTPUT);
}

uint64_t jpeg_output_bytes(const void *cinfo)
{
    return noted_output(cinfo, NOTE_OUTPUT_BYTES);
}

static void reveal_jpeg_size(uint32_t session, const void *cinfo)
{
    reveal(session, trace_setting_WIDTH, u32_at(cinfo, 48));
    reveal(session, trace_setting_HEIGHT, u32_at(cinfo, 52));
}

static void reveal_jpeg_sampling(uint32_t session, const void *cinfo, const struct layout *layout)
{
    const char *components = pointer_at(cinfo, layout->component);
    uint32_t count = u32_at(cinfo, layout->components);
    enum { COMPONENT_BYTES = 96, H = 8, V = 12 };
    if (!components || (count != 1 && count != 3))
        return;
    if (count == 1) {
        reveal(session, trace_setting_SUBSAMPLING, 400);
        return;
    }
    uint32_t h = u32_at(components, H), v = u32_at(components, V);
    if (u32_at(components + COMPONENT_BYTES, H) != 1 || u32_at(components + COMPONENT_BYTES, V) != 1)
        return; /* not one of the usual patterns: the file's own header says more */
    int pattern = h == 1 && v == 1   ? 444
                  : h == 2 && v == 1 ? 422
                  : h == 2 && v == 2 ? 420
                  : h == 1 && v == 2 ? 440
                  : h == 4 && v == 1 ? 411
                                     : 0;
    if (pattern)
        reveal(session, trace_setting_SUBSAMPLING, pattern);
}

/* A script of one scan that predicts samples (libjpeg-turbo 3): the lossless process, which has no tables. */
static bool predicts(const void *cinfo, const struct layout *layout)
{
    enum { FIRST_COEFFICIENT = 20, LAST_COEFFICIENT = 24 };
    const char *scan = pointer_at(cinfo, layout->scans + (size_t)8);
    return scan && u32_at(cinfo, layout->scans) == 1 && u32_at(scan, FIRST_COEFFICIENT) != 0 &&
           u32_at(scan, LAST_COEFFICIENT) == 0;
}

void reveal_jpeg_encoder(uint32_t session, const void *cinfo)
{
    const struct layout *layout = layout_of(cinfo);
    if (!layout)
        return;
    reveal_jpeg_size(session, cinfo);
    reveal(session, trace_setting_BIT_DEPTH, u32_at(cinfo, layout->precision));
    reveal_jpeg_sampling(session, cinfo, layout);
    reveal(session, trace_setting_PROGRESSIVE, u32_at(cinfo, layout->progressive) != 0);
    if (predicts(cinfo, layout)) {
        reveal(session, trace_setting_LOSSLESS, 1);
        return;
    }
    for (uint32_t slot = 0; slot < 4; slot++) {
        const void *table = pointer_at(cinfo, layout->tables + slot * sizeof(void *));
        if (!table)
            continue;
        struct trace_quantization record = {.session = session, .slot = slot, .values = {table, 128}};
        packet_put(thread_local_state.self, TRACE_KIND_quantization, thread_now_ns(), &record);
    }
}

void reveal_jpeg_lossless(uint32_t session, const void *cinfo)
{
    reveal(session, trace_setting_LOSSLESS, 1);
    const struct layout *layout = layout_of(cinfo);
    if (!layout)
        return;
    reveal_jpeg_size(session, cinfo);
    reveal_jpeg_sampling(session, cinfo, layout);
    reveal(session, trace_setting_PROGRESSIVE, u32_at(cinfo, layout->progressive) != 0);
}

void reveal_jpeg_marker(uint32_t session, int marker)
{
    enum { APP1_EXIF_XMP = 0xE1, APP2_ICC = 0xE2, APP13_IPTC = 0xED };
    if (marker == APP1_EXIF_XMP || marker == APP2_ICC || marker == APP13_IPTC)
        reveal(session, trace_setting_METADATA, 1);
}

/* ---- TurboJPEG ---- */

static void reveal_turbo_sampling(uint32_t session, int sampling)
{
    static const uint16_t patterns[] = {444, 422, 420, 400, 440, 411}; /* TJSAMP_444 … TJSAMP_411 */
    if (sampling >= 0 && (size_t)sampling < sizeof patterns / sizeof *patterns)
        reveal(session, trace_setting_SUBSAMPLING, patterns[sampling]);
}

void reveal_turbo(uint32_t session, int width, int height, int grey, int sampling, int quality, int flags)
{
    enum { TJFLAG_PROGRESSIVE = 16384, TJSAMP_GRAY = 3 };
    reveal(session, trace_setting_WIDTH, width);
    reveal(session, trace_setting_HEIGHT, height);
    reveal_turbo_sampling(session, grey ? TJSAMP_GRAY : sampling);
    reveal(session, trace_setting_QUALITY, quality);
    reveal(session, trace_setting_PROGRESSIVE, (flags & TJFLAG_PROGRESSIVE) != 0);
}

void turbo_note(const void *handle, int parameter, int value)
{
    enum { TJPARAM_QUALITY = 3, TJPARAM_SUBSAMP = 4, TJPARAM_PROGRESSIVE = 12, TJPARAM_LOSSLESS = 15 };
    int place = parameter == TJPARAM_QUALITY       ? NOTE_QUALITY
                : parameter == TJPARAM_SUBSAMP     ? NOTE_SAMPLING
                : parameter == TJPARAM_PROGRESSIVE ? NOTE_PROGRESSIVE
                : parameter == TJPARAM_LOSSLESS    ? NOTE_EXACT
                                                   : -1;
    if (place >= 0 && value >= 0)
        codec_handle_note(trace_codec_JPEG, handle, (unsigned)place, (uint64_t)value + 1);
}

void reveal_turbo3(uint32_t session, const void *handle, int width, int height, int depth, int grey)
{
    uint64_t noted[CODEC_NOTES];
    for (unsigned i = 0; i < CODEC_NOTES; i++)
        noted[i] = codec_handle_noted(trace_codec_JPEG, handle, i);
    if (width > 0) {
        reveal(session, trace_setting_WIDTH, width);
        reveal(session, trace_setting_HEIGHT, height);
    }
    if (noted[NOTE_EXACT] == 2) { /* the rest has no say */
        reveal(session, trace_setting_LOSSLESS, 1);
        return;
    }
    if (depth)
        reveal(session, trace_setting_BIT_DEPTH, depth);
    if (noted[NOTE_QUALITY])
        reveal(session, trace_setting_QUALITY, (double)(noted[NOTE_QUALITY] - 1));
    if (grey)
        reveal(session, trace_setting_SUBSAMPLING, 400);
    else if (noted[NOTE_SAMPLING])
        reveal_turbo_sampling(session, (int)noted[NOTE_SAMPLING] - 1);
    reveal(session, trace_setting_PROGRESSIVE, noted[NOTE_PROGRESSIVE] == 2);
}
