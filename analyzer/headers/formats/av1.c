/* SPDX-License-Identifier: MIT
 * Owns: the quantizer of an AV1 still image: AV1 Bitstream & Decoding Process Specification 5.3 (OBU), 5.5 (sequence
 * header), 5.9.2 (frame header), 5.9.5-5.9.8 (sizes), 5.9.12 (quantization), 5.9.14 (segmentation), 5.9.15 (tiles).
 * Must not know: containers. Names follow the specification; only what precedes the quantizer is read. */
#include "analyzer/headers/formats/pieces.h"

enum { SELECT = 2, OBU_SEQUENCE_HEADER = 1, OBU_FRAME_HEADER = 3, OBU_FRAME = 6, KEY_FRAME = 0, INTRA_ONLY_FRAME = 2 };

struct bits {
    struct header_bytes in;
    size_t next_bit;
    bool overrun;
};

static uint32_t f(struct bits *bits, unsigned count)
{
    uint32_t value = 0;
    for (; count > 0; count--, bits->next_bit++) {
        size_t byte = bits->next_bit / 8;
        bits->overrun = bits->overrun || !header_has(bits->in, byte, 1);
        value = value << 1 | (bits->overrun ? 0u : (uint32_t)(bits->in.data[byte] >> (7 - bits->next_bit % 8) & 1));
    }
    return value;
}

struct operating_point {
    uint32_t idc;
    bool decoder_model;
};

struct sequence {
    bool seen, reduced, decoder_model_info, equal_picture_interval, frame_ids, superblock_128, order_hint, superres;
    bool mono_chrome, separate_uv_delta_q;
    unsigned buffer_delay_bits, buffer_removal_bits, presentation_bits, operating_points, frame_id_bits;
    unsigned width_bits, height_bits, order_hint_bits, screen_content_tools, integer_mv;
    uint32_t max_width, max_height;
    struct operating_point points[32];
};

static void read_timing(struct bits *bits, struct sequence *seq)
{
    f(bits, 32); /* num_units_in_display_tick */
    f(bits, 32); /* time_scale */
    seq->equal_picture_interval = f(bits, 1);
    if (seq->equal_picture_interval) {
        unsigned zeros = 0; /* uvlc() */
        while (zeros < 32 && !bits->overrun && !f(bits, 1))
            zeros++;
        f(bits, zeros < 32 ? zeros : 0);
    }
    seq->decoder_model_info = f(bits, 1);
    if (seq->decoder_model_info) {
        seq->buffer_delay_bits = f(bits, 5) + 1;
        f(bits, 32); /* num_units_in_decoding_tick */
        seq->buffer_removal_bits = f(bits, 5) + 1;
        seq->presentation_bits = f(bits, 5) + 1;
    }
}

static void read_operating_points(struct bits *bits, struct sequence *seq)
{
    if (f(bits, 1)) /* timing_info_present_flag */
        read_timing(bits, seq);
    bool initial_display_delay = f(bits, 1);
    seq->operating_points = f(bits, 5) + 1;
    for (unsigned i = 0; i < seq->operating_points; i++) {
        seq->points[i].idc = f(bits, 12);
        if (f(bits, 5) > 7) /* seq_level_idx */
            f(bits, 1);
        if (seq->decoder_model_info && f(bits, 1)) {
            seq->points[i].decoder_model = true;
            f(bits, seq->buffer_delay_bits);
            f(bits, seq->buffer_delay_bits);
            f(bits, 1);
        }
        if (initial_display_delay && f(bits, 1))
            f(bits, 4);
    }
}

static void read_tools(struct bits *bits, struct sequence *seq)
{
    seq->screen_content_tools = seq->integer_mv = SELECT;
    if (seq->reduced)
        return;
    f(bits, 4); /* interintra, masked compound, warped motion, dual filter */
    seq->order_hint = f(bits, 1);
    if (seq->order_hint)
        f(bits, 2);
    if (!f(bits, 1))
        seq->screen_content_tools = f(bits, 1);
    if (seq->screen_content_tools > 0 && !f(bits, 1))
        seq->integer_mv = f(bits, 1);
    if (seq->order_hint)
        seq->order_hint_bits = f(bits, 3) + 1;
}

static void read_color_config(struct bits *bits, struct sequence *seq, unsigned profile)
{
    bool high = f(bits, 1), twelve = profile == 2 && high && f(bits, 1);
    seq->mono_chrome = profile != 1 && f(bits, 1);
    unsigned primaries = 2, transfer = 2, matrix = 2;
    if (f(bits, 1)) {
        primaries = f(bits, 8);
        transfer = f(bits, 8);
        matrix = f(bits, 8);
    }
    if (seq->mono_chrome) {
        f(bits, 1);
        return;
    }
    if (!(primaries == 1 && transfer == 13 && matrix == 0)) { /* sRGB identity codes no more */
        f(bits, 1);
        bool half_x = profile != 1, half_y = profile == 0;
        if (profile == 2 && twelve) {
            half_x = f(bits, 1);
            half_y = half_x && f(bits, 1);
        }
        if (half_x && half_y)
            f(bits, 2);
    }
    seq->separate_uv_delta_q = f(bits, 1);
}

