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
/* The codec reads (IN) or writes (OUT) this file by itself. The text may be unreadable. */
void reveal_path(uint32_t session, const char *path, unsigned direction);
/* Settings were not read: the structure of this version of the library is not known. */
void reveal_unknown_layout(const char *library, unsigned version);
/* The session takes its image from the session of another handle. */
void reveal_source_session(uint32_t session, unsigned family, const void *handle);

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

/* ---- reveal_jpeg.c ---- */
uintptr_t jpeg_next_input(const void *cinfo);
void reveal_jpeg_version(const void *cinfo, int version);
void reveal_jpeg_encoder(uint32_t session, const void *cinfo);
void reveal_jpeg_lossless(uint32_t session, const void *cinfo);

/* ---- reveal_png.c ---- */
void reveal_png_header(uint32_t session, uint32_t width, uint32_t height, int depth, int colour_type, int interlace);

/* ---- reveal_webp.c ---- */
uintptr_t webp_pixels(const void *picture);
void reveal_webp(uint32_t session, const void *config, const void *picture);

/* ---- reveal_avif.c ---- */
uintptr_t avif_data(const void *data);
uint64_t avif_bytes(const void *data);
/* image NULL: not known. */
void reveal_avif(uint32_t session, const void *encoder, const void *image, unsigned row, unsigned instance);
void reveal_avif_cell(uint32_t session, const void *cell, unsigned row, unsigned instance);
void reveal_aom_level(uint32_t session, int level);
void reveal_aom_option(uint32_t session, const char *name, const char *value);

/* ---- reveal_heif.c ---- */
struct heif_status { /* struct heif_error, returned by value */
    int code, detail;
    const char *message;
};
void reveal_heif_number(uint32_t session, const char *name, double value);
void reveal_heif_text(uint32_t session, const char *name, const char *value);
void heif_handle_also(void *const *handle, const void *of);

/* ---- reveal_jxl.c ---- */
struct jxl_chunked_source { /* JxlChunkedFrameInputSource, passed by value */
    void *members[6];
};
void reveal_jxl_image(uint32_t session, const void *info, unsigned row, unsigned instance);
void reveal_jxl_option(uint32_t session, int option, int64_t value);
void reveal_jxl_threads(const void *runner, size_t threads);

/* ---- reveal_vips.c ---- */
/* PIPELINE for an operation that saves, HEADER for one that loads, else 0. May be called before the real call. */
unsigned vips_role(const void *operation);
/* SETUP for an option that is a setting, else 0. */
unsigned vips_option_role(const char *name);
void reveal_vips_option(uint32_t session, const char *name, double value);
uintptr_t vips_blob_data(const void *blob);
uint64_t vips_blob_bytes(const void *blob);

#endif
