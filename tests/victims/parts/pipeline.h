/* SPDX-License-Identifier: MIT
 * Owns: one WebP image on its way through an optimizer, step by step, every step written to the journal.
 * Must not know: the profiler, in which order or on which threads the steps of several images run. */
#ifndef VICTIMS_PIPELINE_H
#define VICTIMS_PIPELINE_H

#include "tests/victims/codecs/fake_webp.h"
#include "tests/victims/parts/journal.h"

struct image_plan {
    unsigned n; /* number of the image: names its files in_<n>.webp, out_<n>.webp, in_<n>.lock */
    float quality;
    uint32_t validation_us; /* CPU time between the first bytes and the rest of the input */
    uint32_t transform_us;  /* CPU time between decode and encode */
    uint32_t sleep_us;      /* asleep between transform and encode */
    uint32_t cleanup_us;    /* CPU time between the output's close and its rename */
    struct fake_work decode, encode;
    size_t output_bytes;   /* written from inside the encode */
    size_t trailing_bytes; /* written after it */
    unsigned chunks;       /* writer calls of the encode */
    size_t scratch_bytes;  /* allocated during the encode */
    unsigned kill_after;   /* SIGKILL inside the encode after so many writer calls; 0 = never */
};

struct pipeline {
    const struct image_plan *plan;
    struct image_journal journal;
    char input[64], output[64], temporary[64], lock[64];
    size_t input_bytes;
    uint8_t *coded, *pixels;
    int width, height;
    int output_fd;
};

/* The image most victims use. */
struct image_plan default_plan(unsigned n);

/* The steps, in the order in which one image needs them. They abort when a call fails. */
void pipeline_read(struct pipeline *image, const struct image_plan *plan);
void pipeline_decode(struct pipeline *image);
void pipeline_transform(struct pipeline *image);
void pipeline_encode(struct pipeline *image);
void pipeline_write(struct pipeline *image);
void pipeline_finish(struct pipeline *image);

/* All of them. */
void pipeline_image(const struct image_plan *plan);

#endif
