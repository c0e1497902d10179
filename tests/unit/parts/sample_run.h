/* SPDX-License-Identifier: MIT
 * Owns: one small run, built by hand, that tests of metrics and renderers share.
 * Must not know: what is expected of it. */
#ifndef TESTS_SAMPLE_RUN_H
#define TESTS_SAMPLE_RUN_H

#include "analyzer/model/model.h"

#define SAMPLE_MS     UINT64_C(1000000)
#define SAMPLE_START  (UINT64_C(1000000) * SAMPLE_MS) /* run.start_ns: 1,000 s */
#define SAMPLE_IMAGES 6

/* Two workers, six images in five chains: a JPEG made smaller, a PNG that became a WebP through a PPM, a PNG that
 * grew, a JPEG that failed, and a PNG that became an AVIF. Free it with run_free(). */
struct run *sample_run(void);
/* A run with one process and one image file that was only read. */
struct run *sample_run_without_images(void);
/* A run with nothing in it but unknowns; arrays are empty. */
struct run *sample_empty_run(void);

/* Building blocks for tests that need other runs. Appending may move the array. */
uint32_t sample_file(struct run *run, const char *path, enum file_role role, enum image_format format, uint64_t bytes);
/* An ok image of a chain: busy_ns = end - start in ms, everything else unknown. input and output may be NO_ID. */
struct image *sample_image(struct run *run, uint32_t chain, uint32_t input, uint32_t output, uint64_t start_ms,
                           uint64_t end_ms);
/* A worker that was active and on a CPU from its first image to the end of its last; nothing else is known of it. */
struct worker *sample_worker(struct run *run, uint64_t start_ms, uint64_t end_ms);
/* The CPU use since the moment before, and the memory then. */
void sample_moment(struct run *run, uint64_t ms, double cpu_ratio, uint64_t rss_bytes);
void sample_set(struct image *image, enum setting_key key, double value);
/* Gives a run the places that made its memory peak. */
void sample_sites(struct run *run);
/* Names a moment, or a span, in the first process's main thread. */
void sample_mark(struct run *run, uint64_t ms, const char *name, const char *data);
void sample_span(struct run *run, uint64_t from_ms, uint64_t to_ms, const char *name);
/* Gives a run's first process marks of a front end, a sidecar, and others. */
void sample_marks(struct run *run);
/* Gives a stage of an image its time, and how much of it is inferred. */
void sample_stage(struct image *image, enum stage stage, uint64_t ms, uint64_t inferred_ms);

#endif
