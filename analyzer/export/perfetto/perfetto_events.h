/* SPDX-License-Identifier: MIT
 * Owns: packets of a Perfetto trace that is being written: tracks, events, numbered texts.
 * Must not know: files of the trace, what a run tells. For analyzer/export/perfetto/ only. */
#ifndef ANALYZER_EXPORT_PERFETTO_PERFETTO_EVENTS_H
#define ANALYZER_EXPORT_PERFETTO_PERFETTO_EVENTS_H

#include <stdio.h>

#include "analyzer/export/perfetto/wire/intern.h"
#include "analyzer/export/perfetto/wire/proto.h"
#include "analyzer/metrics/figures/figures.h"
#include "trace/trace.h"

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

/* The first packets of a trace: clocks, names of categories and arguments. */
void perfetto_write_head(struct perfetto *perfetto);

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

#endif
