/* SPDX-License-Identifier: MIT
 * Owns: loops over the row calls of libpng and libjpeg, and what one of them takes.
 * Must not know: the profiler.
 * Usage: row_calls png|jpeg: rows of 8 pixels, so that as little as possible is the codec's own. Prints the time of one
 * call, the least of many batches, as loop.c does. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* needs stdio */
#include <png.h>

#include "tests/victims/parts/clock.h"

#define BATCHES 40
#define ROWS    1600 /* of a batch, a millisecond or less, and a multiple of what a JPEG encoder gathers */
#define WIDTH   8

static unsigned char row[3 * WIDTH];

static void drop(png_structp png, png_bytep data, size_t bytes)
{
    (void)png, (void)data, (void)bytes;
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

/* 0: libpng gave up. */
static uint64_t png_rows(void)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    volatile uint64_t least_ns = UINT64_MAX; /* setjmp */
    if (!png || !info || setjmp(png_jmpbuf(png)))
        return 0;
    png_set_write_fn(png, NULL, drop, flush_nothing);
    png_set_IHDR(png, info, WIDTH, ROWS * BATCHES, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    png_set_compression_level(png, 0);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_write_info(png, info);
    for (int i = 0; i < BATCHES; i++) {
        uint64_t start_ns = wall_now();
        for (int y = 0; y < ROWS; y++)
            png_write_row(png, row);
        uint64_t took_ns = wall_now() - start_ns;
        if (i && took_ns < least_ns)
            least_ns = took_ns;
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return least_ns;
}

static JOCTET jpeg_buffer[4096];

static void begin_buffer(j_compress_ptr jpeg)
{
    jpeg->dest->next_output_byte = jpeg_buffer;
    jpeg->dest->free_in_buffer = sizeof jpeg_buffer;
}

static boolean empty_buffer(j_compress_ptr jpeg)
{
    begin_buffer(jpeg);
    return TRUE;
}

static uint64_t jpeg_rows(void)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr nowhere = {
        .init_destination = begin_buffer, .empty_output_buffer = empty_buffer, .term_destination = begin_buffer};
    uint64_t least_ns = UINT64_MAX;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg.dest = &nowhere;
    jpeg.image_width = WIDTH;
    jpeg.image_height = ROWS * BATCHES; /* 64,000: 65,500 are the most */
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int i = 0; i < BATCHES; i++) {
        uint64_t start_ns = wall_now();
        for (int y = 0; y < ROWS; y++)
            jpeg_write_scanlines(&jpeg, (JSAMPROW[]){row}, 1);
        uint64_t took_ns = wall_now() - start_ns;
        if (i && took_ns < least_ns)
            least_ns = took_ns;
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return least_ns;
}

int main(int argc, char **argv)
{
    bool png = argc > 1 && strcmp(argv[1], "png") == 0;
    if (!png && (argc < 2 || strcmp(argv[1], "jpeg") != 0)) {
        fputs("usage: row_calls png|jpeg\n", stderr);
        return 2;
    }
    memset(row, 100, sizeof row);
    uint64_t least_ns = png ? png_rows() : jpeg_rows();
    if (!least_ns) {
        fputs("row_calls: libpng gave up\n", stderr);
        return 1;
    }
    printf("value %.3f\ncalls %d\n", (double)least_ns / ROWS, ROWS * BATCHES);
    return 0;
}
