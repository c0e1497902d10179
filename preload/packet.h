/* SPDX-License-Identifier: MIT
 * Owns: putting records into the calling thread's packet; packets wait in memory until the process has something worth
 * a place on disk. Must not know: what records mean. All functions want the guard set. */
#ifndef PRELOAD_PACKET_H
#define PRELOAD_PACKET_H

#include "preload/thread.h"

/* Adds a record (struct trace_<kind>) that ended at time_ns. What cannot be written is counted lost. */
void packet_put(struct thread *self, enum trace_kind kind, uint64_t time_ns, const void *record);

/* The process has seen image work (or much else): its records go to disk from now on. */
void packet_need_disk(struct thread *self);
/* True once they do. */
bool packet_on_disk(void);

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

/* Writes what waits and trims what is mapped: this thread's packet and the waiting ones of all others. */
void packet_finish(struct thread *self);
/* This process made the trace before going to disk itself: the host record follows when it does. */
void packet_owe_host(void);
/* True in the process that made the trace. */
bool packet_made_trace(void);
/* In a forked child: nothing is on disk. */
void packet_reset_after_fork(void);

#endif
