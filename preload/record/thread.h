/* SPDX-License-Identifier: MIT
 * Owns: per-thread state, the guard around our own code, and the decision whether a hook may record now.
 * Must not know: what is recorded.
 *
 * The guard is set only while our own code runs, tagged with its frame address; codec, allocator and I/O calls of the
 * program run unguarded. A hook entered by a signal inside our code finds the guard set: its record is counted lost. */
#ifndef PRELOAD_THREAD_H
#define PRELOAD_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/hooks/hook.h"
#include "preload/base/system.h"
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
    /* codec calls, see codec_call.c */
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

/* Word that the kernel wipes in a forked child, once it is armed: not 0 in the process that armed it. */
extern uint32_t *thread_fork_token;
enum {
    THREAD_TOKEN_QUIET = 1, /* nothing was recorded yet: the first hook that does says first what process this is */
    THREAD_TOKEN_TOLD = 2
};
extern _Atomic bool thread_recording; /* hooks record; false before the constructor, when switched off and after: */
extern _Atomic uint64_t *_Atomic thread_sealed; /* where the losses of a sealed process are counted, or NULL */

/* What the user wants, as the trace's control page says it (see trace_control.state), and what this process has done so
 * far; different when there is something to do: recording.c does it. Until a page is mapped the one is the other. */
extern const uint32_t *_Atomic thread_wish;
extern _Atomic uint32_t thread_wish_done;
extern _Atomic bool thread_paused;          /* by the user: thread_recording is false then */
extern _Atomic bool thread_paused_for_good; /* the program forbids system calls meanwhile */
/* Paused, and it may go on: what has to be known then is followed. */
static inline bool thread_is_paused(void)
{
    return atomic_load_explicit(&thread_paused, memory_order_relaxed) &&
           !atomic_load_explicit(&thread_paused_for_good, memory_order_relaxed);
}
static inline bool thread_wish_changed(void)
{
    return __atomic_load_n(atomic_load_explicit(&thread_wish, memory_order_relaxed), __ATOMIC_RELAXED) !=
           atomic_load_explicit(&thread_wish_done, memory_order_relaxed);
}
void thread_wish_is(const uint32_t *state);

/* Out of line parts of thread_hook_start. */
bool thread_may_record_slow(bool tell);
bool thread_does_not_record(void);

/* True when this hook may look at the clock and record. Called before the real function; touches no state of ours. */
static inline bool thread_may_record(void)
{
    if (unlikely(!atomic_load_explicit(&thread_recording, memory_order_relaxed)))
        return thread_does_not_record();
    if (unlikely(thread_local_state.vfork_parent | (*thread_fork_token != THREAD_TOKEN_TOLD) | thread_wish_changed()))
        return thread_may_record_slow(true);
    return true;
}
/* The same for a hook that may turn out to have nothing to record: tells nobody what process this is. */
static inline bool thread_may_record_quietly(void)
{
    if (unlikely(!atomic_load_explicit(&thread_recording, memory_order_relaxed)))
        return false;
    return likely(!thread_local_state.vfork_parent && *thread_fork_token) || thread_may_record_slow(false);
}

/* The same from inside our own code, where a fork is not taken care of. */
static inline bool thread_may_record_guarded(void)
{
    return atomic_load_explicit(&thread_recording, memory_order_relaxed) && *thread_fork_token == THREAD_TOKEN_TOLD &&
           !thread_local_state.vfork_parent;
}

/* CLOCK_MONOTONIC, by the cycle counter where that is the clock anyway; never goes back on a thread. */
uint64_t thread_now_by_clock(struct thread *self);
static inline uint64_t thread_now_ns(void)
{
    struct thread *self = thread_local_state.self;
    if (unlikely(!self))
        return system_now_ns();
    uint64_t cycles = arch_cycles() - self->clock.cycles;
    if (likely(cycles < self->clock.span))
        return self->clock.ns + (cycles * self->clock.scale >> 32);
    return thread_now_by_clock(self);
}

