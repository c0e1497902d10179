/* SPDX-License-Identifier: MIT
 * Owns: the wrappers of the malloc family. Must not know: records, files, codecs.
 *
 * Two ways. Where glibc's own malloc is behind us and its blocks were seen to carry their size where it has always put
 * it (the word in front, less flags and header), the thread counts from that word: no second call, nothing to guard
 * against, since glibc's allocator calls no wrapper from inside. Everywhere else malloc_usable_size is asked, and calls
 * that come from inside a real allocator are not counted: they are not the program's. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "preload/heap.h"
#include "preload/process.h"

#define CALLER         __builtin_return_address(0)
#define CHUNK_MMAPPED  2u
#define CHUNK_FLAGS    7u
#define CHECKED_ENOUGH 32 /* blocks whose word said what malloc_usable_size did */

static _Atomic int checked;

static inline uint64_t usable(void *block)
{
    return block && real.malloc_usable_size ? real.malloc_usable_size(block) : 0;
}

/* Usable size from the word in front of a block of glibc's. Source: malloc/malloc.c, chunk header. */
static inline uint64_t chunk_usable(void *block)
{
    size_t head = ((const size_t *)block)[-1];
    if (unlikely(head & CHUNK_MMAPPED))
        return usable(block);
    return (head & ~(size_t)CHUNK_FLAGS) - sizeof(size_t);
}

/* After enough blocks whose word was right, the thread takes the fast way. */
static void check_chunk(void *block, uint64_t bytes)
{
    struct thread *self = thread_local_state.self;
    if (!process.glibc_heap || !self || thread_local_state.vfork_parent)
        return;
    int so_far = atomic_load_explicit(&checked, memory_order_relaxed);
    if (so_far < CHECKED_ENOUGH) {
        if (chunk_usable(block) != bytes)
            process.glibc_heap = false;
        atomic_store_explicit(&checked, so_far + 1, memory_order_relaxed);
    } else {
        thread_local_state.heap = &self->heap;
    }
}

static inline void fast_came(struct heap_counts *counts, void *block, enum hook hook, const void *caller)
{
    uint64_t bytes = chunk_usable(block);
    if (heap_came(counts, bytes))
        heap_more(thread_local_state.self, (int64_t)bytes, block, hook, caller);
}

static inline uint64_t fast_went(struct heap_counts *counts, void *block, enum hook hook, const void *caller)
{
    uint64_t bytes = chunk_usable(block);
    if (heap_went(counts, bytes))
        heap_more(thread_local_state.self, -(int64_t)bytes, block, hook, caller);
    return bytes;
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
static inline bool counts_now(void)
{
    return likely(atomic_load_explicit(&heap_counting, memory_order_relaxed)) && !thread_inside_allocator();
}

static void came(void *block, enum hook hook, const void *caller)
{
    if (!block || !counts_now())
        return;
    int saved = errno;
    uint64_t bytes = usable(block);
    check_chunk(block, bytes);
    heap_count((int64_t)bytes, block, hook, caller);
    errno = saved;
}

/* Its bytes, counted as released; 0 when nothing was counted. */
static uint64_t went(void *block, enum hook hook, const void *caller)
{
    if (!block || !counts_now())
        return 0;
    int saved = errno;
    uint64_t bytes = usable(block);
    if (bytes)
        heap_count(-(int64_t)bytes, block, hook, caller);
    errno = saved;
    return bytes;
}

#define ALLOCATE(name, call)                                                                                           \
    struct heap_counts *counts = thread_local_state.heap;                                                              \
    if (likely(counts != NULL)) {                                                                                      \
        void *fast = real.name call;                                                                                   \
        if (likely(fast != NULL))                                                                                      \
            fast_came(counts, fast, HOOK_##name, CALLER);                                                              \
        return fast;                                                                                                   \
    }                                                                                                                  \
    void *block = NULL;                                                                                                \
    if (likely(REAL(name) != NULL)) {                                                                                  \
        uintptr_t outer = allocator_enter();                                                                           \
        block = real.name call;                                                                                        \
        allocator_leave(outer);                                                                                        \
    }                                                                                                                  \
    came(block, HOOK_##name, CALLER);                                                                                  \
    return block

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
    struct heap_counts *counts = thread_local_state.heap;
    if (!REAL(posix_memalign))
        return ENOMEM;
    uintptr_t outer = counts ? 0 : allocator_enter();
    int error = real.posix_memalign(block, alignment, size);
    if (!counts)
        allocator_leave(outer);
    if (error)
        return error;
    if (counts)
        fast_came(counts, *block, HOOK_posix_memalign, CALLER);
    else
        came(*block, HOOK_posix_memalign, CALLER);
    return 0;
}

/* Through `hook`, for the program. */
static inline void release(void *block, enum hook hook, const void *caller)
{
    struct heap_counts *counts = thread_local_state.heap;
    if (likely(counts != NULL)) {
        if (likely(block != NULL)) {
            (void)fast_went(counts, block, hook, caller);
            real.free(block);
        }
        return;
    }
    if (!block || !REAL(free))
        return;
    went(block, hook, caller);
    uintptr_t outer = allocator_enter();
    real.free(block);
    allocator_leave(outer);
}

EXPORT void free(void *block)
{
    release(block, HOOK_free, CALLER);
}

/* Gone from glibc's headers since 2.26, and still called by what was built before; glibc's was the same as free. */
void cfree(void *block);
EXPORT void cfree(void *block)
{
    release(block, HOOK_cfree, CALLER);
}

/* C23; where libc has none, free does what they may do. */
void free_sized(void *block, size_t size);
EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    release(block, HOOK_free_sized, CALLER);
}

void free_aligned_sized(void *block, size_t alignment, size_t size);
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment, (void)size;
    release(block, HOOK_free_aligned_sized, CALLER);
}

/* The old block's size is taken while it is still ours; when the call fails it is counted back. */
static inline void *resize(void *block, size_t size, enum hook hook, const void *caller)
{
    struct heap_counts *counts = thread_local_state.heap;
    uint64_t before = 0;
    void *result;
    if (likely(counts != NULL)) {
        if (block)
            before = fast_went(counts, block, hook, caller);
        result = real.realloc(block, size);
        if (likely(result != NULL))
            fast_came(counts, result, hook, caller);
    } else {
        if (!REAL(realloc))
            return NULL;
        before = went(block, hook, caller);
        uintptr_t outer = allocator_enter();
        result = real.realloc(block, size);
        allocator_leave(outer);
        came(result, hook, caller);
    }
    if (unlikely(!result && before && size)) {
        int saved = errno;
        heap_uncount((int64_t)before, block, hook, caller);
        errno = saved;
    }
    return result;
}

EXPORT void *realloc(void *block, size_t size)
{
    return resize(block, size, HOOK_realloc, CALLER);
}

/* glibc's calls the public realloc, which is ours: asked directly, the call counts once and under its own name. */
EXPORT void *reallocarray(void *block, size_t number, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(number, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return resize(block, bytes, HOOK_reallocarray, CALLER);
}

EXPORT size_t malloc_usable_size(void *block)
{
    return REAL(malloc_usable_size) ? real.malloc_usable_size(block) : 0;
}
