/* SPDX-License-Identifier: MIT
 * Owns: the figures of one image that are computed from it alone.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_FIGURES_IMAGE_FIGURES_H
#define ANALYZER_METRICS_FIGURES_IMAGE_FIGURES_H
#include "analyzer/model/model.h"

/* UNKNOWN and NAN = not known. */
struct image_figures {
    uint64_t bytes_in, bytes_out; /* Σ of its inputs, of its outputs */
    double size_ratio;            /* bytes_out ÷ bytes_in of an ok image */
    uint64_t pixels;              /* of its largest input: width × height × frames, else of its largest output */
    uint64_t peak_bytes;          /* peak_heap_bytes, else large_block_peak_bytes */
    double bytes_per_pixel;       /* peak_bytes ÷ pixels */
    double cpu_s;                 /* of owner and helpers; estimated where helpers_cpu_ns is a part of it */
    double cpu_s_per_mb_saved;    /* cpu_s ÷ (bytes_in - bytes_out) ÷ 1e6; NAN where nothing was saved */
    int8_t reencoded;             /* lossy input, lossy output, pixels coded anew: 1, 0, or -1 = not known */
    bool first_of_chain;          /* its chain is counted with it: one image of each chain has this */
};

#endif
