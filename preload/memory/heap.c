/* SPDX-License-Identifier: MIT
 * Owns: the sums of the program's heap and the records made of them. Must not know: the wrappers of the malloc family.
 *
 * Usable sizes are added at allocation and subtracted at release, in signed batches per thread; big blocks at once.
 * Nothing is clamped. Threads without a state, and calls of a thread that gave its state back, go to the process's
 * atomic counters. */
#include "preload/memory/heap.h"

#include <errno.h>
#include <string.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/record/packet.h"
#include "preload/base/settings.h"
#include "preload/memory/stacks.h"

static _Atomic int64_t live, peak, window_peak;
static _Atomic uint64_t spilled_sizes[HEAP_SIZES], spilled_releases; /* of threads without a state */
static uint64_t sizes_at_fork[HEAP_SIZES], releases_at_fork;         /* the parent's calls */
static bool fork_is_marked;
_Atomic bool heap_counting = true;

void heap_enable(bool on)
{
    atomic_store(&heap_counting, on);
}

static void raise_to(_Atomic int64_t *mark, int64_t value)
{
    int64_t old = atomic_load_explicit(mark, memory_order_relaxed);
    while (value > old && !atomic_compare_exchange_weak(mark, &old, value))
        ;
}

static void add_to_process(int64_t bytes, int64_t highest)
{
    int64_t before = atomic_fetch_add(&live, bytes);
    raise_to(&peak, before + highest);
    raise_to(&window_peak, before + highest);
}

/* The thread's batch joins the process. Guard set, unless the thread is gone. */
static void flush(struct heap_counts *counts)
{
    int64_t left = counts->left, least = counts->least_left < left ? counts->least_left : left;
    arch_add(&counts->left, HEAP_BATCH_BYTES - left);
    counts->least_left = HEAP_BATCH_BYTES;
    counts->added += HEAP_BATCH_BYTES - left;
    add_to_process(HEAP_BATCH_BYTES - left, HEAP_BATCH_BYTES - least);
}

/* Place of a highest bit in a record: bit 4, of the smallest blocks there are, is the first. */
static unsigned size_class(unsigned bit)
{
    return bit < 4 ? 0 : bit - 4 < HEAP_SIZES ? bit - 4 : HEAP_SIZES - 1;
}

static uint64_t calls_of(const struct heap_counts *counts)
{
    uint64_t calls = 0;
    for (unsigned bit = 0; bit < 64; bit++)
        calls += counts->sizes[bit];
    return calls;
}

void heap_thread_begin(struct thread *self)
{
    self->heap.large_from = settings.alloc_threshold < HEAP_BATCH_BYTES ? settings.alloc_threshold : HEAP_BATCH_BYTES;
    self->heap_allocations_before = calls_of(&self->heap);
    self->heap_releases_before = self->heap.releases;
    self->heap_added_before = self->heap.added + HEAP_BATCH_BYTES - self->heap.left;
}

void heap_thread_end(struct thread *self, struct trace_thread_end *end)
{
    flush(&self->heap);
    end->alloc_calls = calls_of(&self->heap) - self->heap_allocations_before;
    end->free_calls = self->heap.releases - self->heap_releases_before;
    end->heap_bytes = self->heap.added - self->heap_added_before;
}

/* All calls of this address space. */
static uint64_t sum_calls(uint64_t sizes[HEAP_SIZES])
{
    uint64_t releases = atomic_load(&spilled_releases);
    for (int i = 0; i < HEAP_SIZES; i++)
        sizes[i] = atomic_load_explicit(&spilled_sizes[i], memory_order_relaxed);
    for (const struct thread *state = thread_list(); state; state = state->next) {
        releases += __atomic_load_n(&state->heap.releases, __ATOMIC_RELAXED);
        for (unsigned bit = 0; bit < 64; bit++)
            sizes[size_class(bit)] += __atomic_load_n(&state->heap.sizes[bit], __ATOMIC_RELAXED);
    }
    return releases;
}

void heap_mark_fork(void)
{
    releases_at_fork = sum_calls(sizes_at_fork);
    fork_is_marked = true;
}

void heap_reset_after_fork(void)
{
    /* The child has a copy of every block of the parent, and made none of its calls. */
    for (struct thread *state = thread_list(); state; state = state->next)
        flush(&state->heap);
    int64_t bytes = atomic_load(&live);
    atomic_store(&peak, bytes);
    atomic_store(&window_peak, bytes);
    if (!fork_is_marked)
        heap_mark_fork();
    fork_is_marked = false;
}

void heap_begin_anew(void)
{
    /* Other threads' batches stay theirs: they are at it. */
    int64_t bytes = atomic_load(&live);
    atomic_store(&peak, bytes);
    atomic_store(&window_peak, bytes);
    releases_at_fork = sum_calls(sizes_at_fork);
}

