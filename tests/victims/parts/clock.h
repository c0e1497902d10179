/* SPDX-License-Identifier: MIT
 * Owns: the victims' own clocks, and work that takes a known time: spins measured in CPU time, sleeps in wall time.
 * Must not know: the profiler, the journal, codecs. */
#ifndef VICTIMS_CLOCK_H
#define VICTIMS_CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t wall_now(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static inline uint64_t thread_cpu_now(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static inline uint64_t process_cpu_now(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* Burns CPU until this thread has used `us` microseconds of it, however long the scheduler makes that last. */
static inline void spin_us(uint32_t us)
{
    uint64_t end = thread_cpu_now() + (uint64_t)us * 1000u;
    while (thread_cpu_now() < end)
        for (volatile int i = 0; i < 300; i = i + 1)
            ;
}

static inline void sleep_us(uint32_t us)
{
    struct timespec rest = {us / 1000000u, (long)(us % 1000000u) * 1000};
    while (us && clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR)
        ;
}

#endif
