/* SPDX-License-Identifier: MIT
 * Owns: stopping and starting the recording as the trace's control page says. Must not know: what is recorded.
 *
 * A stretch that was recorded ends like a process, and the next one begins like another of the same pid, in a directory
 * of its own: what is known of files, sessions and calls in progress goes, since nobody looks while nothing is
 * recorded. Only the sums of the heap go on. */
#ifndef PRELOAD_RECORDING_H
#define PRELOAD_RECORDING_H

#include <stdbool.h>

struct thread;

/* In the constructor, where nothing is to be recorded yet: makes the trace or joins it. Guard set. True when somebody
 * has said meanwhile that it goes on. */
bool recording_begins_with(struct thread *self);
/* Before this process says what it is: is there a trace, and was it stopped? errno is kept. */
void recording_join(void);
/* Does what the control page says; true when this process records then. errno is kept. */
bool recording_follow(void);
/* Stopped, and the program is about to forbid system calls: it stays so. True when it was stopped by the user. */
bool recording_end_for_good(void);
/* The kernel refused that. */
void recording_may_go_on(void);

#endif
