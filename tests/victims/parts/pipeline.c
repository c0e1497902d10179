/* SPDX-License-Identifier: MIT
 * Owns: the steps of pipeline.h.
 * Must not know: the profiler, in which order or on which threads the steps of several images run. */
#include "tests/victims/parts/pipeline.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/victims/parts/clock.h"

#define HEAD_BYTES  64u
#define READ_CHUNK  ((size_t)256 << 10)
#define WRITE_CHUNK ((size_t)512 << 10)

static uint8_t trailer[WRITE_CHUNK];

struct image_plan default_plan(unsigned n)
{
    return (struct image_plan){
        .n = n,
        .quality = 70.0f + (float)n,
        .validation_us = 10000,
        .transform_us = 20000,
        .sleep_us = 15000,
        .cleanup_us = 5000,
        .decode = {.spin_us = 30000},
        .encode = {.spin_us = 40000},
        .output_bytes = (size_t)6 << 20,
        .trailing_bytes = (size_t)2 << 20,
        .chunks = 8,
        .scratch_bytes = (size_t)3 << 20,
    };
}

static void check(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void read_exactly(struct pipeline *image, int fd, uint8_t *at, size_t bytes)
{
    while (bytes) {
        ssize_t got = read(fd, at, bytes < READ_CHUNK ? bytes : READ_CHUNK);
        check(got > 0, "read");
        image->journal.read_bytes += (uint64_t)got;
        at += got;
        bytes -= (size_t)got;
    }
}

void pipeline_read(struct pipeline *image, const struct image_plan *plan)
{
    struct stat status;
    *image = (struct pipeline){.plan = plan};
    snprintf(image->input, sizeof image->input, "in_%u.webp", plan->n);
    snprintf(image->output, sizeof image->output, "out_%u.webp", plan->n);
    snprintf(image->temporary, sizeof image->temporary, "out_%u.webp.tmp", plan->n);
    snprintf(image->lock, sizeof image->lock, "in_%u.lock", plan->n);
    struct image_journal *journal = &image->journal;
    image_begin(journal, plan->n, image->input, image->output, (double)plan->quality);

    struct moment start = journal->start;
    int fd = open(image->input, O_RDONLY | O_CLOEXEC);
    check(fd >= 0 && fstat(fd, &status) == 0, "open");
    image_step(journal, "validation", STEP_CALL, start);
    image->input_bytes = (size_t)status.st_size;
    start = moment_now();
    uint8_t head[HEAD_BYTES];
    read_exactly(image, fd, head, sizeof head);
    image_step(journal, "image_read", STEP_CALL, start);

    start = moment_now();
    check(WebPGetInfo(head, sizeof head, NULL, NULL), "WebPGetInfo");
    spin_us(plan->validation_us);
    image->coded = image_malloc(journal, image->input_bytes);
    memset(image->coded, 0, image->input_bytes);
    memcpy(image->coded, head, sizeof head);
    image_step(journal, "validation", STEP_GAP, start);

    start = moment_now();
    read_exactly(image, fd, image->coded + sizeof head, image->input_bytes - sizeof head);
    image_step(journal, "image_read", STEP_CALL, start);
    start = moment_now();
    close(fd);
    image_step(journal, "validation", STEP_CALL, start);
}

void pipeline_decode(struct pipeline *image)
{
    fake_webp_script()->decode = image->plan->decode;
    struct moment start = moment_now();
    image->pixels = WebPDecodeRGBA(image->coded, image->input_bytes, &image->width, &image->height);
    image_step(&image->journal, "decode", STEP_CALL, start);
    image_adopt(&image->journal, image->pixels);
}

void pipeline_transform(struct pipeline *image)
{
    struct moment start = moment_now();
    spin_us(image->plan->transform_us);
    image_step(&image->journal, "transform", STEP_GAP, start);
    if (!image->plan->sleep_us)
        return;
    start = moment_now();
    sleep_us(image->plan->sleep_us);
    image_step(&image->journal, "", STEP_SLEEP, start);
}

static int write_output(struct pipeline *image, const uint8_t *data, size_t bytes)
{
    while (bytes) {
        ssize_t put = write(image->output_fd, data, bytes < WRITE_CHUNK ? bytes : WRITE_CHUNK);
        if (put <= 0)
            return 0;
        image->journal.written_bytes += (uint64_t)put;
        data += put;
        bytes -= (size_t)put;
    }
    return 1;
}

static int writer(const uint8_t *data, size_t bytes, const WebPPicture *picture)
{
    struct pipeline *image = picture->custom_ptr;
    uint64_t start = wall_now();
    int good = write_output(image, data, bytes);
    image->journal.nested_ns += wall_now() - start;
    return good;
}

void pipeline_encode(struct pipeline *image)
{
    const struct image_plan *plan = image->plan;
    struct fake_webp_script *script = fake_webp_script();
    script->encode = plan->encode;
    script->output_bytes = plan->output_bytes;
    script->file_bytes = plan->output_bytes + plan->trailing_bytes;
    script->chunks = plan->chunks;
    script->scratch_bytes = plan->scratch_bytes;
    script->kill_after = plan->kill_after;
    WebPConfig config;
    WebPPicture picture;
    check(WebPConfigInitInternal(&config, 0, plan->quality, WEBP_ENCODER_ABI_VERSION) &&
              WebPPictureInitInternal(&picture, WEBP_ENCODER_ABI_VERSION),
          "WebPConfigInitInternal");
    picture.use_argb = 1;
    picture.width = image->width;
    picture.height = image->height;
    picture.argb = (uint32_t *)(void *)image->pixels;
    picture.argb_stride = image->width;
    picture.writer = writer;
    picture.custom_ptr = image;

    struct moment start = moment_now();
    image->output_fd = open(image->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    check(image->output_fd >= 0, "open");
    image_step(&image->journal, "", STEP_CALL, start);
    start = moment_now();
    int good = WebPEncode(&config, &picture);
    image_step(&image->journal, "encode", STEP_CALL, start);
    check(good, "WebPEncode");
    image_peak_with(&image->journal, script->scratch_usable);
    WebPPictureFree(&picture);
}

void pipeline_write(struct pipeline *image)
{
    struct moment start = moment_now();
    for (size_t left = image->plan->trailing_bytes; left;) {
        size_t part = left < sizeof trailer ? left : sizeof trailer;
        check(write_output(image, trailer, part), "write");
        left -= part;
    }
    image_step(&image->journal, "image_write", STEP_CALL, start);
}

void pipeline_finish(struct pipeline *image)
{
    struct image_journal *journal = &image->journal;
    struct moment start = moment_now();
    check(close(image->output_fd) == 0, "close");
    image_step(journal, "cleanup", STEP_CALL, start);
    start = moment_now();
    image_drop(journal, image->pixels);
    WebPFree(image->pixels);
    image_drop(journal, image->coded);
    free(image->coded);
    spin_us(image->plan->cleanup_us);
    image_step(journal, "cleanup", STEP_GAP, start);
    start = moment_now();
    check(rename(image->temporary, image->output) == 0, "rename");
    check(unlink(image->lock) == 0, "unlink");
    image_step(journal, "cleanup", STEP_CALL, start);
    image_done(journal, image->input_bytes, image->plan->output_bytes + image->plan->trailing_bytes);
}

void pipeline_image(const struct image_plan *plan)
{
    struct pipeline image;
    pipeline_read(&image, plan);
    pipeline_decode(&image);
    pipeline_transform(&image);
    pipeline_encode(&image);
    pipeline_write(&image);
    pipeline_finish(&image);
}
