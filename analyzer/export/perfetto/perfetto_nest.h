/* SPDX-License-Identifier: MIT
 * Owns: calls of one thread, which come by their ends, as slices that nest.
 * Must not know: what the calls did. */
#ifndef ANALYZER_EXPORT_PERFETTO_PERFETTO_NEST_H
#define ANALYZER_EXPORT_PERFETTO_PERFETTO_NEST_H

#include "analyzer/export/perfetto/perfetto_events.h"

#define CALL_NUMBERS 4
struct call {
    uint64_t start_ns, end_ns;
    uint64_t numbers[CALL_NUMBERS];
    unsigned char arguments[CALL_NUMBERS]; /* enum perfetto_argument of each */
    unsigned char category, role, outcome; /* 0 = none */
    uint32_t name, file;                   /* numbers of texts */
    uint32_t session;
    uint64_t arrival; /* perfetto_nest()'s own: which came first */
};

/* Tracks beside a thread's own, for what would not nest there. */
#define LANES_MAX 16
struct lanes {
    uint64_t tracks[LANES_MAX], ends_ns[LANES_MAX];
    unsigned count;
};
/* Writes a call on the first lane that is free; a new one is named so, below parent. */
void perfetto_beside(struct perfetto *perfetto, struct lanes *lanes, uint64_t parent, const char *name,
                     const struct call *call);

/* Calls that wait for those around them, but NEST_WAITING_MAX at most: then the older half is written. Of what was
 * written NEST_BLOCKS_MAX stretches are remembered: a later call is around all of one or goes beside. */
#define NEST_WAITING_MAX 1024
#define NEST_BLOCKS_MAX  64
struct nest {
    struct call *waiting;
    size_t waiting_count, waiting_capacity;
    uint64_t arrivals;
    struct nest_block {
        uint64_t start_ns, end_ns;
        uint32_t session;
    } * blocks; /* by time, disjoint */
    unsigned block_count;
    uint64_t floor_ns; /* what begins before it overlaps what is forgotten */
    struct lanes lanes;
};
/* The next call, ends in order; outermost: as far as one knows, none around it will come. */
void perfetto_nest(struct perfetto *perfetto, struct nest *nest, uint64_t track, const struct call *call,
                   bool outermost);
/* Writes all that waits. */
void perfetto_nest_flush(struct perfetto *perfetto, struct nest *nest, uint64_t track);
void perfetto_nest_release(struct nest *nest);

#endif
