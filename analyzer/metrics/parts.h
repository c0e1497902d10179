/* SPDX-License-Identifier: MIT
 * Owns: what the parts of metrics share: the chains of a run, and one function per subject.
 * Must not know: records, formatting. For analyzer/metrics/ only. */
#ifndef ANALYZER_METRICS_PARTS_H
#define ANALYZER_METRICS_PARTS_H

#include <math.h>

#include "analyzer/metrics/metrics.h"

/* A final output and the image that made it. */
struct final_output {
    uint32_t file;
    const struct image *image;
};

/* Images joined by intermediates: one image to the user. */
struct chain {
    const struct image *const *images; /* by start */
    size_t image_count;
    const uint32_t *sources; /* distinct inputs that the chain did not make itself, first used first */
    size_t source_count;
    const struct final_output *finals; /* distinct, of ok images, last finished last; empty unless status is ok */
    size_t final_count;
    enum image_status status;     /* ok with a final output, else that of the image which ended last */
    uint64_t bytes_in, bytes_out; /* UNKNOWN where one of the files is */
    uint64_t busy_ns;
    bool delivered; /* a final output is still there, or went out through a pipe, socket or buffer */
};

struct chain_set {
    struct chain *chains;
    size_t count;
    /* storage of the chains' arrays */
    const struct image **images;
    uint32_t *sources;
    struct final_output *finals;
};

/* Returns false when memory ends. */
bool metrics_chains(const struct run *run, struct chain_set *set);
void metrics_chains_release(struct chain_set *set);
/* Is the content in this file what the run left behind or handed on? */
bool metrics_delivered(const struct image_file *file);

/* Each fills its figures and returns false when memory ends. metrics_qualities() needs the rows of metrics_formats().
 */
bool metrics_image_figures(struct metrics *metrics);
bool metrics_totals(struct metrics *metrics, const struct chain_set *set);
bool metrics_formats(struct metrics *metrics, const struct chain_set *set);
bool metrics_conversions(struct metrics *metrics, const struct chain_set *set);
bool metrics_qualities(struct metrics *metrics, const struct chain_set *set);
bool metrics_losses(struct metrics *metrics, const struct chain_set *set);
/* Fills the disagreements of an image's check. */
void metrics_disagreements(const struct run *run, const struct image *image, struct image_check *check);
bool metrics_workers(struct metrics *metrics);
/* The next three need the images' figures and all of time, memory and sizes. */
bool metrics_value(struct metrics *metrics, const struct chain_set *set);
bool metrics_pool(struct metrics *metrics);
bool metrics_memory_parts(struct metrics *metrics);
/* Lossy when one of the files is; 0 = none is, -1 = not known. */
int metrics_any_lossy(const struct run *run, const uint32_t *files, size_t count);
/* The row of the setting that made the output; NULL: none has it. */
struct quality_row *metrics_row_of(struct metrics *metrics, const struct quality_pair *pair);
/* Last: findings look at every other figure. */
void metrics_findings(struct metrics *metrics);
bool metrics_sites(struct metrics *metrics);
bool metrics_marks(struct metrics *metrics);
void metrics_marks_release(struct metrics *metrics);
void metrics_time(struct metrics *metrics, const struct chain_set *set);
void metrics_cpu(struct metrics *metrics);
void metrics_memory(struct metrics *metrics);
void metrics_metadata(struct metrics *metrics);
void metrics_trust(struct metrics *metrics);

/* a ÷ b, NAN when b is 0: no figure of the report divides by nothing. */
/* Unfinished because the trace ends in the middle of it, not its process. */
bool metrics_breaks_off(const struct run *run, const struct image *image);
static inline double metrics_ratio(double a, double b)
{
    return b != 0 ? a / b : (double)NAN;
}

#endif
