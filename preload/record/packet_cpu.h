/* SPDX-License-Identifier: MIT
 * Owns: the records of a thread's CPU clock. Guard set. Must not know: what they are wanted for. */
#ifndef PRELOAD_PACKET_CPU_H
#define PRELOAD_PACKET_CPU_H

#include <stdint.h>

struct thread;

/* Records a reading of the thread's CPU clock, and returns when it began: the call that follows is recorded from there.
 * A scheduler that switches threads at the end of a system call must find the reading inside what is recorded, or the
 * switch would be lost between two records. When the record needed a new packet, the time after that is returned. */
uint64_t packet_put_cpu(struct thread *self);
/* The same for a reading taken before time_ns; TRACE_UNKNOWN = none. */
void packet_put_cpu_at(struct thread *self, uint64_t cpu_ns, uint64_t time_ns);

#endif
