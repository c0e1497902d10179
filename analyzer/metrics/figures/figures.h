/* SPDX-License-Identifier: MIT
 * Owns: the shape of every figure of a run: what metrics computes and renderers show.
 * Must not know: how a figure comes about. Formulas are defined in docs/report.md; NAN or UNKNOWN = not known, never 0.
 */
#ifndef ANALYZER_METRICS_FIGURES_FIGURES_H
#define ANALYZER_METRICS_FIGURES_FIGURES_H
#include "analyzer/metrics/figures/finding.h"
#include "analyzer/metrics/figures/image_figures.h"
#include "analyzer/metrics/figures/losses.h"
#include "analyzer/metrics/figures/marks.h"
#include "analyzer/metrics/figures/memory.h"
#include "analyzer/metrics/figures/pool.h"
#include "analyzer/metrics/figures/retained.h"
#include "analyzer/metrics/figures/value.h"
#include "analyzer/metrics/statistics/timing.h"
#include "analyzer/model/model.h"

/* One quality setting of one output format. */
struct quality_row {
    enum image_format format;
    char *label;         /* "q=85", "aom min=20 max=40", "lossless", "default" */
    const char *encoder; /* may be NULL */
    const char *scale;   /* may be NULL */
    double quality;      /* NAN where the scale has no single number */
    uint64_t n, bytes_in, bytes_out;
    double size_ratio;        /* Σout ÷ Σin; NAN = unknown */
    uint64_t sized;           /* of n, those whose sizes are known: only they are in the bytes and the ratio */
    struct retained retained; /* only where metrics->retained.measured, here and in the next two */
};

/* All chains whose last output has one format. */
struct format_row {
    enum image_format format;
    uint64_t n, bytes_in, bytes_out;
    double size_ratio, median_size_ratio;
    struct timing_stats time; /* Σ busy of the chain */
    struct quality_row *qualities;
    size_t quality_count;
    uint64_t sized; /* as in quality_row */
    struct retained retained;
};

struct conversion_row {
    enum image_format from, to;
    uint64_t n, bytes_in, bytes_out;
    double size_reduction; /* 1 - Σout ÷ Σin */
    uint64_t sized;        /* as in quality_row */
    struct retained retained;
};

/* A process whose records hold less I/O than the kernel counted, or more. */
#define COVERAGE_GAPS 3
struct coverage_gap {
    uint32_t process;
    uint64_t bytes;
    bool more; /* more in the records than the kernel counted */
};

struct metrics {
    const struct run *run;
    double duration_s;
    double paused_s;          /* of the run, in which nothing was recorded as the user wished */
    uint64_t chains;          /* images counted as users count them: joined by intermediates */
    struct timing_stats busy; /* per chain */
    double throughput;        /* chains per second of duration */
    struct timing_stats stages[STAGE_COUNT];
    double worker_init_s;  /* sum over workers; NAN without workers */
    uint64_t worker_inits; /* number of process or thread starts in it */
    double cpu_avg_ratio, cpu_peak_ratio, cpu_min_ratio;
    bool helpers_shared;     /* an image has a part of what helpers of several used, by its busy time */
    double cpu_others_ratio; /* of all CPUs of the machine, used by what was not recorded; NAN = unknown */
    double worker_efficiency, active_s, idle_s;
    double idle_run_queue_s;        /* part of idle_s, of the workers of which it is known */
    struct worker_figures *workers; /* one per run->workers */
    struct format_row *formats;
    size_t format_count;
    struct conversion_row *conversions;
    size_t conversion_count;
    uint64_t images_ok, failed, discarded, unfinished;
    uint64_t broken_off; /* part of unfinished: it is the trace that ends in the middle of them, not their process */
    uint64_t bytes_in, bytes_out; /* each distinct source and each surviving final once */
    int64_t bytes_saved;          /* in - out; negative when the images grew */
    double saved_per_image;       /* NAN without images */
    double peak_rss_bytes, avg_rss_bytes, baseline_rss_bytes, peak_heap_bytes;
    uint64_t io_seen, io_kernel;             /* bytes; io_kernel UNKNOWN where unreadable */
    double coverage_ratio;                   /* seen ÷ kernel, unclamped; NAN = unknown */
    double attributed_ratio;                 /* time of the images in named stages ÷ busy */
    double observed_ratio;                   /* part of busy from observed calls in named stages */
    double overhead_ratio;                   /* own cost ÷ CPU time of the traced processes; NAN = unknown */
    uint64_t sized;                          /* chains in bytes_in and bytes_out: sizes known, output still there */
    uint64_t sized_sources, sized_outputs;   /* different files among them */
    struct timing_stats unattributed;        /* per chain */
    uint64_t coverage_processes;             /* whose kernel counters could be read: the ratio is theirs */
    double size_ratio;                       /* bytes_out ÷ bytes_in; NAN = unknown */
    double io_s;                             /* image read + image write, summed over images; NAN = neither known */
    double other_optimization_s;             /* optimization less decode, transform and encode; NAN = unknown */
    double other_observed_s;                 /* part of it in calls that do all of it at once, as libvips' savers */
    double inferred_ratio;                   /* attributed - observed */
    struct coverage_gap gaps[COVERAGE_GAPS]; /* largest first; none where coverage is within 2 % of all */
    size_t gap_count;
    uint64_t peak_anonymous_bytes;                       /* largest process */
    uint64_t metadata_calls;                             /* UNKNOWN when no process's end was recorded */
    double metadata_s;                                   /* NAN then */
    struct image_check *checks;                          /* one per run->images */
    uint64_t lost[LOSS_COUNT], lost_unknown[LOSS_COUNT]; /* chains, by what they lost; or of which it is not known */
    uint64_t compared;                                   /* chains whose sources and final outputs were compared */
    uint64_t disagreeing;                                /* images with a disagreement */
    struct image_figures *images;                        /* one per run->images */
    struct pool_figures pool;
    struct memory_figures memory;
    struct value_figures value;
    struct mark_figures marks;
    struct retained_figures retained;
    struct finding findings[FINDINGS_MAX]; /* worst first */
    size_t finding_count;
    double *site_ratios; /* one per run->sites: bytes ÷ all large blocks at their peak */
};

#endif
