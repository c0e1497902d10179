/* SPDX-License-Identifier: MIT
 * Owns: a stand-in for libwebp.so.7 that takes exactly as long as its script says. Pixels are filler; file headers
 * are real.
 * Must not know: the profiler, the journal. */
#include "tests/victims/codecs/fake_webp.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/victims/parts/clock.h"

#define HEADER_BYTES 30
#define CHUNK_MAX    (1u << 20)

static _Thread_local struct fake_webp_script script;
static uint8_t filler[CHUNK_MAX];

struct fake_webp_script *fake_webp_script(void)
{
    return &script;
}

static void *helper_main(void *us)
{
    spin_us(*(const uint32_t *)us);
    return NULL;
}

static void work(const struct fake_work *work, unsigned parts)
{
    uint32_t helper_us = work->helper_spin_us / parts;
    spin_us(work->spin_us / parts);
    sleep_us(work->sleep_us / parts);
    if (helper_us) {
        pthread_t helper;
        if (pthread_create(&helper, NULL, helper_main, &helper_us))
            abort();
        pthread_join(helper, NULL);
    }
}

static void put(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static int get24(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16;
}

int WebPGetInfo(const uint8_t *data, size_t data_size, int *width, int *height)
{
    if (data_size < HEADER_BYTES || memcmp(data, "RIFF", 4) || memcmp(data + 8, "WEBPVP8X", 8))
        return 0;
    if (width)
        *width = get24(data + 24) + 1;
    if (height)
        *height = get24(data + 27) + 1;
    return 1;
}

uint8_t *WebPDecodeRGBA(const uint8_t *data, size_t data_size, int *width, int *height)
{
    int w, h;
    if (!WebPGetInfo(data, data_size, &w, &h))
        return NULL;
    size_t bytes = (size_t)w * (size_t)h * 4;
    uint8_t *pixels = malloc(bytes);
    if (!pixels)
        return NULL;
    memset(pixels, data[data_size - 1], bytes);
    work(&script.decode, 1);
    if (width)
        *width = w;
    if (height)
        *height = h;
    return pixels;
}

int WebPConfigInitInternal(WebPConfig *config, int preset, float quality, int version)
{
    (void)preset;
    if (version >> 8 != WEBP_ENCODER_ABI_VERSION >> 8)
        return 0;
    memset(config, 0, sizeof *config);
    config->quality = quality;
    config->method = 4;
    config->segments = 4;
    config->pass = 1;
    config->qmax = 100;
    return 1;
}

int WebPPictureInitInternal(WebPPicture *picture, int version)
{
    if (version >> 8 != WEBP_ENCODER_ABI_VERSION >> 8)
        return 0;
    memset(picture, 0, sizeof *picture);
    return 1;
}

static void make_header(uint8_t *head, const WebPPicture *picture)
{
    memcpy(head, "RIFF", 4);
    put(head + 4, 4, script.file_bytes - 8);
    memcpy(head + 8, "WEBPVP8X", 8);
    put(head + 16, 4, 10);
    put(head + 20, 4, 0);
    put(head + 24, 3, (uint64_t)picture->width - 1);
    put(head + 27, 3, (uint64_t)picture->height - 1);
    memcpy(head + 30, "VP8 ", 4);
    put(head + 34, 4, script.file_bytes - 38);
}

int WebPEncode(const WebPConfig *config, WebPPicture *picture)
{
    (void)config;
    uint8_t *scratch = script.scratch_bytes ? malloc(script.scratch_bytes) : NULL;
    script.scratch_usable = malloc_usable_size(scratch);
    uint8_t *chunk = filler;
    uint8_t head[64] = {0};
    make_header(head, picture);
    size_t part = script.output_bytes / script.chunks;
    if (part > CHUNK_MAX || part < sizeof head)
        abort();
    int good = 1;
    for (unsigned i = 0; good && i < script.chunks; i++) {
        work(&script.encode, script.chunks);
        size_t left = i + 1 < script.chunks ? part : script.output_bytes - part * (script.chunks - 1);
        if (i == 0) {
            good = picture->writer(head, sizeof head, picture);
            left -= sizeof head;
        }
        good = good && picture->writer(chunk, left, picture);
        if (script.kill_after == i + 1)
            kill(getpid(), SIGKILL);
    }
    free(scratch);
    picture->error_code = good ? 0 : 9;
    return good;
}

void WebPPictureFree(WebPPicture *picture)
{
    picture->argb = NULL;
    picture->y = picture->u = picture->v = picture->a = NULL;
}

void WebPFree(void *memory)
{
    free(memory);
}