void heap_totals(struct thread *self, struct heap_totals *totals)
{
    flush(&self->heap);
    totals->live_bytes = atomic_load(&live);
    totals->peak_bytes = atomic_load(&peak);
    totals->releases = sum_calls(totals->sizes) - releases_at_fork;
    totals->allocations = 0;
    for (int i = 0; i < HEAP_SIZES; i++)
        totals->allocations += totals->sizes[i] -= sizes_at_fork[i];
}

int64_t heap_put(struct thread *self)
{
    struct heap_totals totals;
    heap_totals(self, &totals);
    struct trace_heap record = {
        .live_bytes = totals.live_bytes,
        .window_peak_bytes = atomic_exchange(&window_peak, totals.live_bytes),
        .peak_bytes = totals.peak_bytes,
        .alloc_calls = totals.allocations,
        .free_calls = totals.releases,
    };
    if (process.heap_known)
        packet_put(self, TRACE_KIND_heap, thread_now_ns(), &record);
    return totals.live_bytes;
}

void heap_put_sizes(struct thread *self, const struct heap_totals *totals)
{
    struct trace_heap_sizes record = {.calls = {(const char *)totals->sizes, sizeof totals->sizes}};
    if (process.heap_known && totals->allocations)
        packet_put(self, TRACE_KIND_heap_sizes, thread_now_ns(), &record);
}

static void record_block(struct thread *self, enum trace_block_op op, const void *block, uint64_t bytes, enum hook hook,
                         const void *caller)
{
    packet_need_disk(self);
    define_hook(self, hook, 0, 0, NULL);
    struct trace_block record = {
        .address = (uintptr_t)block,
        .bytes = bytes,
        .caller = (uintptr_t)caller,
        .session = self->frame_count ? self->frames[self->frame_count - 1].session : 0,
        .op = (uint8_t)op,
        .hook = (uint16_t)hook,
        .stack = op == trace_block_op_ALLOCATED ? stacks_take(self) : 0,
    };
    packet_put(self, TRACE_KIND_block, thread_now_ns(), &record);
}

void heap_more(struct thread *self, int64_t bytes, const void *block, enum hook hook, const void *caller)
{
    struct thread_local_state *tls = &thread_local_state;
    uint64_t size = bytes > 0 ? (uint64_t)bytes : (uint64_t)-bytes;
    bool record = size >= settings.alloc_threshold;
    if (tls->guard) { /* a signal handler inside our own code, or libc on our behalf: the batch waits */
        if (record)
            process_count_lost(1);
        return;
    }
    int saved = errno;
    if (record)
        (void)thread_may_record(); /* a large block may be the first to notice that this is a forked child */
    tls->guard = (uintptr_t)__builtin_frame_address(0);
    __asm__ volatile("" ::: "memory"); /* a signal handler must see the guard before the sums change */
    flush(&self->heap);
    if (record && thread_may_record_guarded())
        record_block(self, bytes > 0 ? trace_block_op_ALLOCATED : trace_block_op_FREED, block, size, hook, caller);
    __asm__ volatile("" ::: "memory");
    tls->guard = 0;
    errno = saved;
}

void heap_count(int64_t bytes, const void *block, enum hook hook, const void *caller)
{
    struct thread_local_state *tls = &thread_local_state;
    if (unlikely(tls->vfork_parent) && !thread_may_record() && tls->vfork_parent)
        return;
    struct thread *self = tls->self;
    if (likely(self != NULL)) {
        if (bytes > 0 ? heap_came(&self->heap, (uint64_t)bytes) : heap_went(&self->heap, (uint64_t)-bytes))
            heap_more(self, bytes, block, hook, caller);
        return;
    }
    add_to_process(bytes, bytes > 0 ? bytes : 0);
    _Atomic uint64_t *calls =
        bytes > 0 ? &spilled_sizes[size_class(63 - (unsigned)__builtin_clzll((uint64_t)bytes))] : &spilled_releases;
    atomic_fetch_add_explicit(calls, 1, memory_order_relaxed);
}

void heap_uncount(int64_t bytes, const void *block, enum hook hook, const void *caller)
{
    struct thread_local_state *tls = &thread_local_state;
    if (unlikely(tls->vfork_parent) && !thread_may_record() && tls->vfork_parent)
        return;
    struct thread *self = tls->self;
    if (!self) {
        add_to_process(bytes, bytes);
        atomic_fetch_sub_explicit(&spilled_releases, 1, memory_order_relaxed);
        return;
    }
    bool full = arch_subtract(&self->heap.left, bytes);
    arch_add(&self->heap.releases, -1);
    if (full || (uint64_t)bytes >= self->heap.large_from)
        heap_more(self, bytes, block, hook, caller);
}
