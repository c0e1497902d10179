/* SPDX-License-Identifier: MIT
 * Owns: settings and buffers in libwebp's structures. Offsets of webp/encode.h, decode.h and mux.h, x86-64, of the
 * interface's major version 2: libwebp 0.2 to 1.5. Must not know: frames, packets' files. */
#include "preload/codecs/calls/sessions.h"
#include "preload/codecs/settings/reveal.h"

#include <stdatomic.h>
#include <string.h>

#include "preload/base/foreign.h"

/* The version that the program's structures were made for; its upper byte tells layouts apart. WEBP_MIXED: several of
 * different layouts were met. */
#define WEBP_MIXED 0xffff
static _Atomic unsigned encoder_version, decoder_version;

static void remember(_Atomic unsigned *known, int version)
{
    unsigned now = (unsigned)version & 0xffff, before = atomic_load(known);
    if (before && before >> 8 != now >> 8)
        now = WEBP_MIXED;
    else if (before && before < now)
        now = before; /* fields of the older ones only */
    atomic_store(known, now);
}

void webp_encoder_version(int version)
{
    remember(&encoder_version, version);
}

void webp_decoder_version(int version)
{
    remember(&decoder_version, version);
}

static bool encoder_is_known(void)
{
    return atomic_load(&encoder_version) >> 8 == 2;
}

/* Memory writers of the program, by address: what an encoder writes through one lies in its buffer. */
#define WRITERS 16
static const void *_Atomic writers[WRITERS];
static _Atomic unsigned writers_next;

void webp_note_writer(const void *writer)
{
    for (unsigned i = 0; i < WRITERS; i++)
        if (atomic_load(&writers[i]) == writer)
            return;
    atomic_store(&writers[atomic_fetch_add(&writers_next, 1) % WRITERS], writer);
}

static const void *writer_of(const void *picture)
{
    const void *writer = picture && encoder_is_known() ? pointer_at(picture, 104) : NULL;
    for (unsigned i = 0; writer && i < WRITERS; i++)
        if (atomic_load(&writers[i]) == writer)
            return writer;
    return NULL;
}

/* A field of the picture's memory writer. What was one once may be gone: the address alone says that it is one. */
static uint64_t written(const void *picture, size_t offset)
{
    const char *writer = writer_of(picture);
    uint64_t value = 0;
    return writer && foreign_read(writer + offset, &value, sizeof value) ? value : 0;
}

uintptr_t webp_written(const void *picture)
{
    return (uintptr_t)written(picture, 0);
}

uint64_t webp_written_bytes(const void *picture)
{
    return written(picture, 8);
}

uintptr_t webp_pixels(const void *picture)
{
    if (!picture || !encoder_is_known())
        return 0;
    bool argb = u32_at(picture, 0) != 0;
    return (uintptr_t)pointer_at(picture, argb ? 72 : 16);
}

uintptr_t webp_decoded(const void *config)
{
    return config && atomic_load(&decoder_version) >> 8 == 2 ? (uintptr_t)pointer_at(config, 56) : 0;
}

uintptr_t webp_data(const void *data)
{
    return data ? (uintptr_t)pointer_at(data, 0) : 0;
}

uint64_t webp_bytes(const void *data)
{
    return data ? (uint64_t)(uintptr_t)pointer_at(data, 8) : 0;
}

void reveal_webp(uint32_t session, const void *config, const void *picture)
{
    enum { NEAR_LOSSLESS_SINCE = 0x0209 };
    if (!config || !picture) /* WebPAnimEncoderAdd without a picture says that there are no more */
        return;
    if (!encoder_is_known()) {
        reveal_unknown_layout("libwebp", atomic_load(&encoder_version));
        return;
    }
    float quality, target_psnr;
    memcpy(&quality, (const char *)config + 4, sizeof quality);
    memcpy(&target_psnr, (const char *)config + 20, sizeof target_psnr);
    bool lossless = u32_at(config, 0) != 0;
    reveal(session, trace_setting_LOSSLESS, lossless);
    /* With a size or a distortion to reach, libwebp looks for the quality itself. */
    bool searched = u32_at(config, 16) != 0 || target_psnr > 0;
    if (!lossless && !searched)
        reveal(session, trace_setting_QUALITY, (double)quality);
    reveal(session, trace_setting_EFFORT, u32_at(config, 8));
    if (!lossless)
        reveal(session, trace_setting_ALPHA_QUALITY, u32_at(config, 56));
    reveal(session, trace_setting_THREADS, u32_at(config, 84) ? 2 : 1);
    if (lossless && atomic_load(&encoder_version) >= NEAR_LOSSLESS_SINCE)
        reveal(session, trace_setting_NEAR_LOSSLESS, u32_at(config, 92));
    reveal(session, trace_setting_WIDTH, u32_at(picture, 8));
    reveal(session, trace_setting_HEIGHT, u32_at(picture, 12));
}

/* ---- animations ---- */

enum { NOTE_FRAMES };

void webp_note_frame(const void *encoder)
{
    uint64_t frames = codec_handle_noted(trace_codec_WEBP, encoder, NOTE_FRAMES);
    codec_handle_note(trace_codec_WEBP, encoder, NOTE_FRAMES, frames + 1);
}

void reveal_webp_frames(uint32_t session, const void *encoder)
{
    uint64_t frames = codec_handle_noted(trace_codec_WEBP, encoder, NOTE_FRAMES);
    if (frames)
        reveal(session, trace_setting_FRAMES, (double)frames);
}

void reveal_webp_chunk(uint32_t session, const char *name)
{
    if (memcmp(name, "ICCP", 4) == 0 || memcmp(name, "EXIF", 4) == 0 || memcmp(name, "XMP ", 4) == 0)
        reveal(session, trace_setting_METADATA, 1);
}
