/* SPDX-License-Identifier: MIT
 * Owns: counting the program's heap, and the wrappers of the malloc family.
 * Must not know: files, codecs.
 *
 * Usable sizes are added at allocation and subtracted at release, in signed batches per thread; big blocks at once.
 * Nothing is clamped. Code of ours that a signal interrupted is never re-entered: such calls go to the process's
 * atomic counters, so that the sums stay exact. */
#include "preload/heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "preload/packet.h"
#include "preload/process.h"
#include "preload/settings.h"

static _Atomic int64_t live, peak, window_peak;
static _Atomic uint64_t allocations, releases;
static _Atomic bool counting = true;

void heap_enable(bool on)
{
    atomic_store(&counting, on);
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

void heap_flush(struct thread *self)
{
    add_to_process(self->heap_delta, self->heap_delta_peak);
    atomic_fetch_add_explicit(&allocations, self->allocations, memory_order_relaxed);
    atomic_fetch_add_explicit(&releases, self->releases, memory_order_relaxed);
    self->heap_delta = self->heap_delta_peak = 0;
    self->allocations = self->releases = 0;
}

void heap_reset_after_fork(void)
{
    /* The child has a copy of every block of the parent, and made none of its calls. */
    for (struct thread *state = thread_list(); state; state = state->next)
        heap_flush(state);
    int64_t bytes = atomic_load(&live);
    atomic_store(&peak, bytes);
    atomic_store(&window_peak, bytes);
    atomic_store(&allocations, 0);
    atomic_store(&releases, 0);
}

struct heap_totals heap_totals(struct thread *self)
{
    if (self)
        heap_flush(self);
    return (struct heap_totals){atomic_load(&live), atomic_load(&peak), atomic_load(&allocations),
                                atomic_load(&releases)};
}

int64_t heap_put(struct thread *self)
{
    struct heap_totals totals = heap_totals(self);
    struct trace_heap record = {
        .live_bytes = totals.live_bytes,
        .window_peak_bytes = atomic_exchange(&window_peak, totals.live_bytes),
        .peak_bytes = totals.peak_bytes,
        .alloc_calls = totals.allocations,
        .free_calls = totals.releases,
    };
    if (process.heap_known)
        packet_put(self, TRACE_KIND_heap, system_now_ns(), &record);
    return totals.live_bytes;
}

static void record_block(struct thread *self, enum trace_block_op op, const void *block, uint64_t bytes, enum hook hook,
                         const void *caller)
{
    packet_need_disk(self);
    struct trace_block record = {
        .address = (uintptr_t)block,
        .bytes = bytes,
        .caller = (uintptr_t)caller,
        .session = self->frame_count ? self->frames[self->frame_count - 1].session : 0,
        .op = (uint8_t)op,
        .hook = (uint16_t)hook,
    };
    packet_put(self, TRACE_KIND_block, system_now_ns(), &record);
}

/* bytes > 0: a block came; < 0: it is about to go. */
static inline void count(int64_t bytes, const void *block, enum hook hook, const void *caller)
{
    struct thread_local_state *tls = &thread_local_state;
    if (unlikely(tls->vfork_parent) && !thread_may_record())
        return;
    struct thread *self = tls->self;
    if (unlikely(!self || tls->guard)) {
        add_to_process(bytes, bytes > 0 ? bytes : 0);
        atomic_fetch_add_explicit(bytes > 0 ? &allocations : &releases, 1, memory_order_relaxed);
        return;
    }
    tls->guard = (uintptr_t)__builtin_frame_address(0);
    __asm__ volatile("" ::: "memory"); /* a signal handler must see the guard before the sums change */
    self->heap_delta += bytes;
    if (self->heap_delta > self->heap_delta_peak)
        self->heap_delta_peak = self->heap_delta;
    uint64_t size = bytes > 0 ? (uint64_t)bytes : (uint64_t)-bytes;
    *(bytes > 0 ? &self->allocations : &self->releases) += 1;
    if (unlikely(self->heap_delta >= HEAP_BATCH_BYTES || self->heap_delta <= -HEAP_BATCH_BYTES ||
                 size >= HEAP_BATCH_BYTES))
        heap_flush(self);
    if (unlikely(size >= settings.alloc_threshold) && thread_may_record_guarded())
        record_block(self, bytes > 0 ? trace_block_op_ALLOCATED : trace_block_op_FREED, block, size, hook, caller);
    __asm__ volatile("" ::: "memory");
    tls->guard = 0;
}

/* Enters the real allocator, which may map memory or call other rows of the family: those calls are not the program's.
 * Returns what to leave with: the frame of the allocator call that this one came from, or 0. */
static inline uintptr_t allocator_enter(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0), outer = thread_local_state.allocator_frame;
    thread_local_state.allocator_frame = frame;
    return unlikely(outer > frame) ? outer : 0;
}

