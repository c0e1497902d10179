/* SPDX-License-Identifier: MIT
 * Owns: figures of memory: the peak and who made it, what the resident set is made of, what one more image costs.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_FIGURES_MEMORY_H
#define ANALYZER_METRICS_FIGURES_MEMORY_H
#include "analyzer/model/model.h"

/* An image that was in flight at the peak, and the stage it was in (inferred from its phases). */
struct peak_image {
    uint32_t image;
    enum stage stage;
    bool stage_known;
};

#define PEAK_IMAGES 64
struct memory_figures {
    struct peak_image peak_images[PEAK_IMAGES]; /* largest input first */
    size_t peak_image_count;
    uint64_t in_flight_at_peak; /* all of them */
    uint32_t peak_maker;   /* image that the largest site at the peak was for, else the only one in flight; or NO_ID */
    enum stage peak_stage; /* that it was in */
    bool peak_stage_known;
    /* The resident set of the largest process at the highest sample, without the library's own pages.
     * heap + file + mapped + retained = rss where all are known; blocks and mappings that were never touched make
     * retained smaller than it is, even negative. */
    double rss_bytes, heap_bytes, file_bytes;
    double mapped_bytes;   /* large anonymous mappings of the program's own */
    double own_bytes;      /* the library's, beside it */
    double retained_bytes; /* rest: freed and kept by the allocator, stacks, small mappings */
    double most_rss_bytes; /* of any process by the kernel's mark, between samples, too; NAN = unknown */
    bool composition_low;  /* that sample has less than half of it: what it is made of says nothing of the peak */
    /* Peak of one image ÷ its pixels, over images with both. */
    uint64_t per_pixel_n;
    double per_pixel_p50, per_pixel_max;
    uint32_t per_pixel_worst; /* image, or NO_ID */
    /* Least squares over the samples: resident memory = base + per_image × images in flight. NAN unless at least
     * SCALING_LEVELS numbers in flight were seen with SCALING_SAMPLES samples each, per_image is above 0, and r² at
     * least SCALING_R2. */
    const char *scaling_unknown; /* why there is none, as words in brackets; NULL where there is one */
    uint64_t scaling_levels, scaling_samples;
    double base_bytes, per_image_bytes, scaling_r2;
    double workers_fit; /* (limit - base) ÷ per_image, rounded down; limit: the cgroup's, else the machine's */
    double workers_fit_limit_bytes;
};
#define SCALING_LEVELS  3
#define SCALING_SAMPLES 3
#define SCALING_R2      0.8 /* below it something else than the number of images makes the memory */

#endif
