/* SPDX-License-Identifier: MIT
 * Owns: wrappers of mmap and its kin. Must not know: packets' shape, codecs.
 * Memory of files, and anonymous memory from the threshold on, is recorded call by call; the analyzer keeps the ranges.
 * Which mapped pages were touched is unknown (mincore was measured to lie). */
#include <stdarg.h>

#include "preload/base/hook.h"
#include "preload/files/description.h"
#include "preload/files/files_heads.h"
#include "preload/record/definitions.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/calls/call.h"
#include "preload/files/files.h"
#include "preload/record/packet.h"
#include "preload/base/settings.h"

/* Ranges of files, so that a removal can say which; beyond so many at once it says "anonymous". All ranges that were
 * recorded lie between lowest and highest, so that the removal of other memory costs two comparisons. */
#define RANGES 64
static struct {
    _Atomic uintptr_t start;
    uintptr_t bytes;
    uint32_t file;
} ranges[RANGES];
static _Atomic uintptr_t lowest = UINTPTR_MAX, highest;

static void remember(uintptr_t start, uintptr_t bytes, uint32_t file)
{
    if (start < atomic_load(&lowest))
        atomic_store(&lowest, start);
    if (start + bytes > atomic_load(&highest))
        atomic_store(&highest, start + bytes);
    for (int i = 0; file && i < RANGES; i++) {
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&ranges[i].start, &none, start))
            continue;
        ranges[i].bytes = bytes;
        ranges[i].file = file;
        return;
    }
}

/* The file whose range this address lies in, or 0. */
static uint32_t file_at(uintptr_t address)
{
    for (int i = 0; i < RANGES; i++) {
        uintptr_t start = atomic_load(&ranges[i].start);
        if (start && address >= start && address < start + ranges[i].bytes)
            return ranges[i].file;
    }
    return 0;
}

/* The same for a range that is about to go: at once afterwards it may be another's. What remains of a range that goes
 * in part is still the file's. */
static uint32_t forget(uintptr_t start, uintptr_t bytes)
{
    uint32_t file = file_at(start);
    for (int i = 0; file && i < RANGES; i++)
        if (atomic_load(&ranges[i].start) == start && ranges[i].bytes <= bytes)
            atomic_store(&ranges[i].start, 0);
    return file;
}

struct change {
    enum trace_map_op op;
    enum hook hook;
    uintptr_t address;
    size_t bytes;
    off_t offset;
    uint32_t file;
    int protection, shared, error;
};

static void put(struct thread *self, uint64_t start_ns, const struct change *change)
{
    uint64_t end_ns = thread_now_ns();
    struct trace_map record = {
        .duration_ns = end_ns - start_ns,
        .address = change->address,
        .bytes = change->bytes,
        .offset = (uint64_t)change->offset,
        .file = change->file,
        .session = codec_call_session(self),
        .hook = (uint16_t)change->hook,
        .error = (uint16_t)change->error,
        .op = (uint8_t)change->op,
        .protection = (uint8_t)change->protection,
        .shared = (uint8_t)change->shared,
    };
    define_hook(self, change->hook, 0, 0, NULL);
    packet_put(self, TRACE_KIND_map, end_ns, &record);
    self->io_ns += record.duration_ns;
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    bool anonymous = (flags & MAP_ANONYMOUS) || fd < 0;
    if ((anonymous && length < settings.alloc_threshold) || thread_inside_allocator())
        return REAL(mmap)(address, length, protection, flags, fd, offset);
    uint64_t start_ns = thread_hook_start();
    void *result = REAL(mmap)(address, length, protection, flags, fd, offset);
    int saved = errno;
    struct thread *self = start_ns ? thread_enter() : NULL;
    if (self) {
        struct description *description = anonymous ? NULL : files_of(self, fd);
        bool mapped = result != MAP_FAILED;
        struct change change = {
            .op = trace_map_op_MAP,
            .hook = HOOK_mmap,
            .address = mapped ? (uintptr_t)result : 0,
            .bytes = length,
            .offset = offset,
            .file = description ? description->number : 0,
            .protection = protection,
            .shared = (flags & MAP_SHARED) != 0,
            .error = mapped ? 0 : saved,
        };
        put(self, start_ns, &change);
        if (mapped && (anonymous || (description && description->regular)))
            remember((uintptr_t)result, length, change.file);
        if (mapped && description && description->regular && (protection & PROT_READ))
            files_head_in(self, description, fd, NULL, 0);
        thread_leave();
    }
    errno = saved;
    return result;
}

/* True where the range may touch one that was recorded. */
static bool is_ours(uintptr_t start, size_t length)
{
    return start < atomic_load_explicit(&highest, memory_order_relaxed) &&
           start + length > atomic_load_explicit(&lowest, memory_order_relaxed) && !thread_inside_allocator();
}

EXPORT int munmap(void *address, size_t length)
{
    uintptr_t start = (uintptr_t)address;
    uint64_t start_ns = is_ours(start, length) ? thread_hook_start() : 0;
    if (!start_ns)
        return REAL(munmap)(address, length);
    struct change change = {.op = trace_map_op_UNMAP,
                            .hook = HOOK_munmap,
                            .address = start,
                            .bytes = length,
                            .file = forget(start, length)};
    int result = REAL(munmap)(address, length);
    int saved = errno;
    struct thread *self = thread_enter();
    if (self) {
        change.error = result ? saved : 0;
        put(self, start_ns, &change);
        thread_leave();
    }
    errno = saved;
    return result;
}

EXPORT void *mremap(void *address, size_t length, size_t new_length, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    void *target = va_arg(list, void *); /* handed on whatever the flags: the kernel ignores what it does not use */
    va_end(list);
    uintptr_t start = (uintptr_t)address;
    uint64_t start_ns = is_ours(start, length) ? thread_hook_start() : 0;
    void *result = REAL(mremap)(address, length, new_length, flags, target);
    int saved = errno;
    struct thread *self = start_ns && result != MAP_FAILED ? thread_enter() : NULL;
    if (self) {
        struct change change = {.op = trace_map_op_UNMAP, .hook = HOOK_mremap, .address = start, .bytes = length};
        change.file = forget(start, length);
        put(self, start_ns, &change);
        change.op = trace_map_op_MOVE;
        change.address = (uintptr_t)result;
        change.bytes = new_length;
        put(self, thread_now_ns(), &change);
        remember(change.address, new_length, change.file);
        thread_leave();
    }
    errno = saved;
    return result;
}

EXPORT int msync(void *address, size_t length, int flags)
{
    uintptr_t start = (uintptr_t)address;
    uint64_t start_ns = is_ours(start, length) ? thread_hook_start() : 0;
    int result = REAL(msync)(address, length, flags);
    int saved = errno;
    struct thread *self = start_ns ? thread_enter() : NULL;
    if (self) {
        struct change change = {.op = trace_map_op_SYNC,
                                .hook = HOOK_msync,
                                .address = start,
                                .bytes = length,
                                .file = file_at(start),
                                .error = result ? saved : 0};
        put(self, start_ns, &change);
        thread_leave();
    }
    errno = saved;
    return result;
}

#define OWN_map(name) OWN_NAME(name)
#include "preload/base/own_names.h"
