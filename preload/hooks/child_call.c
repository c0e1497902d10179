/* SPDX-License-Identifier: MIT
 * Owns: the records of programs started and children collected. Must not know: signatures of libc. */
#include "preload/hooks/child_call.h"

#include <string.h>

#include "preload/process/idle.h"
#include "preload/state/clock.h"
#include "preload/guard/thread.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"
#include "preload/samples/transfers.h"

static void put_idle(struct thread *self, const struct trace_idle *idle)
{
    struct trace_idle_child record = {.cpu_ns = idle->cpu_ns, .ended_ns = idle->ended_ns, .pid = idle->pid};
    packet_put(self, TRACE_KIND_idle_child, thread_now_ns(), &record);
}

void child_put_spawn(struct thread *self, enum trace_spawn_op op, uint64_t start_ns, pid_t pid, int error,
                     const char *path, bool untraced)
{
    uint64_t now_ns = thread_now_ns();
    struct trace_idle earlier; /* a process of this number that nobody collected, or not in a way that is seen */
    if (start_ns && pid > 0 && process_take_idle((uint32_t)pid, start_ns, &earlier))
        put_idle(self, &earlier);
    struct trace_spawn record = {
        .duration_ns = start_ns ? now_ns - start_ns : 0,
        .pid = pid > 0 ? (uint32_t)pid : 0,
        .error = (uint16_t)error,
        .op = (uint8_t)op,
        .untraced = untraced,
        .path = {path, path ? strlen(path) : 0},
    };
    packet_put(self, TRACE_KIND_spawn, now_ns, &record);
}

struct child_wait child_wait_begin(void)
{
    struct child_wait wait = {.start_ns = thread_hook_start()};
    if (wait.start_ns)
        OWN_CODE(wait.is_counted = transfers_wait_begin(); (void)self);
    return wait;
}

static uint64_t nanoseconds(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

void child_wait_none(const struct child_wait *wait)
{
    if (wait->is_counted)
        OWN_CODE(transfers_wait_end(false); (void)self);
}

void child_wait_end(const struct child_wait *wait, pid_t pid, int status, const struct rusage *usage)
{
    if (!wait->start_ns)
        return;
    OWN_CODE({
        struct trace_idle idle;
        bool is_idle = process_take_idle(pid > 0 ? (uint32_t)pid : 0, UINT64_MAX, &idle);
        if (wait->is_counted)
            transfers_wait_end(!is_idle);
        if (is_idle)
            put_idle(self, &idle);
        uint64_t now_ns = thread_now_ns();
        struct trace_child record = {
            .duration_ns = now_ns - wait->start_ns,
            .cpu_user_ns = usage ? nanoseconds(usage->ru_utime) : TRACE_UNKNOWN,
            .cpu_system_ns = usage ? nanoseconds(usage->ru_stime) : TRACE_UNKNOWN,
            .pid = (uint32_t)pid,
            .status = (uint32_t)status,
        };
        if (pid)
            packet_put(self, TRACE_KIND_child, now_ns, &record);
    });
}
