// SPDX-License-Identifier: MIT
// Owns: a program whose callbacks leave libjpeg, libpng and libwebp by an exception or a jump, over and over.
// Must not know: the profiler.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

static std::jmp_buf place;
static bool jumps;
static unsigned countdown;

struct counted { // its destructor must run when an exception passes
    static int alive;
    counted() { alive++; }
    ~counted() { alive--; }
};
int counted::alive;

static void leave(const char *why)
{
    if (jumps)
        std::longjmp(place, 1);
    throw std::runtime_error(why);
}

static bool enough()
{
    return countdown-- == 0;
}

// ---- libjpeg: its error handler, and a destination that refuses a buffer ----
static void jpeg_failed(j_common_ptr) { leave("libjpeg"); }
static JOCTET buffer[256];
static void start_output(j_compress_ptr c)
{
    c->dest->next_output_byte = buffer;
    c->dest->free_in_buffer = sizeof buffer;
}
static boolean empty_output(j_compress_ptr c)
{
    counted here;
    if (enough() && !jumps)
        throw std::runtime_error("destination");
    start_output(c);
    return TRUE;
}
static void end_output(j_compress_ptr) {}

static void with_jpeg(bool bad_size)
{
    jpeg_compress_struct c;
    jpeg_error_mgr errors;
    c.err = jpeg_std_error(&errors);
    errors.error_exit = jpeg_failed;
    jpeg_create_compress(&c);
    jpeg_destination_mgr destination = {};
    destination.init_destination = start_output;
    destination.empty_output_buffer = empty_output;
    destination.term_destination = end_output;
    c.dest = &destination;
    c.image_width = bad_size ? 0 : 64;
    c.image_height = 64;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    auto work = [&] {
        jpeg_set_defaults(&c);
        jpeg_start_compress(&c, TRUE);
        JSAMPLE row[64 * 3];
        for (unsigned y = 0; y < 64; y++) {
            for (unsigned x = 0; x < sizeof row; x++)
                row[x] = static_cast<JSAMPLE>(x * y * 31);
            JSAMPROW rows = row;
            jpeg_write_scanlines(&c, &rows, 1);
        }
        jpeg_finish_compress(&c);
    };
    try {
        work();
    } catch (...) {
        jpeg_destroy_compress(&c);
        throw;
    }
    jpeg_destroy_compress(&c);
}

// ---- libpng: its error handler, a writer and a reader that give up ----
static std::vector<unsigned char> made;
static size_t read_at;
static void png_failed(png_structp, png_const_charp why) { leave(why); }
static void png_warned(png_structp, png_const_charp) {}
static void png_writer(png_structp png, png_bytep data, png_size_t size)
{
    if (enough())
        png_error(png, "writer");
    made.insert(made.end(), data, data + size);
}
static void png_reader(png_structp png, png_bytep data, png_size_t size)
{
    if (enough() || read_at + size > made.size())
        png_error(png, "reader");
    std::memcpy(data, made.data() + read_at, size);
    read_at += size;
}

static void with_png(bool reading)
{
    static png_structp png;
    static png_infop info;
    static png_byte row[64 * 3];
    png = reading ? png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, png_failed, png_warned)
                  : png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, png_failed, png_warned);
    info = png_create_info_struct(png);
    try {
        if (reading) {
            read_at = 0;
            png_set_read_fn(png, nullptr, png_reader);
            png_read_info(png, info);
            for (unsigned y = 0; y < 64; y++)
                png_read_row(png, row, nullptr);
            png_read_end(png, info);
        } else {
            made.clear();
            png_set_write_fn(png, nullptr, png_writer, nullptr);
            png_set_IHDR(png, info, 64, 64, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                         PNG_FILTER_TYPE_DEFAULT);
            png_set_compression_buffer_size(png, 64);
            png_write_info(png, info);
            for (unsigned y = 0; y < 64; y++) {
                for (unsigned x = 0; x < sizeof row; x++)
                    row[x] = static_cast<png_byte>(x * y * 131 >> 3);
                png_write_row(png, row);
            }
            png_write_end(png, info);
        }
    } catch (...) {
        reading ? png_destroy_read_struct(&png, &info, nullptr) : png_destroy_write_struct(&png, &info);
        throw;
    }
    reading ? png_destroy_read_struct(&png, &info, nullptr) : png_destroy_write_struct(&png, &info);
}

// ---- libwebp: a writer and a progress hook that give up ----
static int webp_writer(const uint8_t *, size_t, const WebPPicture *)
{
    counted here;
    if (enough() && !jumps)
        throw std::runtime_error("webp writer");
    return 1;
}

static void with_webp()
{
    WebPConfig config;
    WebPPicture picture;
    WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, 50);
    WebPPictureInit(&picture);
    picture.width = picture.height = 64;
    picture.writer = webp_writer;
    std::vector<uint8_t> pixels(64 * 64 * 3, 77);
    WebPPictureImportRGB(&picture, pixels.data(), 64 * 3);
    try {
        WebPEncode(&config, &picture);
    } catch (...) {
        WebPPictureFree(&picture); // what the encoder itself had is leaked, as without us
        throw;
    }
    WebPPictureFree(&picture);
}

static unsigned done, caught, jumped;

static void attempt(int which, unsigned after)
{
    countdown = after;
    if (jumps && setjmp(place)) { // only where no object with a destructor is jumped over
        jumped++;
        return;
    }
    try {
        switch (which) {
        case 0: with_jpeg(true); break;
        case 1: with_jpeg(false); break;
        case 2: with_png(false); break;
        case 3: with_png(true); break;
        default: with_webp();
        }
        done++;
    } catch (const std::exception &error) {
        caught++;
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 50;
    for (int way = 0; way < 2; way++) {
        jumps = way;
        for (int which = 0; which < 5; which++) {
            done = caught = jumped = 0;
            for (unsigned n = 0; n < rounds; n++) {
                if (which == 3) { // something whole to read
                    bool kept = jumps;
                    jumps = false;
                    countdown = 100000;
                    with_png(false);
                    jumps = kept;
                }
                attempt(which, n % 40);
            }
            std::printf("way %d, %d: %u ended, %u caught, %u jumped, %d alive\n", way, which, done, caught, jumped,
                        counted::alive);
        }
    }
    return counted::alive;
}
