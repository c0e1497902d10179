/* SPDX-License-Identifier: MIT
 * Owns: reading settings and buffers out of the codecs' own structures, after calls that succeeded.
 * Must not know: frames, packets' files. Guard set. A structure version that is not known reveals nothing. */
#ifndef PRELOAD_CODEC_REVEAL_H
#define PRELOAD_CODEC_REVEAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "trace/trace.h"

void reveal(uint32_t session, enum trace_setting key, double value);
/* direction 0: the session's own role tells. */
void reveal_stream(uint32_t session, FILE *stream, unsigned direction);
/* The same for a descriptor. */
void reveal_descriptor(uint32_t session, int fd, unsigned direction);
/* The codec reads (IN) or writes (OUT) this file by itself. The text may be unreadable. */
void reveal_path(uint32_t session, const char *path, unsigned direction);
/* The program hands an image in memory to the codec (IN) or gets one (OUT), and may never read or write it itself. */
void reveal_memory(uint32_t session, uintptr_t data, uint64_t bytes, unsigned direction);
/* Settings were not read: the structure of this version of the library is not known. */
void reveal_unknown_layout(const char *library, unsigned version);
/* The session takes its image from the session of another handle. */
void reveal_source_session(uint32_t session, unsigned family, const void *handle);

/* Reading before the real call, without the guard: enters our code for it, which a process that is about to forbid
 * itself system calls waits for. Nothing is read where nothing may be recorded. */
bool early_read(const void *from, void *to, size_t bytes);
size_t early_text(const char *from, char *out, size_t capacity);

/* Fields of structures that the call has just used. */
static inline uint32_t u32_at(const void *base, size_t offset)
{
    uint32_t value;
    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}
static inline const void *pointer_at(const void *base, size_t offset)
{
    const void *value;
    memcpy(&value, (const char *)base + offset, sizeof value);
    return value;
}

/* ---- reveal/jpeg.c ---- */
uintptr_t jpeg_next_input(const void *cinfo);
/* Where jpeg_mem_dest was told to leave the image, and what is there now. */
void jpeg_note_output(const void *cinfo, unsigned char *const *data, const unsigned long *bytes);
uintptr_t jpeg_output(const void *cinfo);
uint64_t jpeg_output_bytes(const void *cinfo);
void reveal_jpeg_version(const void *cinfo, int version, size_t bytes);
void reveal_jpeg_encoder(uint32_t session, const void *cinfo);
void reveal_jpeg_lossless(uint32_t session, const void *cinfo);
void reveal_jpeg_marker(uint32_t session, int marker);
/* grey: the pixels have one channel. */
void reveal_turbo(uint32_t session, int width, int height, int grey, int sampling, int quality, int flags);
void turbo_note(const void *handle, int parameter, int value);
/* The same from what turbo_note has heard. width, depth 0: not known. */
void reveal_turbo3(uint32_t session, const void *handle, int width, int height, int depth, int grey);

/* ---- reveal/png.c ---- */
void reveal_png_header(uint32_t session, uint32_t width, uint32_t height, int depth, int colour_type, int interlace);
void reveal_png_text(uint32_t session, const void *texts, int count);
void reveal_png_image(uint32_t session, const void *image, int eight_bits);

/* ---- reveal/webp.c ---- */
uintptr_t webp_pixels(const void *picture);
/* A structure was made for this version of the interface. */
void webp_encoder_version(int version);
void webp_decoder_version(int version);
void webp_note_writer(const void *writer);
uintptr_t webp_written(const void *picture);
uint64_t webp_written_bytes(const void *picture);
uintptr_t webp_decoded(const void *config);
/* A WebPData. */
uintptr_t webp_data(const void *data);
uint64_t webp_bytes(const void *data);
void reveal_webp(uint32_t session, const void *config, const void *picture);
void webp_note_frame(const void *encoder);
void reveal_webp_frames(uint32_t session, const void *encoder);
void reveal_webp_chunk(uint32_t session, const char *name);