static void read_sequence(struct header_bytes obu, struct sequence *out)
{
    struct bits bits = {.in = obu};
    struct sequence seq = {.seen = true, .operating_points = 1};
    unsigned profile = f(&bits, 3);
    f(&bits, 1); /* still_picture */
    seq.reduced = f(&bits, 1);
    if (seq.reduced)
        f(&bits, 5);
    else
        read_operating_points(&bits, &seq);
    seq.width_bits = f(&bits, 4) + 1;
    seq.height_bits = f(&bits, 4) + 1;
    seq.max_width = f(&bits, seq.width_bits) + 1;
    seq.max_height = f(&bits, seq.height_bits) + 1;
    seq.frame_ids = !seq.reduced && f(&bits, 1);
    if (seq.frame_ids) {
        seq.frame_id_bits = f(&bits, 4) + 3;
        seq.frame_id_bits += f(&bits, 3);
    }
    seq.superblock_128 = f(&bits, 1);
    f(&bits, 2); /* filter_intra, intra_edge_filter */
    read_tools(&bits, &seq);
    seq.superres = f(&bits, 1);
    f(&bits, 2); /* cdef, restoration */
    read_color_config(&bits, &seq, profile);
    if (!bits.overrun)
        *out = seq;
}

static unsigned tile_log2(uint32_t block, uint32_t target)
{
    unsigned k = 0;
    while (((uint64_t)block << k) < target)
        k++;
    return k;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ns(n), section 4.10.7 */
static uint32_t ns(struct bits *bits, uint32_t n)
{
    unsigned width = 0;
    for (uint32_t x = n; x; x >>= 1)
        width++;
    uint32_t m = (1u << width) - n, value = f(bits, width - 1);
    return value < m ? value : (value << 1) - m + f(bits, 1);
}

static unsigned read_increments(struct bits *bits, unsigned from, unsigned most)
{
    while (from < most && f(bits, 1))
        from++;
    return from;
}

/* Tiles of given sizes along one side; returns their number and the widest. */
static uint32_t read_tile_sizes(struct bits *bits, uint32_t blocks, uint32_t most, uint32_t *widest)
{
    uint32_t tiles = 0;
    *widest = 1;
    for (uint32_t start = 0; start < blocks && !bits->overrun; tiles++) {
        uint32_t size = ns(bits, least(blocks - start, most)) + 1;
        *widest = size > *widest ? size : *widest;
        start += size;
    }
    return tiles;
}

static void skip_tile_info(struct bits *bits, const struct sequence *seq, uint32_t width, uint32_t height)
{
    unsigned block_log2 = seq->superblock_128 ? 7 : 6;
    uint32_t block = 1u << block_log2;
    uint32_t columns = (width + block - 1) >> block_log2, rows = (height + block - 1) >> block_log2;
    uint32_t widest_tile = 4096u >> block_log2, largest_tile = (4096u * 2304u) >> (2 * block_log2);
    unsigned least_columns_log2 = tile_log2(widest_tile, columns);
    unsigned least_tiles_log2 = tile_log2(largest_tile, rows * columns);
    if (least_tiles_log2 < least_columns_log2)
        least_tiles_log2 = least_columns_log2;
    unsigned columns_log2, rows_log2;
    if (f(bits, 1)) { /* uniform_tile_spacing_flag */
        columns_log2 = read_increments(bits, least_columns_log2, tile_log2(1, least(columns, 64)));
        unsigned from = least_tiles_log2 > columns_log2 ? least_tiles_log2 - columns_log2 : 0;
        rows_log2 = read_increments(bits, from, tile_log2(1, least(rows, 64)));
    } else {
        uint32_t widest;
        columns_log2 = tile_log2(1, read_tile_sizes(bits, columns, widest_tile, &widest));
        uint32_t area = least_tiles_log2 > 0 ? (rows * columns) >> (least_tiles_log2 + 1) : rows * columns;
        uint32_t highest = area / widest > 1 ? area / widest : 1;
        rows_log2 = tile_log2(1, read_tile_sizes(bits, rows, highest, &widest));
    }
    if (columns_log2 || rows_log2)
        f(bits, columns_log2 + rows_log2 + 2); /* context_update_tile_id, tile_size_bytes_minus_1 */
}

/* Reads one delta; returns whether it is not zero. */
static bool read_delta_q(struct bits *bits)
{
    return f(bits, 1) && f(bits, 7) != 0;
}

static void read_quantization(struct bits *bits, const struct sequence *seq, struct header_av1 *out)
{
    out->quantizer = (int)f(bits, 8);
    bool deltas = read_delta_q(bits);
    if (!seq->mono_chrome) {
        bool differ = seq->separate_uv_delta_q && f(bits, 1);
        for (int i = differ ? 4 : 2; i > 0; i--)
            deltas = read_delta_q(bits) || deltas;
    }
    if (f(bits, 1)) /* using_qmatrix */
        f(bits, seq->separate_uv_delta_q ? 12 : 8);
    bool segments = f(bits, 1); /* they may change the quantizer of blocks */
    out->lossless = segments ? -1 : out->quantizer == 0 && !deltas;
}

/* The type of a frame, -1 when an earlier frame is shown again. */
static int read_frame_type(struct bits *bits, const struct sequence *seq, bool *error_resilient, bool *show)
{
    *error_resilient = *show = true;
    if (seq->reduced)
        return KEY_FRAME;
    if (f(bits, 1)) /* show_existing_frame */
        return -1;
    int type = (int)f(bits, 2);
    *show = f(bits, 1);
    if (*show && seq->decoder_model_info && !seq->equal_picture_interval)
        f(bits, seq->presentation_bits);
    if (!*show)
        f(bits, 1); /* showable_frame */
    if (type != KEY_FRAME || !*show)
        *error_resilient = f(bits, 1);
    return type;
}

static void skip_buffer_removal(struct bits *bits, const struct sequence *seq, unsigned temporal, unsigned spatial)
{
    if (!seq->decoder_model_info || !f(bits, 1))
        return;
    for (unsigned i = 0; i < seq->operating_points; i++) {
        uint32_t idc = seq->points[i].idc;
        bool within = idc == 0 || ((idc >> temporal & 1) && (idc >> (spatial + 8) & 1));
        if (seq->points[i].decoder_model && within)
            f(bits, seq->buffer_removal_bits);
    }
}

static bool read_frame(struct header_bytes obu, const struct sequence *seq, unsigned extension, struct header_av1 *out)
{
    struct bits bits = {.in = obu};
    bool error_resilient, show;
    int type = read_frame_type(&bits, seq, &error_resilient, &show);
    if (type != KEY_FRAME && type != INTRA_ONLY_FRAME)
        return false;
    bool disable_cdf_update = f(&bits, 1);
    unsigned screen_content = seq->screen_content_tools == SELECT ? f(&bits, 1) : seq->screen_content_tools;
    if (screen_content && seq->integer_mv == SELECT)
        f(&bits, 1);
    f(&bits, seq->frame_id_bits);
    bool size_override = !seq->reduced && f(&bits, 1);
    f(&bits, seq->order_hint_bits);
    skip_buffer_removal(&bits, seq, extension >> 5, extension >> 3 & 3);
    unsigned refresh = type == KEY_FRAME && show ? 0xff : f(&bits, 8);
    if (refresh != 0xff && error_resilient && seq->order_hint)
        for (int i = 0; i < 8; i++)
            f(&bits, seq->order_hint_bits);
    uint32_t width = seq->max_width, height = seq->max_height;
    if (size_override) {
        width = f(&bits, seq->width_bits) + 1;
        height = f(&bits, seq->height_bits) + 1;
    }
    uint32_t full_width = width;
    if (seq->superres && f(&bits, 1)) {
        uint32_t denominator = f(&bits, 3) + 9;
        width = (full_width * 8 + denominator / 2) / denominator;
    }
    if (f(&bits, 1)) /* render_and_frame_size_different */
        f(&bits, 32);
    if (screen_content && full_width == width)
        f(&bits, 1); /* allow_intrabc */
    if (!seq->reduced && !disable_cdf_update)
        f(&bits, 1); /* disable_frame_end_update_cdf */
    skip_tile_info(&bits, seq, width, height);
    struct header_av1 found;
    read_quantization(&bits, seq, &found);
    if (!bits.overrun)
        *out = found;
    return !bits.overrun;
}

/* Walks OBUs until a frame was read; sequence headers are taken along. */
static bool read_obus(struct header_bytes in, struct sequence *seq, struct header_av1 *out)
{
    for (size_t at = 0; header_has(in, at, 1);) {
        unsigned header = in.data[at++], type = header >> 3 & 15, extension = 0;
        if ((header & 4) && header_has(in, at, 1))
            extension = in.data[at++];
        uint64_t obu_bytes = in.count; /* to the end, when no size is given */
        if (header & 2) {
            obu_bytes = 0;
            for (unsigned i = 0; i < 8 && header_has(in, at, 1); i++) { /* leb128() */
                uint64_t byte = in.data[at++];
                obu_bytes |= (byte & 127) << (7 * i);
                if (!(byte & 128))
                    break;
            }
        }
        struct header_bytes obu = header_slice(in, at, obu_bytes);
        if (type == OBU_SEQUENCE_HEADER)
            read_sequence(obu, seq);
        if (type == OBU_FRAME_HEADER || type == OBU_FRAME)
            return seq->seen && read_frame(obu, seq, extension, out);
        if (obu_bytes > in.count - (at < in.count ? at : in.count))
            return false;
        at += (size_t)obu_bytes;
    }
    return false;
}

bool header_av1_read(struct header_bytes config_obus, struct header_bytes item, struct header_av1 *out)
{
    struct sequence seq = {0};
    struct header_av1 ignored;
    read_obus(config_obus, &seq, &ignored);
    return read_obus(item, &seq, out);
}
