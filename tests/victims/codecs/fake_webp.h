/* SPDX-License-Identifier: MIT
 * Owns: the part of libwebp's public interface that the victims use, with the signatures and layouts of libwebp 1.2,
 * and the script that says what the stand-in library does in the next calls of a thread.
 * Must not know: the profiler, the journal. */
#ifndef VICTIMS_FAKE_WEBP_H
#define VICTIMS_FAKE_WEBP_H

#include <stddef.h>
#include <stdint.h>

#define WEBP_ENCODER_ABI_VERSION 0x020f

typedef struct WebPConfig {
    int lossless;
    float quality;
    int method, image_hint, target_size;
    float target_psnr;
    int segments, sns_strength, filter_strength, filter_sharpness, filter_type, autofilter;
    int alpha_compression, alpha_filtering, alpha_quality, pass;
    int show_compressed, preprocessing, partitions, partition_limit, emulate_jpeg_size, thread_level, low_memory;
    int near_lossless, exact, use_delta_palette, use_sharp_yuv, qmin, qmax;
} WebPConfig;
_Static_assert(offsetof(WebPConfig, quality) == 4, "WebPConfig.quality");
_Static_assert(offsetof(WebPConfig, method) == 8, "WebPConfig.method");
_Static_assert(sizeof(WebPConfig) == 116, "WebPConfig");

typedef struct WebPPicture WebPPicture;
typedef int (*WebPWriterFunction)(const uint8_t *data, size_t data_size, const WebPPicture *picture);

struct WebPPicture {
    int use_argb, colorspace;
    int width, height;
    uint8_t *y, *u, *v;
    int y_stride, uv_stride;
    uint8_t *a;
    int a_stride;
    uint32_t pad1[2];
    uint32_t *argb;
    int argb_stride;
    uint32_t pad2[3];
    WebPWriterFunction writer;
    void *custom_ptr;
    int extra_info_type;
    uint8_t *extra_info;
    void *stats;
    int error_code;
    int (*progress_hook)(int percent, const WebPPicture *picture);
    void *user_data;
    uint32_t pad3[3];
    uint8_t *pad4, *pad5;
    uint32_t pad6[8];
    void *memory, *memory_argb;
    void *pad7[2];
};
_Static_assert(offsetof(WebPPicture, argb) == 72, "WebPPicture.argb");
_Static_assert(offsetof(WebPPicture, writer) == 96, "WebPPicture.writer");
_Static_assert(offsetof(WebPPicture, custom_ptr) == 104, "WebPPicture.custom_ptr");
_Static_assert(offsetof(WebPPicture, error_code) == 136, "WebPPicture.error_code");
_Static_assert(sizeof(WebPPicture) == 256, "WebPPicture");

uint8_t *WebPDecodeRGBA(const uint8_t *data, size_t data_size, int *width, int *height);
int WebPGetInfo(const uint8_t *data, size_t data_size, int *width, int *height);
int WebPConfigInitInternal(WebPConfig *config, int preset, float quality, int version);
int WebPPictureInitInternal(WebPPicture *picture, int version);
int WebPEncode(const WebPConfig *config, WebPPicture *picture);
void WebPPictureFree(WebPPicture *picture);
void WebPFree(void *memory);

/* What one call does, in this order. */
struct fake_work {
    uint32_t spin_us;        /* CPU time of the calling thread */
    uint32_t sleep_us;       /* asleep inside the call */
    uint32_t helper_spin_us; /* CPU time of a second thread, which the caller waits for */
};

struct fake_webp_script {
    struct fake_work decode, encode;
    size_t output_bytes;   /* what one encode gives to the writer */
    size_t file_bytes;     /* length of the whole file, for its RIFF header: output_bytes and what the caller appends */
    unsigned chunks;       /* writer calls of one encode; the work is done in as many equal parts before them */
    size_t scratch_bytes;  /* allocated during the encode */
    unsigned kill_after;   /* SIGKILL after so many writer calls; 0 = never */
    size_t scratch_usable; /* result: usable size of the scratch block of the last encode */
};

/* The calling thread's script. */
struct fake_webp_script *fake_webp_script(void);

#endif
