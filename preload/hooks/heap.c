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
#include <string.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/memory/heap.h"
#include "preload/base/symbols.h"

#define CALLER         __builtin_return_address(0)
#define NOINLINE       __attribute__((noinline))
#define CHUNK_MMAPPED  2u
#define CHUNK_FLAGS    7u
#define CHECKED_ENOUGH 32 /* blocks whose word said what malloc_usable_size did */

#define PAGE_LEAST 4096u /* bytes; no page is smaller */

static _Atomic bool provider_known;
static _Atomic int checked;
static _Atomic int fast_way; /* 0 = not asked yet, 1 = there is one, -1 = there is none */

static inline uint64_t usable(void *block)
{
    return block && REAL(malloc_usable_size) ? real.malloc_usable_size(block) : 0;
}

/* Usable size from the word in front of a block of glibc's that is not a mapping of its own. Source: malloc/malloc.c,
 * chunk header. */
static inline size_t chunk_head(const void *block)
{
    return ((const size_t *)block)[-1];
}
static inline uint64_t chunk_usable(size_t head)
{
    return (head & ~(size_t)CHUNK_FLAGS) - sizeof(size_t);
}

/* True when the whole family behind ours is glibc's own. A debugging one adds to its blocks. Finds all of the family:
 * the fast way does not ask whether a function is there. */
static bool family_is_glibcs(void)
{
    const char *provider = symbols_next_provider("malloc"), *slash = provider ? strrchr(provider, '/') : NULL;
    if (!slash || strcmp(slash, "/libc.so.6") != 0 || getenv("MALLOC_CHECK_"))
        return false;
    for (unsigned hook = HOOK_malloc; hook <= HOOK_malloc_usable_size; hook++) {
        real_find(hook);
        bool optional = hook == HOOK_cfree || hook == HOOK_free_sized || hook == HOOK_free_aligned_sized;
        if (!optional && symbols_next_provider(hook_name(hook)) != provider)
            return false;
    }
    return true;
}

/* Another allocator's block may begin a mapping, with nothing in front of it: only within a page is it known that the
 * word can be read. */
static inline bool head_is_there(const void *block)
{
    return ((uintptr_t)block & (PAGE_LEAST - 1)) >= sizeof(size_t);
}

