/* SPDX-License-Identifier: MIT
 * Owns: WebP: RFC 9649 section 2 (container) and 3.4 (lossless header); RFC 6386 section 7.3 (bool decoder), 9.1-9.6
 * and 19.2 (the frame header up to the quantizer). Must not know: pixels. */
#include "analyzer/headers/formats/parsers.h"
#include "analyzer/headers/formats/pieces.h"

#include <math.h>

struct bool_decoder {
    struct header_bytes in;
    size_t next;
    uint32_t value, range; /* value holds two bytes, as in the RFC */
    unsigned shifted;
    bool overrun;
};

static uint32_t bool_byte(struct bool_decoder *decoder)
{
    if (header_has(decoder->in, decoder->next, 1))
        return decoder->in.data[decoder->next++];
    decoder->overrun = true;
    return 0;
}

/* One bit of probability one half; every field up to the quantizer is written so. */
static uint32_t bool_bit(struct bool_decoder *decoder)
{
    uint32_t split = 1 + (((decoder->range - 1) * 128) >> 8);
    bool one = decoder->value >= split << 8;
    if (one) {
        decoder->range -= split;
        decoder->value -= split << 8;
    } else {
        decoder->range = split;
    }
    while (decoder->range < 128) {
        decoder->value <<= 1;
        decoder->range <<= 1;
        if (++decoder->shifted == 8) {
            decoder->shifted = 0;
            decoder->value |= bool_byte(decoder);
        }
    }
    return one;
}

static uint32_t bool_literal(struct bool_decoder *decoder, unsigned bits)
{
    uint32_t value = 0;
    while (bits-- > 0)
        value = value << 1 | bool_bit(decoder);
    return value;
}

/* `count` optional fields: a flag, then `bits` bits when it is set. */
static void bool_skip_optional(struct bool_decoder *decoder, unsigned count, unsigned bits)
{
    while (count-- > 0)
        if (bool_bit(decoder))
            bool_literal(decoder, bits);
}

/* The setting of libwebp whose first quantizer this is. Without segments, or when all have the same, it is
 * 127 (1 - c^(1/3)), where c = 2/3 q below q = 0.75, else 2 q - 1. With segments the first is that of the busiest
 * blocks, c^(1.446 / 3) at the default noise shaping of 50: there the setting is found; at another one it is only near.
 * Measured with libwebp 1.2.4. */
static double quality_of(int quantizer, bool segmented)
{
    double root = pow(1 - quantizer / 127.0, segmented ? 1 / 1.446 : 1), c = root * root * root;
    return 100 * (c < 0.5 ? c * 1.5 : (c + 1) / 2);
}

/* y_ac_qi of a key frame whose first partition begins here, -1 when the bytes end before it. */
static int read_quantizer(struct header_bytes partition, bool *segmented)
{
    struct bool_decoder decoder = {.in = partition, .range = 255};
    decoder.value = bool_byte(&decoder) << 8;
    decoder.value |= bool_byte(&decoder);
    bool_literal(&decoder, 2); /* color_space, clamping_type */
    if (bool_bit(&decoder)) {  /* segmentation_enabled */
        bool map = bool_bit(&decoder), feature_data = bool_bit(&decoder);
        if (feature_data) {
            uint32_t quantizers[4];
            bool_bit(&decoder); /* segment_feature_mode */
            for (int i = 0; i < 4; i++)
                quantizers[i] = bool_bit(&decoder) ? bool_literal(&decoder, 8) : 0; /* value, sign */
            for (int i = 1; i < 4; i++)
                *segmented = *segmented || quantizers[i] != quantizers[0];
            bool_skip_optional(&decoder, 4, 7); /* lf_update_value, sign */
        }
        if (map)
            bool_skip_optional(&decoder, 3, 8); /* segment_prob */
    }
    bool_literal(&decoder, 10);                   /* filter_type, loop_filter_level, sharpness_level */
    if (bool_bit(&decoder) && bool_bit(&decoder)) /* loop_filter_adj_enable, mode_ref_lf_delta_update */
        bool_skip_optional(&decoder, 8, 7);
    bool_literal(&decoder, 2); /* log2_nbr_of_dct_partitions */
    uint32_t quantizer = bool_literal(&decoder, 7);
    return decoder.overrun ? -1 : (int)quantizer;
}

struct webp_walk {
    bool extended, animated;
    int frames, lossy, lossless; /* seen */
};

