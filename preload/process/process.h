/* SPDX-License-Identifier: MIT
 * Owns: the beginning and the fork of this process image, and what it says of itself on the way. Its end: end.h.
 * Must not know: codecs' rows, files of the trace. */
#ifndef PRELOAD_PROCESS_H
#define PRELOAD_PROCESS_H

#include "preload/state/thread_state.h"

/* Before the first record of a process: what it is, its memory so far and its modules. Guard set. */
void process_tell(struct thread *self);
/* In a forked child, guard set: new identity, empty packets. */
void process_forked(void);
/* Another program is about to be started: the trace must exist for it to join. */
void process_before_start(void);
/* Something the report must say. errno is kept. */
void process_put_notice(enum trace_note what);
/* The recording is started, or goes on: what is recorded from now on is a process of its own. Nobody else is inside our
 * code, guard set. */
void process_begin_anew(void);
/* For the vfork stub: marks the thread and returns the real vfork. */
void *process_before_vfork(void);

#endif