/* Start time of a call to record, or 0 when it is to pass through. */
static inline uint64_t thread_hook_start(void)
{
    return thread_may_record() ? thread_now_ns() : 0;
}

/* Enters our own code: the calling thread's state with the guard set, or NULL (counted lost) when that is not
 * possible now. Pair with thread_leave. errno is the caller's to keep. */
struct thread *thread_enter_slow(uintptr_t frame);
struct thread *thread_turned_away(void);
extern _Atomic bool thread_shut; /* nobody enters any more */
static inline struct thread *thread_enter(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    struct thread *self = thread_local_state.self;
    if (unlikely(thread_local_state.guard || !self))
        return thread_enter_slow(frame);
    thread_local_state.guard = frame;
    __asm__ volatile("" ::: "memory"); /* who shuts looks at guards afterwards */
    return unlikely(atomic_load_explicit(&thread_shut, memory_order_relaxed)) ? thread_turned_away() : self;
}
/* The same after a call in which the program's own code may have run, and forked in a way that nobody saw: the child is
 * told what it is before it writes into memory that it shares with its parent. */
static inline struct thread *thread_enter_again(void)
{
    if (unlikely(*thread_fork_token != THREAD_TOKEN_TOLD) && !thread_may_record_slow(true))
        return NULL;
    return thread_enter();
}
static inline void thread_leave(void)
{
    thread_local_state.guard = 0;
}

/* Turns away who would enter from now on, and waits for other threads that are inside. Undone by clearing it. */
void thread_shut_all(const struct thread *self);
/* Is another thread in the middle of our code? Also true of one that left it by siglongjmp, until it comes back. */
bool thread_is_inside(const struct thread *state);
/* Shut, guard set: all packets are empty, all counters 0; the threads go on. */
void thread_begin_anew(void);

/* Around code of ours that takes more than a few system calls: its CPU time is kept apart. May be nested. */
void thread_slow_begin(struct thread *self);
void thread_slow_end(struct thread *self);
/* CPU time of the calling thread, less our slow paths'. */
uint64_t thread_cpu_ns(const struct thread *self);

/* The program named a thread (0 = unknown: not recorded). errno is kept. */
void thread_named(uint32_t tid, const char *name);
/* Gives the state of an ending thread back, for the next thread to continue its packet. Guard must be set. */
void thread_release(struct thread *self);
/* Takes a state that no thread uses. Give it back by thread_unclaim. */
bool thread_claim(struct thread *state);
static inline void thread_unclaim(struct thread *state)
{
    state->tid = 0; /* until the next thread says who it is, nobody may take it for that of a thread that died */
    atomic_store(&state->in_use, 0);
}
/* First of the list of all states. */
struct thread *thread_list(void);
/* In a forked child: the calling thread's state, made if there is none, is the only one left; its packets are empty. */
void thread_reset_after_fork(void);
/* In a forked child, in hooks/thread.c: nobody holds the list of thread starts. */
void thread_starts_reset_after_fork(void);
/* Called at the start, before all others. */
void thread_prepare(void);
/* The page that the kernel wipes: asked for when the process is told, since most starts of programs never are. */
bool thread_token_is_armed(void);
bool thread_arm_token(void);

/* True inside a real allocator call. A frame at or below the caller's was left behind by siglongjmp. */
static inline bool thread_inside_allocator(void)
{
    return unlikely(thread_local_state.allocator_frame > (uintptr_t)__builtin_frame_address(0));
}

/* A lock of ours, held under the guard and for a short time. Who finds itself as the holder left it by siglongjmp. */
struct thread_lock {
    _Atomic uintptr_t holder;
};
bool thread_lock_try(struct thread_lock *lock);
/* False when its holder does not come back (left it by siglongjmp): the caller does without. */
bool thread_lock_take(struct thread_lock *lock);
static inline void thread_lock_give(struct thread_lock *lock)
{
    atomic_store_explicit(&lock->holder, 0, memory_order_release);
}

/* Anonymous memory of our own, never given back; NULL when there is none. */
void *arena_allocate(size_t bytes);
extern _Atomic uint64_t arena_mapped_bytes;

#endif