/* After enough blocks whose word was right, the thread takes the fast way. */
static void check_chunk(void *block, uint64_t bytes)
{
    struct thread *self = thread_local_state.self;
    if (atomic_load_explicit(&fast_way, memory_order_relaxed) < 0 || !self || thread_local_state.vfork_parent ||
        !(atomic_load_explicit(&thread_recording, memory_order_relaxed) || thread_is_paused()))
        return;
    int so_far = atomic_load_explicit(&checked, memory_order_relaxed);
    if (so_far < CHECKED_ENOUGH) {
        if (!head_is_there(block))
            return;
        if (!(chunk_head(block) & CHUNK_MMAPPED) && chunk_usable(chunk_head(block)) != bytes)
            atomic_store(&fast_way, -1);
        atomic_store_explicit(&checked, so_far + 1, memory_order_relaxed);
    } else {
        if (!atomic_load_explicit(&fast_way, memory_order_relaxed))
            atomic_store(&fast_way, family_is_glibcs() ? 1 : -1);
        if (atomic_load_explicit(&fast_way, memory_order_relaxed) > 0)
            thread_local_state.heap = &self->heap;
    }
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

/* What ThreadSanitizer and LeakSanitizer say of a block before they have begun ends the program; and they begin after
 * its first blocks. Asked once, before anybody has the fast way. */
static void ask_provider(void)
{
    if (symbols_next_has("malloc", "__tsan_init") || symbols_next_has("malloc", "__lsan_init"))
        heap_enable(false);
    atomic_store_explicit(&provider_known, true, memory_order_relaxed);
}

/* True when this call counts: counting is on and it does not come from inside a real allocator. */
static inline bool counts_now(void)
{
    if (unlikely(!atomic_load_explicit(&provider_known, memory_order_relaxed)))
        ask_provider();
    return likely(atomic_load_explicit(&heap_counting, memory_order_relaxed)) && !thread_inside_allocator();
}

static void came(void *block, enum hook hook, const void *caller)
{
    if (!block || !counts_now())
        return;
    int saved = errno;
    uint64_t bytes = usable(block);
    check_chunk(block, bytes);
    if (bytes)
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

/* The fast way leaves nothing in registers that would have to be saved, and ends in a jump to one of these: what they
 * return to is the program's call, whose address they look up themselves. */
static NOINLINE void *came_more(void *block, uint64_t bytes, enum hook hook)
{
    heap_more(thread_local_state.self, (int64_t)bytes, block, hook, CALLER);
    return block;
}

static NOINLINE void *came_mapped(void *block, enum hook hook)
{
    heap_count((int64_t)usable(block), block, hook, CALLER);
    return block;
}

static inline void *fast_came(void *block, enum hook hook)
{
    if (unlikely(!block))
        return block;
    size_t head = chunk_head(block);
    if (unlikely(head & CHUNK_MMAPPED))
        return came_mapped(block, hook);
    uint64_t bytes = chunk_usable(head);
    if (heap_came(thread_local_state.heap, bytes))
        return came_more(block, bytes, hook);
    return block;
}

/* The same where more is to be done afterwards. */
static inline void fast_came_from(void *block, enum hook hook, const void *caller)
{
    size_t head = chunk_head(block);
    uint64_t bytes = unlikely(head & CHUNK_MMAPPED) ? usable(block) : chunk_usable(head);
    if (heap_came(thread_local_state.heap, bytes))
        heap_more(thread_local_state.self, (int64_t)bytes, block, hook, caller);
}

/* Counts it as released; returns its bytes. */
static inline uint64_t fast_went(void *block, enum hook hook, const void *caller)
{
    size_t head = chunk_head(block);
    uint64_t bytes = unlikely(head & CHUNK_MMAPPED) ? usable(block) : chunk_usable(head);
    if (heap_went(thread_local_state.heap, bytes))
        heap_more(thread_local_state.self, -(int64_t)bytes, block, hook, caller);
    return bytes;
}

#define ALLOCATE(name, call, ...)                                                                                      \
    static NOINLINE void *slow_##name(__VA_ARGS__)                                                                     \
    {                                                                                                                  \
        void *block = NULL;                                                                                            \
        if (REAL(name)) {                                                                                              \
            uintptr_t outer = allocator_enter();                                                                       \
            block = real.name call;                                                                                    \
            allocator_leave(outer);                                                                                    \
        }                                                                                                              \
        came(block, HOOK_##name, CALLER);                                                                              \
        return block;                                                                                                  \
    }
ALLOCATE(malloc, (size), size_t size)
ALLOCATE(calloc, (number, size), size_t number, size_t size)
ALLOCATE(aligned_alloc, (alignment, size), size_t alignment, size_t size)
ALLOCATE(memalign, (alignment, size), size_t alignment, size_t size)
ALLOCATE(valloc, (size), size_t size)
ALLOCATE(pvalloc, (size), size_t size)

#define FAST(name, call, ...)                                                                                          \
    if (unlikely(!thread_local_state.heap))                                                                            \
        return slow_##name(__VA_ARGS__);                                                                               \
    return fast_came(real.name call, HOOK_##name)

EXPORT void *malloc(size_t size)
{
    FAST(malloc, (size), size);
}

EXPORT void *calloc(size_t number, size_t size)
{
    FAST(calloc, (number, size), number, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    FAST(aligned_alloc, (alignment, size), alignment, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    FAST(memalign, (alignment, size), alignment, size);
}

EXPORT void *valloc(size_t size)
{
    FAST(valloc, (size), size);
}

EXPORT void *pvalloc(size_t size)
{
    FAST(pvalloc, (size), size);
}

static NOINLINE int slow_posix_memalign(void **block, size_t alignment, size_t size)
{
    uintptr_t outer = allocator_enter();
    int error = real.posix_memalign(block, alignment, size);
    allocator_leave(outer);
    return error;
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!REAL(posix_memalign))
        return ENOMEM;
    bool fast = thread_local_state.heap != NULL;
    int error = fast ? real.posix_memalign(block, alignment, size) : slow_posix_memalign(block, alignment, size);
    if (error)
        return error;
    if (fast)
        fast_came_from(*block, HOOK_posix_memalign, CALLER);
    else
        came(*block, HOOK_posix_memalign, CALLER);
    return 0;
}

static NOINLINE void slow_release(void *block, enum hook hook)
{
    if (!REAL(free))
        return;
    if (block)
        went(block, hook, CALLER);
    uintptr_t outer = allocator_enter();
    real.free(block);
    allocator_leave(outer);
}

static NOINLINE void release_more(void *block, uint64_t bytes, enum hook hook)
{
    heap_more(thread_local_state.self, -(int64_t)bytes, block, hook, CALLER);
    real.free(block);
}

static NOINLINE void release_mapped(void *block, enum hook hook)
{
    heap_count(-(int64_t)usable(block), block, hook, CALLER);
    real.free(block);
}

/* Through `hook`, for the program. */
static inline void release(void *block, enum hook hook)
{
    struct heap_counts *counts = thread_local_state.heap;
    if (unlikely(!counts)) {
        slow_release(block, hook);
        return;
    }
    if (unlikely(!block)) { /* nothing to count, and a call all the same: other preloaded libraries count it */
        real.free(block);
        return;
    }
    size_t head = chunk_head(block);
    if (unlikely(head & CHUNK_MMAPPED)) {
        release_mapped(block, hook);
        return;
    }
    uint64_t bytes = chunk_usable(head);
    if (heap_went(counts, bytes)) {
        release_more(block, bytes, hook);
        return;
    }
    real.free(block);
}

EXPORT void free(void *block)
{
    release(block, HOOK_free);
}

/* Gone from glibc's headers since 2.26, and still called by what was built before; glibc's was the same as free. */
void cfree(void *block);
EXPORT void cfree(void *block)
{
    release(block, HOOK_cfree);
}

/* C23; where libc has none, free does what they may do. */
void free_sized(void *block, size_t size);
EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    release(block, HOOK_free_sized);
}

void free_aligned_sized(void *block, size_t alignment, size_t size);
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment, (void)size;
    release(block, HOOK_free_aligned_sized);
}

static NOINLINE void *slow_resize(void *block, size_t size)
{
    if (!REAL(realloc))
        return NULL;
    uintptr_t outer = allocator_enter();
    void *result = real.realloc(block, size);
    allocator_leave(outer);
    return result;
}

/* The old block's size is taken while it is still ours; when the call fails it is counted back. */
static inline void *resize(void *block, size_t size, enum hook hook, const void *caller)
{
    uint64_t before = 0;
    void *result;
    if (likely(thread_local_state.heap != NULL)) {
        if (block)
            before = fast_went(block, hook, caller);
        result = real.realloc(block, size);
        if (likely(result != NULL))
            fast_came_from(result, hook, caller);
    } else {
        before = went(block, hook, caller);
        result = slow_resize(block, size);
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