/* ---- reveal/zlib.c ---- */
/* The last byte read from the stream's input, or written to its output. */
uintptr_t zlib_input(const void *stream);
uintptr_t zlib_output(const void *stream);
void reveal_zlib(uint32_t session, int level, int strategy, int window_bits, const char *version, int bytes);

/* ---- reveal/palette.c ---- */
void palette_note(const void *attributes, enum trace_setting key, int value);
void palette_copied(const void *from, const void *to);
/* What the attributes were told; the result that they made stands for the session from now on. */
void reveal_palette(uint32_t session, const void *attributes, const void *quantized);

/* ---- reveal/gif.c ---- */
void reveal_gif_screen(uint32_t session, int width, int height, const void *map);
void reveal_gif_image(uint32_t session, const void *gif, int interlaced, const void *map);
void reveal_gif_file(uint32_t session, const void *gif, unsigned row, unsigned instance);

/* ---- reveal/tiff.c ---- */
unsigned tiff_open_role(const char *mode);
/* Once for each file. */
unsigned tiff_close_role(const void *tiff);
const void *tiff_of_image(const void *image);
void tiff_opened(uint32_t session, const void *tiff, const char *path, const char *mode);
/* Only tags whose value is an integer. */
void reveal_tiff_field(uint32_t session, const void *tiff, uint32_t tag, uint32_t value);

/* ---- reveal/avif.c ---- */
uintptr_t avif_data(const void *data);
uint64_t avif_bytes(const void *data);
/* image NULL: not known. */
void reveal_avif(uint32_t session, const void *encoder, const void *image, unsigned row, unsigned instance);
void reveal_avif_cell(uint32_t session, const void *cell, unsigned row, unsigned instance);
void reveal_aom_level(uint32_t session, int level);
void reveal_aom_option(uint32_t session, const char *name, const char *value);

/* ---- reveal/heif.c ---- */
struct heif_status { /* struct heif_error, returned by value */
    int code, detail;
    const char *message;
};
void reveal_heif_number(uint32_t session, const char *name, double value);
void reveal_heif_text(uint32_t session, const char *name, const char *value);
void heif_handle_also(void *const *handle, const void *of);

/* ---- reveal/jxl.c ---- */
struct jxl_chunked_source { /* JxlChunkedFrameInputSource, passed by value */
    void *members[6];
};
void reveal_jxl_image(uint32_t session, const void *info, unsigned row, unsigned instance);
void reveal_jxl_option(uint32_t session, int option, int64_t value);
void reveal_jxl_threads(const void *runner, size_t threads);

/* ---- reveal/magick.c ---- */
unsigned magick_plural(unsigned role);

/* ---- reveal/pixbuf.c ---- */
void reveal_pixbuf(uint32_t session, const char *type, char *const *keys, char *const *values);

/* ---- reveal/libav.c ---- */
bool libav_good(int result);
uintptr_t libav_packet(const void *packet);
uint64_t libav_packet_bytes(const void *packet);
uintptr_t libav_frame(const void *frame);
const void *libav_context(void *const *context);
unsigned libav_role(const void *context, unsigned role);
unsigned libav_transforms(void);
void libav_forget(const void *context);
/* Each packet is an image of its own. */
bool libav_is_still(const void *context);
void reveal_libav_open(const void *context, unsigned row, unsigned instance);
void reveal_libav_encoder(uint32_t session, const void *context, unsigned row, unsigned instance);

/* ---- reveal/vips.c ---- */
/* PIPELINE for an operation that saves, HEADER for one that loads, else 0. May be called before the real call. */
unsigned vips_role(const void *operation);
/* SETUP for an option that is a setting, else 0. */
unsigned vips_option_role(const char *name);
void reveal_vips_option(uint32_t session, const char *name, double value);
uintptr_t vips_blob_data(const void *blob);
uint64_t vips_blob_bytes(const void *blob);

#endif
