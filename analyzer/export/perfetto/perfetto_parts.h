/* SPDX-License-Identifier: MIT
 * Owns: what the parts of the Perfetto export share: packets, tracks, events.
 * Must not know: files of the trace. For analyzer/export/perfetto/ only. */
#ifndef ANALYZER_EXPORT_PERFETTO_PARTS_H
#define ANALYZER_EXPORT_PERFETTO_PARTS_H

#include "analyzer/export/perfetto/intern.h"
#include "analyzer/export/perfetto/perfetto.h"
#include "analyzer/export/perfetto/proto.h"

/* Categories and names of arguments are few and known: their numbers are their places here, from 1. */
enum perfetto_category {
    CATEGORY_PROCESS = 1,
    CATEGORY_IMAGE,
    CATEGORY_STAGE,
    CATEGORY_CODEC,
    CATEGORY_ROWS,
    CATEGORY_IO,
    CATEGORY_MEMORY,
    CATEGORY_MARK
};
enum perfetto_argument {
    ARGUMENT_NONE,
    ARGUMENT_FILE,
    ARGUMENT_BYTES,
    ARGUMENT_KERNEL_BYTES,
    ARGUMENT_OFFSET,
    ARGUMENT_CALLS,
    ARGUMENT_ERROR,
    ARGUMENT_ROLE,
    ARGUMENT_OUTCOME,
    ARGUMENT_SESSION,
    ARGUMENT_SOURCE_BYTES,
    ARGUMENT_TARGET_BYTES,
    ARGUMENT_IO_NS,
    ARGUMENT_BUSY_NS,
    ARGUMENT_CPU_NS,
    ARGUMENT_IMAGE,
    ARGUMENT_STATUS,
    ARGUMENT_INPUT,
    ARGUMENT_OUTPUT,
    ARGUMENT_BYTES_IN,
    ARGUMENT_BYTES_OUT,
    ARGUMENT_SIZE_RATIO,
    ARGUMENT_SETTING,
    ARGUMENT_QUALITY_RETAINED,
    ARGUMENT_SOURCE,
    ARGUMENT_PID,
    ARGUMENT_TID,
    ARGUMENT_DATA
};

/* Tracks below 2^32 are numbered as they come; those of processes and threads follow from who they are. */
struct perfetto {
    FILE *out;
    const struct metrics *metrics;
    struct proto packet;
    struct intern names, texts; /* of events, of arguments' values */
    uint64_t last_track;
    struct call_stream *streams; /* by number: perfetto_calls.c */
    size_t streams_capacity;
    struct call_process *processes; /* by index of the reader */
    size_t processes_capacity;
    bool *taken;         /* by index of the run: the reader's process is known */
    uint32_t first_free; /* the first that is not */
    uint64_t left_out;
};

uint64_t perfetto_process_track(uint32_t process);              /* index of the run */
uint64_t perfetto_thread_track(uint32_t process, uint32_t tid); /* same */
uint64_t perfetto_new_track(struct perfetto *perfetto);

/* Descriptions of tracks: whole packets. parent 0 = none. */
void perfetto_describe_track(struct perfetto *perfetto, uint64_t track, uint64_t parent, const char *name);
enum perfetto_unit { COUNTER_COUNT = 2, COUNTER_BYTES = 3 };
void perfetto_describe_counter(struct perfetto *perfetto, uint64_t track, uint64_t parent, const char *name,
                               enum perfetto_unit unit);
void perfetto_describe_process(struct perfetto *perfetto, uint32_t process);
void perfetto_describe_thread(struct perfetto *perfetto, uint32_t process, uint32_t tid, struct trace_text name);

/* Numbers of texts, whose first use writes a packet; 0 = the tables are full. Not between begin and end of a packet. */
uint32_t perfetto_name(struct perfetto *perfetto, const char *text, size_t bytes);
uint32_t perfetto_text(struct perfetto *perfetto, const char *text, size_t bytes);

/* A slice's begin is a packet of its own: open, arguments, perfetto_end_event() with what open returned. Its end is
 * another one. */
size_t perfetto_open_slice(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, enum perfetto_category category,
                           uint32_t name);
/* A moment: one packet, nothing closes it. */
size_t perfetto_open_instant(struct perfetto *perfetto, uint64_t track, uint64_t time_ns,
                             enum perfetto_category category, uint32_t name);
void perfetto_end_event(struct perfetto *perfetto, size_t event);
void perfetto_close_slice(struct perfetto *perfetto, uint64_t track, uint64_t time_ns);
void perfetto_argument_number(struct perfetto *perfetto, enum perfetto_argument argument, uint64_t value);
void perfetto_argument_real(struct perfetto *perfetto, enum perfetto_argument argument, double value);
void perfetto_argument_text(struct perfetto *perfetto, enum perfetto_argument argument, uint32_t text);
void perfetto_count(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, uint64_t value);
void perfetto_count_real(struct perfetto *perfetto, uint64_t track, uint64_t time_ns, double value);

/* perfetto_run.c: all that a run tells. */
void perfetto_run(struct perfetto *perfetto);

/* perfetto_marks.c */
void perfetto_marks(struct perfetto *perfetto);

/* ---- perfetto_lanes.c: pieces of time on tracks below one of this name ---- */

struct perfetto_piece {
    uint64_t start_ns, end_ns;
    uint32_t group; /* pieces of two groups are never on one track */
    uint32_t index; /* the caller's */
};
#define PERFETTO_LANE_BYTES 320
/* Names a track of a group; beside: how many the group has already. */
typedef void perfetto_lane_name(struct perfetto *perfetto, uint32_t group, size_t beside,
                                char name[PERFETTO_LANE_BYTES]);
typedef void perfetto_write_piece(struct perfetto *perfetto, uint64_t track, uint32_t index);
/* Sorts the pieces; each is written on a track where it overlaps none before it. */
void perfetto_lay(struct perfetto *perfetto, const char *name, struct perfetto_piece *pieces, size_t count,
                  perfetto_lane_name *lane_name, perfetto_write_piece *write);

/* perfetto_calls.c */
void perfetto_calls_finish(struct perfetto *perfetto);

/* ---- perfetto_nest.c: calls of one thread, which come by their ends, as slices that nest ---- */

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
