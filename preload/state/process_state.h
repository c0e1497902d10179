/* SPDX-License-Identifier: MIT
 * Owns: what is known of this process image, and what was counted in it. Any thread. Must not know: when it begins and
 * ends (preload/process/), what the counts are for. */
#ifndef PRELOAD_PROCESS_STATE_H
#define PRELOAD_PROCESS_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/base/system.h"

struct process_state {
    uint32_t pid;
    uint64_t start_ns;
    uint64_t start_cpu_ns; /* CPU time the pid had used by then */
    _Atomic bool told;     /* the process's record is written */
    bool resumed;          /* it ran before it was recorded, or recorded again */
    bool forked;           /* from a traced process, no exec since */
    bool heap_known;       /* our malloc is the program's */
    bool cycles_are_time;  /* see facts_cycles_are_time. Known from the first row call on */
    _Atomic bool ended;    /* its end is being written, or is */
    bool threaded;         /* a second thread was started: sums of several threads need atomic instructions */
    _Atomic uint64_t lost;
    _Atomic uint64_t slow_ns;              /* measured time in our slow paths: packets, samples, scans */
    _Atomic uint64_t own_rchar, own_wchar; /* bytes we moved ourselves, as /proc/self/io counts them */
};
extern struct process_state process;

static inline void process_count_lost(uint64_t records)
{
    atomic_fetch_add_explicit(&process.lost, records, memory_order_relaxed);
}

/* Adds to a sum that several threads may have in common. */
static inline void process_add_plain(uint64_t *sum, int64_t value)
{
    if (unlikely(process.threaded))
        (void)__atomic_fetch_add(sum, (uint64_t)value, __ATOMIC_RELAXED);
    else
        arch_add(sum, value);
}
static inline void process_take(uint64_t *sum, uint64_t value)
{
    process_add_plain(sum, -(int64_t)value);
}

#endif
