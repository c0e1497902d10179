/* SPDX-License-Identifier: MIT
 * Owns: wrappers of mmap and munmap for files. Must not know: packets' shape, codecs.
 * Anonymous memory passes through; which mapped pages were touched is unknown (mincore was measured to lie). */
#include "preload/codec_call.h"
#include "preload/files.h"
#include "preload/packet.h"
#include "preload/process.h"

/* Ranges of mapped image files, so that the removal of other memory costs one comparison. */
#define RANGES 64
static struct {
    _Atomic uintptr_t start;
    uintptr_t bytes;
    uint32_t file;
} ranges[RANGES];
static _Atomic uintptr_t lowest = UINTPTR_MAX, highest;

static void remember(uintptr_t start, uintptr_t bytes, uint32_t file)
{
    for (int i = 0; i < RANGES; i++) {
        uintptr_t none = 0;
        if (!atomic_compare_exchange_strong(&ranges[i].start, &none, start))
            continue;
        ranges[i].bytes = bytes;
        ranges[i].file = file;
        if (start < atomic_load(&lowest))
            atomic_store(&lowest, start);
        if (start + bytes > atomic_load(&highest))
            atomic_store(&highest, start + bytes);
        return;
    }
}

static uint32_t forget(uintptr_t start)
{
    for (int i = 0; i < RANGES; i++) {
        if (atomic_load(&ranges[i].start) != start)
            continue;
        uint32_t file = ranges[i].file;
        atomic_store(&ranges[i].start, 0);
        return file;
    }
    return 0;
}

static void put(struct thread *self, enum trace_map_op op, enum hook hook, uint64_t start_ns, uintptr_t address,
                size_t bytes, off_t offset, uint32_t file, int writable, int error)
{
    uint64_t end_ns = system_now_ns();
    struct trace_map record = {
        .duration_ns = end_ns - start_ns,
        .address = address,
        .bytes = bytes,
        .offset = (uint64_t)offset,
        .file = file,
        .session = codec_call_session(self),
        .hook = (uint16_t)hook,
        .error = (uint16_t)error,
        .op = (uint8_t)op,
        .shared = (uint8_t)writable,
    };
    process_define_hook(self, hook, 0, 0, NULL);
    packet_put(self, TRACE_KIND_map, end_ns, &record);
    self->io_ns += record.duration_ns;
}

EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    if ((flags & MAP_ANONYMOUS) || fd < 0 || thread_inside_allocator())
        return REAL(mmap)(address, length, protection, flags, fd, offset);
    uint64_t start_ns = thread_hook_start();
    void *result = REAL(mmap)(address, length, protection, flags, fd, offset);
    int saved = errno;
    struct thread *self = start_ns ? thread_enter() : NULL;
    if (self) {
        struct description *description = files_of(self, fd);
        bool mapped = result != MAP_FAILED;
        put(self, trace_map_op_MAP, HOOK_mmap, start_ns, mapped ? (uintptr_t)result : 0, length, offset,
            description ? description->number : 0, (flags & MAP_SHARED) && (protection & PROT_WRITE),
            mapped ? 0 : saved);
        if (mapped && description && description->regular) {
            remember((uintptr_t)result, length, description->number);
            if (protection & PROT_READ)
                files_head_in(self, description, fd, NULL, 0);
        }
        thread_leave();
    }
    errno = saved;
    return result;
}

EXPORT int munmap(void *address, size_t length)
{
    uintptr_t start = (uintptr_t)address;
    if (start < atomic_load_explicit(&lowest, memory_order_relaxed) ||
        start >= atomic_load_explicit(&highest, memory_order_relaxed) || thread_inside_allocator())
        return REAL(munmap)(address, length);
    uint64_t start_ns = thread_hook_start();
    uint32_t file = start_ns ? forget(start) : 0; /* before the call: the range may be reused at once after it */
    int result = REAL(munmap)(address, length);
    int saved = errno;
    struct thread *self = file ? thread_enter() : NULL;
    if (self) {
        put(self, trace_map_op_UNMAP, HOOK_munmap, start_ns, start, length, 0, file, 0, result ? saved : 0);
        thread_leave();
    }
    errno = saved;
    return result;
}

#define OWN_map(name) OWN_NAME(name)
#include "preload/own_names.h"
