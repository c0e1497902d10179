/* SPDX-License-Identifier: MIT
 * Owns: the definition record of each hook. Must not know: what hooks do. */
#include "preload/record/definitions.h"

#include <string.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"

_Atomic uint8_t definitions_made[HOOK_end];

void define_hook_now(struct thread *self, unsigned hook, unsigned codec, unsigned role, const char *library)
{
    if (atomic_exchange(&definitions_made[hook], 1))
        return;
    const char *name = hook_name(hook);
    struct trace_hook record = {
        .hook = (uint16_t)hook,
        .codec = (uint8_t)codec,
        .role = (uint8_t)role,
        .name = {name, strlen(name)},
        .library = {library ? library : "", library ? strlen(library) : 0},
    };
    uint64_t discarded = self->packet.discarded;
    packet_put(self, TRACE_KIND_hook, thread_now_ns(), &record);
    if (unlikely(self->packet.discarded != discarded))
        atomic_store(&definitions_made[hook], 0); /* its next use tries again */
}

void definitions_reset(void)
{
    memset((void *)definitions_made, 0, sizeof definitions_made);
}
