/* SPDX-License-Identifier: MIT
 * Owns: a stand-in for libjpeg.so.62 whose rows take exactly as long as its script says. Its quantization tables are
 * the standard ones (T.81 annex K) scaled as libjpeg scales them.
 * Must not know: the profiler, the journal. */
#include "tests/victims/codecs/fake_jpeg.h"

#include <stdlib.h>
#include <string.h>

#include "tests/victims/parts/clock.h"

static _Thread_local struct fake_jpeg_script script;
static _Thread_local JQUANT_TBL tables[2];
static _Thread_local unsigned rows_written;

static const uint16_t luminance[64] = {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
                                       14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
                                       18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
                                       49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
static const uint16_t chrominance[16] = {17, 18, 24, 47, 18, 21, 26, 66, 24, 26, 56, 99, 47, 66, 99, 99};

struct fake_jpeg_script *fake_jpeg_script(void)
{
    return &script;
}

void jpeg_CreateCompress(struct jpeg_compress_struct *cinfo, int version, size_t structsize)
{
    if (version != JPEG_LIB_VERSION || structsize != sizeof *cinfo)
        abort();
    void *err = cinfo->err, *client_data = cinfo->client_data;
    memset(cinfo, 0, sizeof *cinfo);
    cinfo->err = err;
    cinfo->client_data = client_data;
    cinfo->global_state = 100;
}

static uint16_t scaled(uint16_t value, int percent)
{
    int result = (value * percent + 50) / 100;
    return (uint16_t)(result < 1 ? 1 : result > 255 ? 255 : result);
}

void jpeg_set_quality(struct jpeg_compress_struct *cinfo, int quality, int force_baseline)
{
    (void)force_baseline;
    int percent = quality < 50 ? 5000 / quality : 200 - quality * 2;
    for (int i = 0; i < 64; i++) {
        int row = i / 8, column = i % 8;
        uint16_t chroma = row < 4 && column < 4 ? chrominance[row * 4 + column] : 99;
        tables[0].quantval[i] = scaled(luminance[i], percent);
        tables[1].quantval[i] = scaled(chroma, percent);
    }
    cinfo->quant_tbl_ptrs[0] = &tables[0];
    cinfo->quant_tbl_ptrs[1] = &tables[1];
}

void jpeg_start_compress(struct jpeg_compress_struct *cinfo, int write_all_tables)
{
    (void)write_all_tables;
    cinfo->global_state = 101;
    rows_written = 0;
}

unsigned jpeg_write_scanlines(struct jpeg_compress_struct *cinfo, uint8_t **rows, unsigned count)
{
    (void)rows;
    for (unsigned i = 0; i < count; i++) {
        spin_us(script.write_row_us);
        if (++rows_written % script.rows_per_buffer == 0 && !cinfo->dest->empty_output_buffer(cinfo))
            abort();
    }
    return count;
}

void jpeg_finish_compress(struct jpeg_compress_struct *cinfo)
{
    cinfo->global_state = 100;
}

void jpeg_destroy_compress(struct jpeg_compress_struct *cinfo)
{
    cinfo->global_state = 0;
}

void jpeg_CreateDecompress(struct jpeg_decompress_struct *cinfo, int version, size_t structsize)
{
    if (version != JPEG_LIB_VERSION || structsize != sizeof *cinfo)
        abort();
    void *err = cinfo->err, *client_data = cinfo->client_data;
    memset(cinfo, 0, sizeof *cinfo);
    cinfo->err = err;
    cinfo->client_data = client_data;
    cinfo->is_decompressor = 1;
    cinfo->global_state = 200;
}

/* Walks the markers up to the frame header, consuming them as libjpeg does. */
int jpeg_read_header(struct jpeg_decompress_struct *cinfo, int require_image)
{
    (void)require_image;
    struct jpeg_source_mgr *src = cinfo->src;
    const uint8_t *at = src->next_input_byte;
    size_t left = src->bytes_in_buffer;
    if (left < 2 || at[0] != 0xff || at[1] != 0xd8)
        return 0;
    at += 2, left -= 2;
    while (left >= 10 && at[0] == 0xff && at[1] != 0xda) {
        size_t bytes = 2u + (size_t)(at[2] << 8 | at[3]);
        if (bytes > left)
            return 0;
        if (at[1] == 0xc0) {
            cinfo->image_height = (unsigned)(at[5] << 8 | at[6]);
            cinfo->image_width = (unsigned)(at[7] << 8 | at[8]);
            cinfo->num_components = at[9];
        }
        at += bytes, left -= bytes;
    }
    src->next_input_byte = at;
    src->bytes_in_buffer = left;
    cinfo->global_state = 202;
    return 1;
}

int jpeg_start_decompress(struct jpeg_decompress_struct *cinfo)
{
    cinfo->output_width = cinfo->image_width;
    cinfo->output_height = cinfo->image_height;
    cinfo->output_components = cinfo->out_color_components = cinfo->num_components;
    cinfo->global_state = 205;
    return 1;
}

static unsigned rows_read;

unsigned jpeg_read_scanlines(struct jpeg_decompress_struct *cinfo, uint8_t **rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        memset(rows[i], 1, (size_t)cinfo->output_width * (size_t)cinfo->output_components);
        /* As the real one does: the first of 16 rows has them all decoded. */
        if (rows_read++ % 16 == 0)
            spin_us(16 * script.read_row_us);
    }
    return count;
}

int jpeg_finish_decompress(struct jpeg_decompress_struct *cinfo)
{
    cinfo->src->next_input_byte += cinfo->src->bytes_in_buffer;
    cinfo->src->bytes_in_buffer = 0;
    cinfo->global_state = 200;
    return 1;
}

void jpeg_destroy_decompress(struct jpeg_decompress_struct *cinfo)
{
    cinfo->global_state = 0;
}
