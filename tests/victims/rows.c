/* SPDX-License-Identifier: MIT
 * Owns: a victim: one JPEG taken through libjpeg's row interface, 500 rows, with work of its own between a row's
 * decoding and its encoding and with stdio output nested in every 50th row. Row times are summed, as 1,500 lines would
 * disturb them.
 * Must not know: the profiler. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/victims/parts/clock.h"
#include "tests/victims/codecs/fake_jpeg.h"
#include "tests/victims/parts/journal.h"

#define ROWS        500u
#define ROW_BYTES   (640u * 3u)
#define INPUT_BYTES ((size_t)1 << 20)
#define QUALITY     82

struct output {
    struct jpeg_destination_mgr manager; /* first: dest points here */
    struct image_journal *journal;
    FILE *file;
    uint64_t io_ns;
    uint8_t buffer[(size_t)512 << 10];
};

static struct output output;
static uint8_t input[INPUT_BYTES];
/* SOI, APP0 (JFIF), SOF0 640x500 3 components, SOS: what a JPEG file begins with. */
static const uint8_t head[] = {
    0xff, 0xd8, 0xff, 0xe0, 0,    16, 'J', 'F',      'I',       'F',      0,         1,    1, 0,    0, 1,  0,    1,
    0,    0,    0xff, 0xc0, 0,    17, 8,   500 >> 8, 500 & 255, 640 >> 8, 640 & 255, 3,    1, 0x22, 0, 2,  0x11, 1,
    3,    0x11, 1,    0xff, 0xda, 0,  12,  3,        1,         0,        2,         0x11, 3, 0x11, 0, 63, 0};

static void check(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static int empty_output_buffer(struct jpeg_compress_struct *cinfo)
{
    struct output *out = (struct output *)(void *)cinfo->dest;
    uint64_t start = wall_now();
    size_t put = fwrite(out->buffer, 1, sizeof out->buffer, out->file);
    out->io_ns += wall_now() - start;
    out->journal->written_bytes += put;
    return put == sizeof out->buffer;
}

static void copy_rows(struct image_journal *journal, struct jpeg_decompress_struct *decoder,
                      struct jpeg_compress_struct *encoder)
{
    static uint8_t row[ROW_BYTES];
    uint8_t *rows[] = {row};
    struct moment decode = {0}, own = {0}, encode = {0};
    struct moment before = moment_now();
    for (unsigned i = 0; i < ROWS; i++) {
        struct moment reading = moment_now();
        jpeg_read_scanlines(decoder, rows, 1);
        struct moment working = moment_now();
        spin_us(20);
        struct moment writing = moment_now();
        jpeg_write_scanlines(encoder, rows, 1);
        struct moment after = moment_now();
        decode.wall_ns += working.wall_ns - reading.wall_ns;
        decode.cpu_ns += working.cpu_ns - reading.cpu_ns;
        encode.wall_ns += after.wall_ns - writing.wall_ns;
        encode.cpu_ns += after.cpu_ns - writing.cpu_ns;
        own.wall_ns += writing.wall_ns - working.wall_ns + (reading.wall_ns - before.wall_ns);
        own.cpu_ns += writing.cpu_ns - working.cpu_ns + (reading.cpu_ns - before.cpu_ns);
        before = after;
    }
    image_sum(journal, "decode", STEP_CALL, decode.wall_ns, decode.cpu_ns, 0);
    image_sum(journal, "transform", STEP_GAP, own.wall_ns, own.cpu_ns, 0);
    image_sum(journal, "encode", STEP_CALL, encode.wall_ns, encode.cpu_ns, output.io_ns);
}

static void read_input(struct image_journal *journal)
{
    struct moment start = journal->start;
    FILE *file = fopen("in_0.jpg", "rb");
    check(file != NULL, "fopen");
    image_step(journal, "validation", STEP_CALL, start);
    start = moment_now();
    size_t got = fread(input, 1, sizeof input, file);
    check(got == sizeof input, "fread");
    journal->read_bytes += got;
    image_step(journal, "image_read", STEP_CALL, start);
    start = moment_now();
    fclose(file);
    image_step(journal, "validation", STEP_CALL, start);
    start = moment_now();
    spin_us(10000);
    image_step(journal, "validation", STEP_GAP, start);
}

static void optimize(struct image_journal *journal)
{
    struct jpeg_decompress_struct decoder = {0};
    struct jpeg_compress_struct encoder = {0};
    struct jpeg_source_mgr source = {.next_input_byte = input, .bytes_in_buffer = sizeof input};
    jpeg_CreateDecompress(&decoder, JPEG_LIB_VERSION, sizeof decoder);
    decoder.src = &source;
    check(jpeg_read_header(&decoder, 1), "jpeg_read_header");
    check(jpeg_start_decompress(&decoder) && decoder.output_width * 3 == ROW_BYTES && decoder.output_height == ROWS,
          "size of the input");
    jpeg_CreateCompress(&encoder, JPEG_LIB_VERSION, sizeof encoder);
    encoder.image_width = decoder.output_width;
    encoder.image_height = decoder.output_height;
    encoder.input_components = 3;
    encoder.in_color_space = 2;
    jpeg_set_quality(&encoder, QUALITY, 1);
    output.file = fopen("out_0.jpg.tmp", "wb");
    check(output.file != NULL, "fopen");
    output.manager.empty_output_buffer = empty_output_buffer;
    output.journal = journal;
    encoder.dest = &output.manager;
    for (size_t i = 0; i < sizeof head; i++)
        output.buffer[i] = head[i];
    jpeg_start_compress(&encoder, 1);
    copy_rows(journal, &decoder, &encoder);
    jpeg_finish_decompress(&decoder);
    jpeg_finish_compress(&encoder);
    jpeg_destroy_decompress(&decoder);
    jpeg_destroy_compress(&encoder);
}

int main(void)
{
    struct image_journal journal;
    fake_jpeg_script()->read_row_us = 40;
    fake_jpeg_script()->write_row_us = 60;
    fake_jpeg_script()->rows_per_buffer = 50;
    journal_begin("rows");
    image_begin(&journal, 0, "in_0.jpg", "out_0.jpg", QUALITY);
    read_input(&journal);
    optimize(&journal);
    struct moment start = moment_now();
    check(fclose(output.file) == 0, "fclose");
    image_step(&journal, "cleanup", STEP_CALL, start);
    start = moment_now();
    spin_us(5000);
    image_step(&journal, "cleanup", STEP_GAP, start);
    start = moment_now();
    check(rename("out_0.jpg.tmp", "out_0.jpg") == 0, "rename");
    image_step(&journal, "cleanup", STEP_CALL, start);
    image_done(&journal, INPUT_BYTES, journal.written_bytes);
    say("1 image\n");
    journal_end(0);
    return 0;
}
