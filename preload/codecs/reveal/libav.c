/* SPDX-License-Identifier: MIT
 * Owns: which codec contexts of libavcodec are for images, and what lies in its structures, x86-64: codec_type@12 and
 * codec_id@24 of a context, data@24 and size@32 of a packet, data[0]@0 of a frame (the order of these members is that
 * of the headers of libavcodec 58 to 61; measured in 59, FFmpeg 5.1); compression_level@72, width@116 in 59 alone.
 * Other versions' contexts are left alone. Must not know: frames, packets' files. */
#include "preload/codecs/calls/targets.h"
#include "preload/codecs/settings/reveal.h"

#include <stdlib.h>

#include "preload/base/text.h"

enum { LEAST_MAJOR = 58, LAST_MAJOR = 61 };
enum { PNG = 61, GIF = 97, WEBP = 171, TYPE_VIDEO = 0 };
#define TRY_AGAIN   (-11)
#define END_OF_FILE (-541478725)

/* Contexts that are open for a codec of images. */
#define CONTEXTS 128
static const void *_Atomic contexts[CONTEXTS];
static _Atomic unsigned contexts_open;

/* Whether a codec's number means one of images. Up to 197 the numbers are the same in all versions. */
static bool is_image_codec(uint32_t id, unsigned major)
{
    if (major < LEAST_MAJOR || major > LAST_MAJOR)
        return false;
    static const uint8_t old[] = {
        7,   9,   11,  /* MJPEG, LJPEG, JPEGLS */
        61,  62,  63,  /* PNG, PPM, PBM */
        64,  65,  66,  /* PGM, PGMYUV, PAM */
        78,  88,  93,  /* BMP, JPEG2000, TARGA */
        96,  97,  101, /* TIFF, GIF, SGI */
        109, 110, 128, /* PCX, SUNRAST, DPX */
        157, 159, 171, /* XWD, XBM, WEBP */
        178, 188,      /* EXR, DDS */
    };
    static const struct {
        uint8_t major;
        uint16_t ids[5]; /* APNG, PSD, AV1, JPEGXL, QOI; 0 = not there yet */
    } later[] = {
        {58, {0x800e, 0x8016, 0x801d, 0, 0}},
        {59, {211, 219, 226, 259, 260}},
        {60, {211, 219, 226, 259, 260}},
        {61, {210, 218, 225, 258, 259}},
    };
    for (size_t i = 0; i < sizeof old; i++)
        if (id == old[i])
            return true;
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        for (size_t k = 0; later[i].major == major && k < 5; k++)
            if (id && id == later[i].ids[k])
                return true;
    return false;
}

/* Of the library behind a wrapper, by its file's name; 0 = unknown. */
static unsigned major_of(unsigned row, unsigned instance)
{
    const char *library = codec_targets[row][instance].library;
    const char *version = library ? strstr(library, "libavcodec.so.") : NULL;
    return version ? (unsigned)text_read_number(version + sizeof "libavcodec.so." - 1, &version) : 0;
}

static unsigned place_of(const void *context)
{
    return ((uintptr_t)context >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 57;
}

/* The context's place, or where it would go; NULL: no room. */
static const void *_Atomic *find(const void *context, const void *wanted)
{
    for (unsigned i = 0; i < 16; i++) {
        const void *_Atomic *place = &contexts[(place_of(context) + i) % CONTEXTS];
        if (atomic_load_explicit(place, memory_order_relaxed) == wanted)
            return place;
    }
    return NULL;
}

bool libav_good(int result)
{
    return result == 0 || result == TRY_AGAIN || result == END_OF_FILE;
}

uintptr_t libav_packet(const void *packet)
{
    return packet ? (uintptr_t)pointer_at(packet, 24) : 0;
}

uint64_t libav_packet_bytes(const void *packet)
{
    return packet ? u32_at(packet, 32) : 0;
}

uintptr_t libav_frame(const void *frame)
{
    return frame ? (uintptr_t)pointer_at(frame, 0) : 0;
}

const void *libav_context(void *const *context)
{
    const void *value = NULL;
    return context && atomic_load_explicit(&contexts_open, memory_order_relaxed) &&
                   early_read(context, &value, sizeof value)
               ? value
               : NULL;
}

unsigned libav_role(const void *context, unsigned role)
{
    return context && atomic_load_explicit(&contexts_open, memory_order_relaxed) && find(context, context) ? role : 0;
}

unsigned libav_transforms(void)
{
    return atomic_load_explicit(&contexts_open, memory_order_relaxed) ? trace_role_TRANSFORM : 0;
}

void libav_forget(const void *context)
{
    const void *_Atomic *place = context ? find(context, context) : NULL;
    const void *expected = context;
    if (place && atomic_compare_exchange_strong(place, &expected, NULL))
        atomic_fetch_sub(&contexts_open, 1);
}

bool libav_is_still(const void *context)
{
    uint32_t id = u32_at(context, 24);
    return id != GIF && id != WEBP && is_image_codec(id, LEAST_MAJOR);
}

void reveal_libav_open(const void *context, unsigned row, unsigned instance)
{
    libav_forget(context); /* an earlier one at this address that nobody was seen to close */
    if (!context || u32_at(context, 12) != TYPE_VIDEO || !is_image_codec(u32_at(context, 24), major_of(row, instance)))
        return;
    const void *_Atomic *place = find(context, NULL);
    const void *none = NULL;
    if (place && atomic_compare_exchange_strong(place, &none, context))
        atomic_fetch_add(&contexts_open, 1);
}

void reveal_libav_encoder(uint32_t session, const void *context, unsigned row, unsigned instance)
{
    unsigned major = major_of(row, instance);
    if (major != 59) {
        static bool _Atomic said;
        if (!atomic_exchange(&said, true))
            reveal_unknown_layout("libavcodec", major);
        return;
    }
    reveal(session, trace_setting_WIDTH, u32_at(context, 116));
    reveal(session, trace_setting_HEIGHT, u32_at(context, 120));
    if (u32_at(context, 24) == PNG && (int)u32_at(context, 72) >= 0)
        reveal(session, trace_setting_EFFORT, u32_at(context, 72));
}
