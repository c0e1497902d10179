/* SPDX-License-Identifier: MIT
 * Owns: telling the time on a thread: at most a few ns where the cycle counter is the kernel's clock. How it keeps in
 * step is in preload/facts/clock.c. Must not know: what is timed. */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include "preload/base/system.h"
#include "preload/state/thread_state.h"

/* CLOCK_MONOTONIC, by the cycle counter where that is the clock anyway; never goes back on a thread. */
uint64_t thread_now_by_clock(struct thread *self);
static inline uint64_t thread_now_ns(void)
{
    struct thread *self = thread_local_state.self;
    if (unlikely(!self))
        return system_now_ns();
    uint64_t cycles = arch_cycles() - self->clock.cycles;
    if (likely(cycles < self->clock.span))
        return self->clock.ns + (cycles * self->clock.scale >> 32);
    return thread_now_by_clock(self);
}

#endif
