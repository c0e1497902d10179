/* SPDX-License-Identifier: MIT
 * Owns: figures of workers together: how many ran at once, and what limited them.
 * Must not know: records, formatting. */
#ifndef ANALYZER_METRICS_FIGURES_POOL_H
#define ANALYZER_METRICS_FIGURES_POOL_H
#include "analyzer/model/model.h"

/* One lane. Its busy time told apart: on CPU + run queue + I/O calls + other = active_s. */
struct worker_figures {
    double mean_task_s, cpu_ratio, init_s, active_s, idle_s;
    double idle_run_queue_s; /* part of idle_s: in the middle of an image, ready and without a CPU; NAN: not known */
    double start_s, end_s;   /* its first image's start and its last one's end, from the run's start */
    double on_cpu_s;         /* CPU of its images, at most active_s */
    double run_queue_s;      /* rest of active_s, as far as its time without a CPU reaches; NAN: not recorded */
    double io_call_s;        /* rest of that, as far as its I/O calls reach (inferred) */
    double other_s;          /* what is left */
};

enum pool_limit {
    POOL_LIMIT_NONE, /* fewer than 2 images, or nothing that limits was found */
    POOL_LIMIT_POOL, /* all lanes were taken while CPUs were idle */
    POOL_LIMIT_CPU,  /* the usable CPUs were busy */
    POOL_LIMIT_TAIL, /* the last image ran alone for a large part of the run */
    POOL_LIMIT_IO    /* lanes were busy without CPU, in I/O calls */
};
const char *pool_limit_name(enum pool_limit limit); /* "pool", "cpu", "tail", "io"; NULL for NONE */

enum pool_kind { POOL_KIND_NONE, POOL_KIND_LIBUV, POOL_KIND_THREADS, POOL_KIND_PROCESSES };
const char *pool_kind_name(enum pool_kind kind); /* "libuv", "threads", "processes"; NULL for NONE */

/* Time with exactly n images in flight. */
#define POOL_LEVELS 256
struct pool_level {
    double time_s;
    double cpu_ratio; /* mean CPU use in that time, of the usable CPUs; NAN = no sample fell into it */
    double rss_bytes; /* mean resident memory of all processes then; NAN likewise */
    uint64_t samples;
};

struct pool_figures {
    enum pool_kind kind;
    uint64_t lanes;          /* workers */
    uint64_t in_flight_peak; /* most images at once */
    double in_flight_mean;   /* over the time with at least one */
    double threads_peak;     /* most threads alive at once; NAN = unknown */
    double threads_per_cpu;  /* threads_peak ÷ usable CPUs: most of them may sleep */
    /* Of threads that worked on images, owners and helpers, in their lives; NAN when the scheduler said it of none. */
    double on_cpu_s, run_queue_s; /* with a CPU; ready to run and none free */
    double run_queue_ratio; /* run_queue_s ÷ (run_queue_s + on_cpu_s): 0.5 = half of the time a CPU was missing */
    double runnable_mean;   /* (run_queue_s + on_cpu_s) ÷ time with an image in flight: threads that wanted a CPU */
    double tail_s;          /* from when the last but one lane had finished to the end of the last image */
    double tail_ratio;      /* ÷ (first image's start to last image's end) */
    double cpu_ratio;       /* use of the usable CPUs by us while images were in flight; NAN = unknown */
    double idle_cpus;       /* usable and used by nobody while images were in flight, on average: min(usable - ours,
                             * idle of the machine); NAN = unknown */
    enum pool_limit limit;
    struct pool_level levels[POOL_LEVELS]; /* by images in flight; the last one: that many or more */
    size_t level_count;                    /* highest level seen + 1 */
};

#endif
