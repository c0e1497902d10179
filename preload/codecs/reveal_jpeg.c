/* SPDX-License-Identifier: MIT
 * Owns: settings and buffers in libjpeg's structures. Offsets of jpeglib.h, x86-64: libjpeg-turbo 2.1, ABI 62, 70 and
 * 80. Must not know: frames, packets' files. */
#include "preload/codecs/reveal.h"

#include <string.h>

#include "preload/codecs/call.h"
#include "preload/packet.h"

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
    reveal_unknown_layout("libjpeg", (unsigned)version);
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
