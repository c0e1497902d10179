/* SPDX-License-Identifier: MIT
 * Owns: asking jemalloc for its statistics. Must not know: who allocates.
 * Source of the names: jemalloc(3), MALLCTL NAMESPACE. */
#include "preload/memory/allocator.h"

#include <string.h>

#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"
#include "preload/base/symbols.h"

typedef int mallctl_function(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);
static mallctl_function *mallctl_of_program;

void allocator_find(void)
{
    void *address = symbols_at_start("mallctl");
    memcpy(&mallctl_of_program, &address, sizeof mallctl_of_program);
}

static bool ask(const char *name, uint64_t *out)
{
    size_t value, bytes = sizeof value;
    if (mallctl_of_program(name, &value, &bytes, NULL, 0) != 0 || bytes != sizeof value)
        return false;
    *out = value;
    return true;
}

void allocator_put(struct thread *self)
{
    if (!mallctl_of_program || thread_inside_allocator())
        return;
    struct trace_allocator record;
    uint64_t epoch = 1;
    /* What it calls from inside is not the program's, as with any other call of the allocator. */
    uintptr_t outer = thread_local_state.allocator_frame;
    thread_local_state.allocator_frame = (uintptr_t)__builtin_frame_address(0);
    thread_slow_begin(self);
    bool told = mallctl_of_program("epoch", NULL, NULL, &epoch, sizeof epoch) == 0 &&
                ask("stats.allocated", &record.allocated) && ask("stats.active", &record.active) &&
                ask("stats.resident", &record.resident) && ask("stats.retained", &record.retained);
    thread_slow_end(self);
    thread_local_state.allocator_frame = outer;
    if (told)
        packet_put(self, TRACE_KIND_allocator, thread_now_ns(), &record);
    else
        mallctl_of_program = NULL; /* built without statistics */
}
