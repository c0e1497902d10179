/* SPDX-License-Identifier: MIT
 * Owns: images joined by intermediates: one image to the user.
 * Must not know: figures, formatting. */
#ifndef ANALYZER_METRICS_IMAGES_CHAINS_H
#define ANALYZER_METRICS_IMAGES_CHAINS_H
#include <stdbool.h>

#include "analyzer/model/model.h"

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

#endif
