/* SPDX-License-Identifier: MIT
 * Owns: the definition record of each hook, which comes before its first use. Guard set. Must not know: what hooks do.
 */
#ifndef PRELOAD_DEFINITIONS_H
#define PRELOAD_DEFINITIONS_H

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/state/thread_state.h"

/* Writes the hook's definition record once per process. */
void define_hook_now(struct thread *self, unsigned hook, unsigned codec, unsigned role, const char *library);
extern _Atomic uint8_t definitions_made[HOOK_end];
static inline void define_hook(struct thread *self, unsigned hook, unsigned codec, unsigned role, const char *library)
{
    if (unlikely(!atomic_load_explicit(&definitions_made[hook], memory_order_relaxed)))
        define_hook_now(self, hook, codec, role, library);
}

/* None is written yet: another process, or another stretch of this one. */
void definitions_reset(void);

#endif
