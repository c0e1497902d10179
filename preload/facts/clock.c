/* SPDX-License-Identifier: MIT
 * Owns: telling the time by the cycle counter, in step with CLOCK_MONOTONIC. Must not know: what is timed.
 *
 * A reading of the clock takes 28 ns, of the counter 11, and a call needs two. Each thread takes its bearings every
 * millisecond: a time, the counter then, and the rate since its anchor. What the rate is wrong by in a millisecond is
 * less than what two readings one after the other differ by. The time of a thread never goes back. */
#include "preload/base/system.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/facts/facts.h"

#define STEP_NS    1000000 /* between two bearings */
#define ANCHOR_NS  UINT64_C(1000000000)
#define BUSY       64    /* bearings taken before it is worth asking what the clock source is */
#define LEAD_NS    20000 /* a lead over the clock that is worked off; a larger one is no lead but a jump */
#define SLOW_SHIFT 11    /* by running slower by 1/2048 */
#define FRACTION   32    /* binary places of a rate */

static bool counter_is_clock(const struct clock *clock)
{
    return clock->bearings >= BUSY && facts_cycles_are_time();
}

/* Nanoseconds per cycle, or 0 where there is no saying. Whole numbers: a division of floating point would raise flags
 * that the program looks at, or a signal where it asked for one. */
static uint64_t rate_of(uint64_t ns, uint64_t cycles)
{
    for (; ns >> (64 - FRACTION); ns >>= 1)
        cycles >>= 1;
    return cycles ? (ns << FRACTION) / cycles : 0;
}

uint64_t thread_now_by_clock(struct thread *self)
{
    struct clock *clock = &self->clock;
    uint64_t ns = system_now_ns(), cycles = arch_cycles();
    if (!clock->anchor_ns || ns < clock->anchor_ns || cycles <= clock->anchor_cycles) {
        clock->span = 0;
        clock->anchor_ns = ns;
        clock->anchor_cycles = cycles;
    }
    clock->bearings++;
    uint64_t elapsed_ns = ns - clock->anchor_ns;
    if (elapsed_ns < STEP_NS || !counter_is_clock(clock))
        return ns;
    uint64_t rate = rate_of(elapsed_ns, cycles - clock->anchor_cycles), scale = rate, now_ns = ns;
    if (!rate)
        return ns;
    if (clock->span) {
        uint64_t ahead_ns = clock->ns + ((cycles - clock->cycles) * clock->scale >> FRACTION);
        if (cycles - clock->cycles < 64 * clock->span && ahead_ns > ns && ahead_ns - ns < LEAD_NS) {
            now_ns = ahead_ns;
            scale -= scale >> SLOW_SHIFT;
        }
    }
    /* A signal handler in between finds no span and takes bearings of its own. */
    clock->span = 0;
    __asm__ volatile("" ::: "memory");
    clock->ns = now_ns;
    clock->cycles = cycles;
    clock->scale = scale;
    if (elapsed_ns > ANCHOR_NS) { /* the rate may change, as NTP has it */
        clock->anchor_ns = ns;
        clock->anchor_cycles = cycles;
    }
    __asm__ volatile("" ::: "memory");
    clock->span = ((uint64_t)STEP_NS << FRACTION) / rate;
    return now_ns;
}
