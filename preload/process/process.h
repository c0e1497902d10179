/* SPDX-License-Identifier: MIT
 * Owns: the state of this process image: beginning, fork, end, and what was counted.
 * Must not know: codecs, files of the trace. */
#ifndef PRELOAD_PROCESS_H
#define PRELOAD_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/record/thread.h"
#include "preload/facts/transfers.h"

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

/* Sums over all threads there have been. */
struct process_sums {
    uint64_t records, io_ops, kernel_read, kernel_written, metadata_calls, metadata_ns, stdio_calls, row_calls;
};
struct process_sums process_sums(void);

/* Before the first record of a process: what it is, its memory so far and its modules. Guard set. */
void process_tell(struct thread *self);
/* In a forked child, guard set: new identity, empty packets. */
void process_forked(void);
/* Another program is about to be started: the trace must exist for it to join. */
void process_before_start(void);
/* What waits in memory goes to disk, if there is a trace. Guard set. */
void process_save(struct thread *self);
/* The program is about to filter its system calls: the recording ends here, what comes after is counted as lost. False
 * when nothing is recorded anyway. errno is kept. */
bool process_seal(void);
/* It does so: says it, without a system call. */
void process_sealed(void);
/* The kernel refused the filter. */
void process_unseal(void);
/* Something the report must say. errno is kept. */
void process_put_notice(enum trace_note what);
/* Called before _exit: is this a forked child that made no call that is recorded? Then a word in the control page is
 * all that it leaves; it has to end now: signals are held. */
bool process_ends_idle(void);
/* Takes that word of a child of this number that ended before then. False: there is none. */
bool process_take_idle(uint32_t pid, uint64_t before_ns, struct trace_idle *idle);
/* End of this image: last records, packets finished. Later records open new packets. exit_code -1 = unknown. */
void process_finish(struct thread *self, enum trace_ending how, int exit_code);
/* The recording stops: the last records of this stretch, in which so much was transferred. Nobody else is inside our
 * code, guard set. */
void process_finish_stretch(struct thread *self, const struct transfers *transfers);
/* It is started, or goes on: what is recorded from now on is a process of its own. Likewise. */
void process_begin_anew(void);
/* For the vfork stub: marks the thread and returns the real vfork. */
void *process_before_vfork(void);
/* Writes the hook's definition record once per process. */
void process_define_hook_now(struct thread *self, unsigned hook, unsigned codec, unsigned role, const char *library);
extern _Atomic uint8_t process_hook_defined[HOOK_end];
static inline void process_define_hook(struct thread *self, unsigned hook, unsigned codec, unsigned role,
                                       const char *library)
{
    if (unlikely(!atomic_load_explicit(&process_hook_defined[hook], memory_order_relaxed)))
        process_define_hook_now(self, hook, codec, role, library);
}

#endif
