/* SPDX-License-Identifier: MIT
 * Owns: what libtiff is told: the way a file is opened, and the fields that are settings. Its structures are opaque;
 * tags of tiff.h 4.5. Must not know: frames, packets' files. */
#include "preload/codecs/calls/sessions.h"

#include <stdatomic.h>
#include "preload/codecs/settings/reveal.h"

/* Files that are being written. Looked at before calls, without the guard: no lock. */
#define WRITTEN 32
static const void *_Atomic written[WRITTEN];

/* Before the call: mode may be anything. */
unsigned tiff_open_role(const char *mode)
{
    char text[4];
    early_text(mode, text, sizeof text);
    return *text == 'r' ? trace_role_HEADER : trace_role_SETUP;
}

/* A file that was written is completed when it is closed. It is struck off before that: afterwards another thread may
 * have been given the same handle. */
unsigned tiff_close_role(const void *tiff)
{
    unsigned role = trace_role_DESTROY;
    for (unsigned i = 0; tiff && i < WRITTEN; i++) {
        const void *expected = tiff;
        if (atomic_load_explicit(&written[i], memory_order_relaxed) == tiff &&
            atomic_compare_exchange_strong(&written[i], &expected, NULL))
            role = trace_role_MUX;
    }
    return role;
}

/* A TIFFRGBAImage begins with its file. */
const void *tiff_of_image(const void *image)
{
    const void *tiff = NULL;
    return early_read(image, &tiff, sizeof tiff) ? tiff : NULL;
}

void tiff_opened(uint32_t session, const void *tiff, const char *path, const char *mode)
{
    bool reads = *mode == 'r';
    codec_session_name(trace_codec_TIFF, tiff, session);
    for (unsigned i = 0; i < WRITTEN && !reads; i++) {
        const void *none = NULL;
        if (atomic_compare_exchange_strong(&written[i], &none, tiff))
            break;
    }
    if (path)
        reveal_path(session, path, reads ? trace_direction_IN : trace_direction_OUT);
}

enum { NOTE_COMPRESSION };

void reveal_tiff_field(uint32_t session, const void *tiff, uint32_t tag, uint32_t value)
{
    enum { JPEG = 7, DEFLATE = 8, OLD_DEFLATE = 32946, LZMA = 34925, ZSTANDARD = 50000, WEBP = 50001 };
    uint64_t scheme = codec_handle_noted(trace_codec_TIFF, tiff, NOTE_COMPRESSION);
    switch (tag) {
    case 256: reveal(session, trace_setting_WIDTH, value); break;
    case 257: reveal(session, trace_setting_HEIGHT, value); break;
    case 258: reveal(session, trace_setting_BIT_DEPTH, value & 0xffff); break;
    case 259:
        codec_handle_note(trace_codec_TIFF, tiff, NOTE_COMPRESSION, value & 0xffff);
        reveal(session, trace_setting_COMPRESSION, value & 0xffff);
        break;
    case 700:   /* XMP */
    case 33723: /* IPTC */
    case 34377: /* Photoshop */
    case 34665: /* EXIF */
    case 34675: /* ICC */ reveal(session, trace_setting_METADATA, 1); break;
    default: break;
    }
    /* A scheme's own fields. Those of another one libtiff refuses, which is not seen. */
    if ((tag == 65537 && scheme == JPEG) || (tag == 65568 && scheme == WEBP))
        reveal(session, trace_setting_QUALITY, (int32_t)value);
    if (tag == 65569 && scheme == WEBP)
        reveal(session, trace_setting_LOSSLESS, value != 0);
    if ((tag == 65557 && (scheme == DEFLATE || scheme == OLD_DEFLATE)) || (tag == 65562 && scheme == LZMA) ||
        (tag == 65564 && scheme == ZSTANDARD))
        reveal(session, trace_setting_EFFORT, (int32_t)value);
}
