/* SPDX-License-Identifier: MIT
 * Owns: what is kept for each thread, and where the calling thread finds it. Its parts belong to those who are named
 * there. Must not know: what is done with it. */
#ifndef PRELOAD_THREAD_STATE_H
#define PRELOAD_THREAD_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "trace/trace.h"

#define THREAD_PATH_BYTES  4352 /* longest trace directory and a packet name */
#define THREAD_FRAMES      24   /* codec calls inside one another; deeper ones pass through */
#define THREAD_ROWS        6    /* row sums kept at once */
#define THREAD_DESCRIPTORS 2    /* of ours at once: what is copied, and where to */
#define THREAD_STACK       72   /* frames of a call stack; those further out are cut */

/* A codec call in progress. */
struct codec_frame {
    uintptr_t address; /* of the wrapper's stack frame: frames below the current one were left by longjmp */
    const void *handle;
    uint64_t start_ns;
    uint64_t io_ns_before, inner_ns_before;
    uint32_t session;
    uint16_t row;
    uint8_t instance;
    uint8_t role; /* enum trace_role */
    uint8_t depth;
    bool outermost;
    bool inside; /* a PIPELINE call */
};

/* Row calls of one session and function not yet written. */
struct row_sum {
    const void *handle;
    uint64_t cycles, io_ns; /* cycles: of the calls that were timed */
    uint64_t first_ns, first_cycles, last_cycles;
    uint64_t buffer;
    uint32_t calls, timed;
    uint32_t session;
    uint16_t row;
    uint8_t depth;
    bool inside; /* a PIPELINE call */
};

/* What a thread allocated, see heap.h. Each sum changes by one instruction, so that a signal handler that allocates
 * finds and leaves them whole. Calls are counted for all threads that had the state, one after the other. */
#define HEAP_BATCH_BYTES 65536
struct heap_counts {
    int64_t left;        /* HEAP_BATCH_BYTES less the live bytes not yet added to the process's */
    int64_t least_left;  /* lowered before a release and where it is read */
    uint64_t large_from; /* blocks from this size on need more than counting */
    uint64_t releases;
    uint64_t sizes[64]; /* allocations by the highest bit of their usable size */
    int64_t added;      /* what was added to the process's so far */
};

/* The packet being filled. base NULL: none yet. */
struct packet {
    char *base;
    size_t used, capacity;
    char *waiting; /* memory for waiting packets; never unmapped, since the ending process looks into it */
    size_t waiting_capacity;
    uint64_t born_ns; /* of the stream in this process: tells streams apart whose numbers look alike */
    uint64_t last_ns; /* time may not go backwards in a stream */
    uint64_t discarded;
    uint32_t stream, sequence;
    bool on_disk; /* mapped from a packet file; otherwise anonymous memory that waits */
};

/* A thread's bearings: the time at a cycle count, and the rate from there on. See clock.c. */
struct clock {
    uint64_t ns, cycles;
    uint64_t span;  /* cycles that they hold for; 0: not at all */
    uint64_t scale; /* ns per cycle, times 2^32 */
    uint64_t anchor_ns, anchor_cycles, bearings;
};

struct thread {
    struct thread *next; /* all states ever made; never unlinked */
    _Atomic uint32_t in_use;
    _Atomic int own_descriptors[THREAD_DESCRIPTORS]; /* these four: see descriptors.c */
    _Atomic bool own_is_stuck;
    struct stat own_files[THREAD_DESCRIPTORS]; /* what they were opened as */
    _Atomic uint64_t closing;
    unsigned forks; /* calls of fork in progress on this thread: its own handlers may run meanwhile */
    uint32_t tid;
    pthread_t handle;
    struct packet packet;
    bool named; /* its `thread` record is in the current stream */
    uint32_t creator_tid;
    uint64_t start_ns;
    uint64_t own_cpu_ns; /* CPU of our slow paths on this thread: not the program's */
    uint64_t slow_cpu_ns;
    unsigned slow_depth;
    uint64_t io_ns;    /* sum of I/O call times, for the nested part of codec calls */
    uint64_t inner_ns; /* sum of codec calls that count for themselves inside PIPELINE calls, less their I/O */
    uint16_t in_flight_hook;
    struct clock clock;
    uint64_t records, io_ops;
    uint64_t kernel_read, kernel_written; /* bytes that the kernel counts in rchar and wchar */
    uint64_t metadata_calls, metadata_ns;
    uint64_t stdio_calls, row_calls; /* that were counted and are in its records: for what recording cost */
    struct heap_counts heap;
    uint64_t heap_allocations_before, heap_releases_before; /* of earlier threads with this state */
    int64_t heap_added_before;
    /* codec calls, see codecs/calls/call.c */
    unsigned frame_count;
    uint64_t cpu_ns;         /* the thread's last reading by packet_put_cpu() */
    uint64_t frames_cpu_ns;  /* of the thread as the outermost of its frames began, or TRACE_UNKNOWN */
    uint64_t frames_left_ns; /* its last record before one that was made outside of them, or 0 */
    struct codec_frame frames[THREAD_FRAMES];
    struct row_sum rows[THREAD_ROWS];
    unsigned row_count, row_latest; /* row_latest: of the last row call */
    /* call stacks, see stacks.c and unwinder.c */
    bool unwinding;     /* inside libunwind for us */
    void *unwinder_tls; /* what libunwind takes for its thread-local storage */
    void *stack[THREAD_STACK];
    uint32_t stack_nodes[THREAD_STACK];
    _Alignas(8) char facts[8192]; /* files of /proc and /sys: read while a record in scratch waits to be written */
    char scratch[16384];          /* texts of a record; only while the guard is set, like the paths */
    char start[16384]; /* texts of the process's record, which may be written while another one's wait in scratch */
    char paths[3][THREAD_PATH_BYTES];
};

struct thread_local_state {
    struct thread *self;
    struct heap_counts *heap;  /* self's, when counting takes no more than that: see hooks/heap.c; else NULL */
    uintptr_t guard;           /* frame address of our running code, or 0 */
    uintptr_t allocator_frame; /* of the real allocator call in progress, or 0: rows nested in it do not count */
    int32_t vfork_parent;      /* pid of the process that called vfork on this thread, until it is seen back */
    bool finished;             /* the thread gave its state back; late frees go to the process counters */
};
extern _Thread_local struct thread_local_state thread_local_state
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

#endif
