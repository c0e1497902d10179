/* SPDX-License-Identifier: MIT
 * Owns: the records of the machine and of the control group. Guard set. Must not know: when they are due. */
#ifndef PRELOAD_HOST_H
#define PRELOAD_HOST_H

#include "preload/state/thread_state.h"

/* The machine, once per trace, and this process's control group. */
void host_put(struct thread *self);
/* The control group alone: what it has allowed until now. */
void host_put_cgroup(struct thread *self);

#endif
