/* SPDX-License-Identifier: MIT
 * Owns: where the calling thread finds its state. Must not know: what is done with it. */
#include "preload/state/thread_state.h"

_Thread_local struct thread_local_state thread_local_state;
