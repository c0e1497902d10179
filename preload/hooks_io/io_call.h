/* SPDX-License-Identifier: MIT
 * Owns: transfers between descriptors and memory as they happen: what their wrappers share.
 * Must not know: signatures of libc, packets. Buffers are looked at only after the real call and only as far as it
 * accepted them. */
#ifndef PRELOAD_IO_CALL_H
#define PRELOAD_IO_CALL_H

#include <sys/uio.h>

#include "preload/files/boundary.h"
#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/files/files.h"
#include "preload/record/packet.h"

struct description;

/* Buffers of a scattering or gathering call. */
struct vector {
    const struct iovec *parts;
    int count;
};
#define VECTOR(parts, count) ((struct vector){parts, count})

struct io_call {
    enum trace_io_op op;
    enum trace_io_layer layer;
    enum hook hook;
    int fd;
    uint64_t offset; /* TRACE_UNKNOWN: at the file's own position */
    uint64_t start_ns;
    uint64_t wanted; /* bytes asked for, 0 where only the kernel may read that */
};

/* Before a transfer; returns when it begins, or 0 when it is to pass through. errno is kept. */
static inline uint64_t io_call_begin(enum hook hook, uint64_t wanted)
{
    uint64_t start_ns = thread_hook_start();
    if (unlikely(start_ns && wanted >= FILES_LARGE_BYTES))
        start_ns = files_boundary_outside(start_ns);
    struct thread *self = thread_local_state.self;
    if (likely(start_ns && self && !self->in_flight_hook && !thread_local_state.guard)) {
        thread_local_state.guard = (uintptr_t)__builtin_frame_address(0);
        __asm__ volatile("" ::: "memory"); /* a signal handler must not change the packet in between */
        packet_set_in_flight(self, (uint16_t)hook, start_ns);
        __asm__ volatile("" ::: "memory");
        thread_leave();
    }
    return start_ns;
}

/* Moves the description's position past bytes; returns where it was, or TRACE_UNKNOWN. */
uint64_t io_call_advance(struct description *description, uint64_t bytes);
/* After it: result as the call returned it, vector where the bytes are. errno is kept. */
void io_call_end(const struct io_call *call, ssize_t result, struct vector vector);

/* After an open that began at opening->start_ns (0 = passes through). errno is kept. */
void io_call_opened(const struct files_opening *opening);

/* What the generated wrappers hand over: a buffer, or a vector that is looked at only when bytes moved. */
static inline struct vector io_call_vector(struct vector vector, struct iovec *one, ssize_t bytes)
{
    (void)one, (void)bytes;
    return vector;
}
static inline struct vector io_call_buffer(const void *buffer, struct iovec *one, ssize_t bytes)
{
    *one = (struct iovec){(void *)(uintptr_t)buffer, (size_t)bytes};
    return (struct vector){one, 1};
}
#define IO_CALL_WRAPPER(operation, way, returns, name, parameters, arguments, descriptor, buffer, size, position)      \
    EXPORT returns name parameters                                                                                     \
    {                                                                                                                  \
        uint64_t start_ns = io_call_begin(HOOK_##name, size);                                                          \
        if (!start_ns)                                                                                                 \
            return REAL(name) arguments;                                                                               \
        returns result = REAL(name) arguments;                                                                         \
        struct iovec one;                                                                                              \
        struct vector vector = {NULL, 0};                                                                              \
        if (result > 0)                                                                                                \
            vector = _Generic((buffer), struct vector                                                                  \
                              : io_call_vector, default                                                                \
                              : io_call_buffer)(buffer, &one, result);                                                 \
        io_call_end(&(struct io_call){trace_io_op_##operation, trace_io_layer_##way, HOOK_##name, descriptor,          \
                                      (uint64_t)(position), start_ns, size},                                           \
                    result, vector);                                                                                   \
        return result;                                                                                                 \
    }

#endif
