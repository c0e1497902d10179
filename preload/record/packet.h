/* SPDX-License-Identifier: MIT
 * Owns: putting records into the calling thread's packet; packets wait in memory until the process has something worth
 * a place on disk. Must not know: what records mean. All functions want the guard set. */
#ifndef PRELOAD_PACKET_H
#define PRELOAD_PACKET_H

#include "preload/base/system.h"
#include "preload/state/thread_state.h"

/* Adds a record (struct trace_<kind>) that ended at time_ns. What cannot be written is counted lost. */
void packet_put(struct thread *self, enum trace_kind kind, uint64_t time_ns, const void *record);

/* The same for the kind that there is most of: inline where the packet has room and nothing else is to be looked at. */
#define PACKET_ENDING_BYTES 256u /* kept free in a packet for its thread's and the process's last records */
static inline void packet_put_io(struct thread *self, uint64_t time_ns, const struct trace_io *io)
{
    enum { BYTES = TRACE_HEADER_BYTES + sizeof *io };
    struct packet *packet = &self->packet;
    struct trace_packet_header *header = (void *)packet->base;
    if (unlikely(!packet->on_disk || !self->named || !header || packet->used <= sizeof *header ||
                 packet->used + BYTES + PACKET_ENDING_BYTES > packet->capacity)) {
        packet_put(self, TRACE_KIND_io, time_ns, io);
        return;
    }
    if (time_ns < packet->last_ns)
        time_ns = packet->last_ns;
    packet->last_ns = time_ns;
    trace_encode_fixed((struct trace_shape){sizeof *io, 0, 1}, TRACE_KIND_io, time_ns, io, packet->base + packet->used);
    packet->used += BYTES;
    header->timestamp_end = time_ns;
    __atomic_store_n(&header->content_size, packet->used * 8, __ATOMIC_RELEASE);
    self->records++;
}

/* The mapped packet's own count of lost records. */
static inline _Atomic uint64_t *packet_losses(struct thread *self)
{
    struct trace_packet_header *header = (void *)self->packet.base;
    return (_Atomic uint64_t *)&header->events_discarded;
}

/* The process has seen image work (or much else): its records go to disk from now on. */
void packet_need_disk(struct thread *self);
/* True once they do. */
extern _Atomic bool packet_disk;
static inline bool packet_on_disk(void)
{
    return atomic_load_explicit(&packet_disk, memory_order_acquire);
}

/* Marks the outermost call in progress in the packet header, so that a killed process says what it was doing. */
static inline void packet_set_in_flight(struct thread *self, uint16_t hook, uint64_t since_ns)
{
    self->in_flight_hook = hook;
    if (self->packet.base) {
        struct trace_packet_header *header = (void *)self->packet.base;
        header->in_flight_since_ns = since_ns;
        header->in_flight_hook = hook;
    }
}

/* The recording stops, nobody is inside our code: the same for all threads, so that each begins anew afterwards. */
void packet_finish_stretch(struct thread *self);
/* Writes what waits and trims what is mapped: this thread's packet and the waiting ones of all others. */
void packet_finish(struct thread *self);
void packet_trace_is_ours(void);
/* True once in all processes of a trace: whoever asks first writes the host record, not in the middle of its first
 * image's beginning, but with a later sample or at its end. The one that made the trace may be a shell that goes on for
 * long, or never writes a packet. */
bool packet_host_is_due(void);
/* True in the process that made the trace. */
bool packet_made_trace(void);
/* In a forked child, and where a stretch of the recording begins: nothing is on disk. */
void packet_reset_after_fork(void);

#endif
