/* SPDX-License-Identifier: MIT
 * Owns: reading settings and buffers out of the codecs' own structures. Must not know: frames, packets' files.
 * Offsets are those of the public headers, x86-64: jpeglib.h (libjpeg-turbo 2.1; ABI 62, 70 and 80), webp/encode.h
 * (1.2), avif/avif.h (0.11). */
#include "preload/codec_reveal.h"

#include <string.h>

#include "preload/codec_call.h"
#include "preload/files.h"
#include "preload/packet.h"
#include "preload/process.h"

static uint32_t u32_at(const void *base, size_t offset)
{
    uint32_t value;
    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}

static const void *pointer_at(const void *base, size_t offset)
{
    const void *value;
    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}

void reveal(uint32_t session, enum trace_setting key, double value)
{
    struct trace_codec_setting record = {.value = value, .session = session, .key = (uint8_t)key};
    struct thread *self = thread_local_state.self;
    if (self->frame_count)
        record.codec = codec_rows[self->frames[self->frame_count - 1].row].family;
    packet_put(self, TRACE_KIND_codec_setting, thread_now_ns(), &record);
}

void reveal_stream(uint32_t session, FILE *stream, unsigned direction)
{
    struct thread *self = thread_local_state.self;
    struct description *description = stream && stream->_fileno >= 0 ? files_of(self, stream->_fileno) : NULL;
    if (!description)
        return;
    description->stream = stream;
    struct trace_session_link record = {
        .session = session, .file = description->number, .direction = (uint8_t)direction};
    packet_put(self, TRACE_KIND_session_link, thread_now_ns(), &record);
}

void reveal_source_session(uint32_t session, unsigned family, const void *handle)
{
    struct trace_session_link record = {.session = session, .source_session = codec_session(family, handle)};
    packet_put(thread_local_state.self, TRACE_KIND_session_link, thread_now_ns(), &record);
}

/* ---- libjpeg ---- */

/* What jpeg_Create* was told, by handle: structures of version 62 and of 70 and 80 differ. */
#define JPEG_HANDLES 64
static struct {
    const void *_Atomic handle;
    _Atomic int version;
} jpeg_handles[JPEG_HANDLES];

static unsigned jpeg_place(const void *cinfo)
{
    return ((uintptr_t)cinfo >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 58;
}

void reveal_jpeg_version(const void *cinfo, int version)
{
    unsigned place = jpeg_place(cinfo);
    atomic_store(&jpeg_handles[place].version, version);
    atomic_store(&jpeg_handles[place].handle, cinfo);
}

/* Offset that version 70 and 80 add to all fields behind input_gamma; -1 = unknown layout. */
static int jpeg_shift(const void *cinfo)
{
    unsigned place = jpeg_place(cinfo);
    int version = atomic_load(&jpeg_handles[place].handle) == cinfo ? atomic_load(&jpeg_handles[place].version) : 0;
    if (version == 62)
        return 0;
    if (version == 70 || version == 80)
        return 16;
    struct trace_notice notice = {
        .what = trace_note_UNKNOWN_LAYOUT, .number = (uint32_t)version, .text = {"libjpeg", 7}};
    packet_put(thread_local_state.self, TRACE_KIND_notice, thread_now_ns(), &notice);
    return -1;
}

uintptr_t jpeg_next_input(const void *cinfo)
{
    const void *source = pointer_at(cinfo, 40);
    return source ? (uintptr_t)pointer_at(source, 0) : 0;
}

static void reveal_jpeg_size(uint32_t session, const void *cinfo)
{
    reveal(session, trace_setting_WIDTH, u32_at(cinfo, 48));
    reveal(session, trace_setting_HEIGHT, u32_at(cinfo, 52));
}

static void reveal_jpeg_sampling(uint32_t session, const void *cinfo, size_t shift)
{
    const char *components = pointer_at(cinfo, 88 + shift);
    uint32_t count = u32_at(cinfo, 76 + shift);
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
    int pattern = h == 1 && v == 1 ? 444 : h == 2 && v == 1 ? 422 : h == 2 && v == 2 ? 420 : h == 1 && v == 2 ? 440 : 0;
    if (pattern)
        reveal(session, trace_setting_SUBSAMPLING, pattern);
}

void reveal_jpeg_encoder(uint32_t session, const void *cinfo)
{
    int shift = jpeg_shift(cinfo);
    if (shift < 0)
        return;
    reveal_jpeg_size(session, cinfo);
    reveal_jpeg_sampling(session, cinfo, (size_t)shift);
    if (pointer_at(cinfo, 248 + (size_t)shift * 2) && !shift) /* scan_info: a multi-scan script */
        reveal(session, trace_setting_PROGRESSIVE, u32_at(cinfo, 240) > 1);
    for (uint32_t slot = 0; slot < 4; slot++) {
        const void *table = pointer_at(cinfo, 96 + (size_t)shift + slot * sizeof(void *));
        if (!table)
            continue;
        struct trace_quantization record = {.session = session, .slot = slot, .values = {table, 128}};
        packet_put(thread_local_state.self, TRACE_KIND_quantization, thread_now_ns(), &record);
    }
}

void reveal_jpeg_lossless(uint32_t session, const void *cinfo)
{
    reveal(session, trace_setting_LOSSLESS, 1);
    int shift = jpeg_shift(cinfo);
    if (shift == 0)
        reveal(session, trace_setting_PROGRESSIVE, pointer_at(cinfo, 248) != NULL && u32_at(cinfo, 240) > 1);
}

/* ---- libpng ---- */

void reveal_png_header(uint32_t session, uint32_t width, uint32_t height, int depth, int colour_type, int interlace)
{
    reveal(session, trace_setting_WIDTH, width);
    reveal(session, trace_setting_HEIGHT, height);
    reveal(session, trace_setting_BIT_DEPTH, depth);
    reveal(session, trace_setting_COLOUR_TYPE, colour_type);
    reveal(session, trace_setting_PROGRESSIVE, interlace != 0);
}

/* ---- libwebp ---- */

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

/* ---- libavif ---- */

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
        struct trace_notice notice = {.what = trace_note_UNKNOWN_LAYOUT, .text = {"libavif", 7}};
        packet_put(thread_local_state.self, TRACE_KIND_notice, thread_now_ns(), &notice);
        return;
    }
    reveal(session, trace_setting_THREADS, u32_at(encoder, 4));
    reveal(session, trace_setting_EFFORT, (int32_t)u32_at(encoder, 8));
    reveal(session, trace_setting_QUANTIZER_MIN, u32_at(encoder, 24));
    reveal(session, trace_setting_QUANTIZER_MAX, u32_at(encoder, 28));
}
