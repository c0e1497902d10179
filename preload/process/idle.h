/* SPDX-License-Identifier: MIT
 * Owns: forked children that made no call that is recorded: a word in the control page is all that they leave.
 * Must not know: who forks, who collects. */
#ifndef PRELOAD_IDLE_H
#define PRELOAD_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/trace.h"

/* Called before _exit: is this a forked child that made no call that is recorded? Then a word in the control page is
 * all that it leaves; it has to end now: signals are held. */
bool process_ends_idle(void);
/* Takes that word of a child of this number that ended before then. False: there is none. */
bool process_take_idle(uint32_t pid, uint64_t before_ns, struct trace_idle *idle);

#endif
