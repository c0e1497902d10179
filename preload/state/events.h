/* SPDX-License-Identifier: MIT
 * Owns: what happens in the rooms below that those above act on. Declared here, where it happens; defined once, in
 * preload/process/events.c, which knows all rooms. Calls, not pointers: nothing has to be there before the constructor.
 * What else is declared below and defined above is listed, with its reason, in scripts/checks/symbols. */
#ifndef PRELOAD_EVENTS_H
#define PRELOAD_EVENTS_H

struct thread;

/* The kernel wiped the fork token: this is a forked child, at its first hook that looks. Guard set. */
void event_forked(void);
/* A thread begins to use a state. */
void event_thread_attached(struct thread *self);
/* A hook that records comes by, and this process has not yet said what it is. No guard. errno is kept. */
void event_first_hook(void);
/* The same, inside: it says so now. Guard set. */
void event_first_record(struct thread *self);
/* The control page says something else than this process does. With the guard set nothing is done about it. True when
 * this process records then. errno is kept. */
_Bool event_wish_changed(void);
/* The thread's records go on in a new packet on disk. Guard set. */
void event_packet_changed(struct thread *self);

#endif
