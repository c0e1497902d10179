/* SPDX-License-Identifier: MIT
 * Owns: the state of this process image: beginning, fork, end, and what was counted.
 * Must not know: codecs, files of the trace. */
#ifndef PRELOAD_PROCESS_H
#define PRELOAD_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/thread.h"

struct process_state {
    uint32_t pid;
    uint64_t start_ns;
    bool forked;          /* from a traced process, no exec since */
    bool heap_known;      /* our malloc is the program's */
    bool cycles_are_time; /* the clocksource is tsc: cycle pairs measure time */
    _Atomic bool ended;   /* its end is being written, or is */
    _Atomic uint64_t records, lost;
    _Atomic uint64_t slow_ns;              /* measured time in our slow paths: packets, samples, scans */
    _Atomic uint64_t own_rchar, own_wchar; /* bytes we moved ourselves, as /proc/self/io counts them */
    _Atomic uint64_t reaped_rchar, reaped_wchar;
    _Atomic uint64_t io_ops;
};
extern struct process_state process;

static inline void process_count_lost(uint64_t records)
{
    atomic_fetch_add_explicit(&process.lost, records, memory_order_relaxed);
}

/* In a forked child, guard set: new identity, empty packets, a process record that waits. */
void process_forked(void);
/* Another program is about to be started: the trace must exist for it to join. */
void process_before_start(void);
/* End of this image: last records, packets finished. Later records open new packets. exit_code -1 = unknown. */
void process_finish(struct thread *self, enum trace_ending how, int exit_code);
/* For the vfork stub: marks the thread and returns the real vfork. */
void *process_before_vfork(void);
/* Writes the hook's definition record once per process. */
void process_define_hook(struct thread *self, unsigned hook, unsigned codec, unsigned role, const char *library);

#endif