static void read_lossy(struct header_bytes body, struct webp_walk *walk, struct image_facts *facts)
{
    walk->lossy++;
    facts->subsampling = 420;
    if (!header_has(body, 0, 10) || (body.data[0] & 1) || !HEADER_TEXT_AT(body, 3, "\x9d\x01\x2a"))
        return;
    if (!walk->extended) {
        facts->width = (int64_t)(header_le(body, 6, 2) & 0x3fff);
        facts->height = (int64_t)(header_le(body, 8, 2) & 0x3fff);
    }
    if (facts->quantizer >= 0)
        return;
    bool segmented = false;
    facts->quantizer = read_quantizer(header_slice(body, 10, header_le(body, 0, 3) >> 5), &segmented);
    if (facts->quantizer < 0)
        return;
    int bucket = (int)lround(quality_of(facts->quantizer, segmented)) / WEBP_BUCKET * WEBP_BUCKET;
    facts->webp_quality = bucket > 100 - WEBP_BUCKET ? 100 - WEBP_BUCKET : bucket;
}

static void read_lossless(struct header_bytes body, struct webp_walk *walk, struct image_facts *facts)
{
    walk->lossless++;
    if (walk->extended || !header_has(body, 0, 5) || body.data[0] != 0x2f)
        return;
    uint32_t bits = (uint32_t)header_le(body, 1, 4);
    facts->width = (bits & 0x3fff) + 1;
    facts->height = (bits >> 14 & 0x3fff) + 1;
    facts->alpha = bits >> 28 & 1;
}

static void read_extended(struct header_bytes body, struct webp_walk *walk, struct image_facts *facts)
{
    walk->extended = true;
    if (!header_has(body, 0, 1))
        return;
    unsigned flags = body.data[0];
    walk->animated = flags & 0x02;
    facts->icc = (flags & 0x20) != 0;
    facts->alpha = (flags & 0x10) != 0;
    facts->exif = (flags & 0x08) != 0;
    facts->xmp = (flags & 0x04) != 0;
    if (header_has(body, 4, 6)) {
        facts->width = (int64_t)header_le(body, 4, 3) + 1;
        facts->height = (int64_t)header_le(body, 7, 3) + 1;
    }
}

/* Chunks of a file, or of one frame of an animation; the frames' chunks are read in place, not by descent: ANMF is
 * entered by moving past its own 16 bytes only. */
static bool read_chunks(struct header_bytes in, struct webp_walk *walk, struct image_facts *facts)
{
    size_t at = 0;
    while (header_has(in, at, 8)) {
        uint32_t type = (uint32_t)header_be(in, at, 4), body_bytes = (uint32_t)header_le(in, at + 4, 4);
        struct header_bytes body = header_slice(in, at + 8, body_bytes);
        at += 8;
        switch (type) {
        case HEADER_BOX('V', 'P', '8', ' '): read_lossy(body, walk, facts); break;
        case HEADER_BOX('V', 'P', '8', 'L'): read_lossless(body, walk, facts); break;
        case HEADER_BOX('V', 'P', '8', 'X'): read_extended(body, walk, facts); break;
        case HEADER_BOX('A', 'L', 'P', 'H'): /* stands only before 'VP8 ' */
            walk->lossy++;
            facts->subsampling = 420;
            break;
        case HEADER_BOX('E', 'X', 'I', 'F'):
            facts->orientation =
                header_tiff_orientation(header_slice(body, HEADER_TEXT_AT(body, 0, "Exif\0\0") ? 6 : 0, body.count));
            break;
        case HEADER_BOX('A', 'N', 'M', 'F'):
            walk->frames++;
            at += 16;
            continue;
        default: break;
        }
        at += (size_t)body_bytes + (body_bytes & 1);
    }
    return at == in.count;
}

void header_webp_parse(struct header_bytes in, struct image_facts *facts)
{
    struct webp_walk walk = {0};
    uint64_t riff_bytes = header_le(in, 4, 4) + 8;
    bool all = read_chunks(header_slice(in, 12, riff_bytes - 12), &walk, facts) && riff_bytes <= in.count;
    facts->depth = 8;
    facts->palette = 0;
    facts->progressive = 0;
    if (walk.animated)
        facts->frames = all ? walk.frames : -1;
    else if (walk.extended || walk.lossy || walk.lossless)
        facts->frames = 1;
    if (walk.lossy)
        facts->lossless = 0;
    else if (walk.lossless && (all || !walk.animated))
        facts->lossless = 1;
    if (!walk.extended && (walk.lossy || walk.lossless)) {
        facts->icc = facts->exif = facts->xmp = 0;
        if (walk.lossy)
            facts->alpha = 0;
    }
    if (facts->exif == 0)
        facts->orientation = 1;
    if (facts->alpha >= 0)
        facts->channels = 3 + facts->alpha;
}
