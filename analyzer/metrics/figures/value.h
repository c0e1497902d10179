/* SPDX-License-Identifier: MIT
 * Owns: figures of what the work was worth: images that grew, work done twice, what a saved megabyte cost.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_FIGURES_VALUE_H
#define ANALYZER_METRICS_FIGURES_VALUE_H
#include "analyzer/model/model.h"

/* A group of images: how many, what they cost, the worst of them (ids of run->images, worst first). */
#define VALUE_WORST 20
struct value_group {
    uint64_t n;
    uint64_t bytes_in, bytes_out; /* of those whose sizes are known */
    double busy_s, cpu_s;         /* cpu_s NAN where one is unknown */
    uint32_t worst[VALUE_WORST];
    size_t worst_count;
};

/* A source that several images read. */
struct repeated_file {
    uint32_t file;
    uint64_t reads, decodes; /* images that read it; of them those that decoded it */
    uint64_t extra_bytes;    /* read again: beyond once */
    double extra_s;          /* image read and decode time beyond the first image's */
};

#define LITTLE_GAIN 0.01 /* of the input: what saves less is listed */
struct value_figures {
    double cpu_s_per_mb_saved;    /* Σ CPU of ok chains ÷ MB saved; NAN where nothing was saved or a CPU is unknown */
    struct value_group grew;      /* ok, output larger than input; worst: most bytes gained */
    struct value_group little;    /* ok, saved less than LITTLE_GAIN; worst: most CPU spent */
    struct value_group discarded; /* encodes thrown away; worst: most CPU */
    struct value_group failed;
    struct value_group reencoded;               /* lossy input coded lossily again; worst: largest size ratio */
    struct value_group recompressed;            /* of reencoded: could have been done without, see docs/report.md */
    struct value_group all;                     /* ok ones; worst: largest size ratio, "worst files first" */
    struct repeated_file repeated[VALUE_WORST]; /* largest extra_s first */
    size_t repeated_count;
    uint64_t repeated_files, repeated_bytes;
    double repeated_s;
    uint64_t io_ops, small_ops;                      /* calls on image files, and those below SMALL_IO_BYTES */
    double io_s;                                     /* time in them */
    uint64_t intermediate_files, intermediate_bytes; /* temporary files between images of one chain */
    double intermediate_s;                           /* reading and writing them */
};

#endif