static inline void allocator_leave(uintptr_t outer)
{
    thread_local_state.allocator_frame = outer;
}

/* True when this call counts: counting is on and it does not come from inside a real allocator. */
static inline bool counts(void)
{
    return likely(atomic_load_explicit(&counting, memory_order_relaxed)) && !thread_inside_allocator();
}

static inline int64_t usable(void *block)
{
    return block && real.malloc_usable_size ? (int64_t)real.malloc_usable_size(block) : 0;
}

static inline void *came(void *block, enum hook hook, const void *caller)
{
    if (likely(block != NULL) && counts())
        count(usable(block), block, hook, caller);
    return block;
}

/* A resize failed: the block, counted as released, is the program's still, and there was no call to count. */
static void still_there(void *block, enum hook hook, const void *caller)
{
    if (!counts())
        return;
    came(block, hook, caller);
    atomic_fetch_sub_explicit(&allocations, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&releases, 1, memory_order_relaxed);
}

#define CALLER __builtin_return_address(0)
#define ALLOCATE(name, call)                                                                                           \
    void *block = NULL;                                                                                                \
    if (likely(REAL(name) != NULL)) {                                                                                  \
        uintptr_t outer = allocator_enter();                                                                           \
        block = real.name call;                                                                                        \
        allocator_leave(outer);                                                                                        \
    }                                                                                                                  \
    return came(block, HOOK_##name, CALLER)

EXPORT void *malloc(size_t size)
{
    ALLOCATE(malloc, (size));
}

EXPORT void *calloc(size_t number, size_t size)
{
    ALLOCATE(calloc, (number, size));
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    ALLOCATE(aligned_alloc, (alignment, size));
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    ALLOCATE(memalign, (alignment, size));
}

EXPORT void *valloc(size_t size)
{
    ALLOCATE(valloc, (size));
}

EXPORT void *pvalloc(size_t size)
{
    ALLOCATE(pvalloc, (size));
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!REAL(posix_memalign))
        return ENOMEM;
    uintptr_t outer = allocator_enter();
    int error = real.posix_memalign(block, alignment, size);
    allocator_leave(outer);
    if (!error)
        came(*block, HOOK_posix_memalign, CALLER);
    return error;
}

EXPORT void free(void *block)
{
    if (!block || !REAL(free))
        return;
    if (counts()) {
        int saved = errno;
        count(-usable(block), block, HOOK_free, CALLER);
        errno = saved;
    }
    uintptr_t outer = allocator_enter();
    real.free(block);
    allocator_leave(outer);
}

/* The old block's size is taken while it is still ours; when the call fails it is counted back. */
#define RESIZE(name, call, wanted)                                                                                     \
    if (!REAL(name))                                                                                                   \
        return NULL;                                                                                                   \
    if (block && counts()) {                                                                                           \
        int saved = errno;                                                                                             \
        count(-usable(block), block, HOOK_##name, CALLER);                                                             \
        errno = saved;                                                                                                 \
    }                                                                                                                  \
    uintptr_t outer = allocator_enter();                                                                               \
    void *result = real.name call;                                                                                     \
    allocator_leave(outer);                                                                                            \
    if (unlikely(!result && block && (wanted)))                                                                        \
        still_there(block, HOOK_##name, CALLER);                                                                       \
    return came(result, HOOK_##name, CALLER)

EXPORT void *realloc(void *block, size_t size)
{
    RESIZE(realloc, (block, size), size != 0);
}

EXPORT void *reallocarray(void *block, size_t number, size_t size)
{
    RESIZE(reallocarray, (block, number, size), number != 0 && size != 0);
}

EXPORT size_t malloc_usable_size(void *block)
{
    return REAL(malloc_usable_size) ? real.malloc_usable_size(block) : 0;
}
