/* SPDX-License-Identifier: MIT
 * Owns: the records of programs started and children collected. Must not know: signatures of libc. */
#include "preload/child_call.h"

#include <string.h>

#include "preload/packet.h"
#include "preload/reaped.h"

void child_put_spawn(struct thread *self, enum trace_spawn_op op, uint64_t start_ns, pid_t pid, int error,
                     const char *path, bool untraced)
{
    uint64_t now_ns = thread_now_ns();
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

static uint64_t nanoseconds(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

static void put_idle(struct thread *self, const struct trace_idle *idle)
{
    struct trace_idle_child record = {
        .cpu_user_ns = (uint64_t)idle->cpu_user_us * 1000,
        .cpu_system_ns = (uint64_t)idle->cpu_system_us * 1000,
        .pid = idle->pid,
    };
    packet_put(self, TRACE_KIND_idle_child, thread_now_ns(), &record);
}

void child_collected(uint64_t start_ns, pid_t pid, int status, const struct rusage *usage)
{
    if (!start_ns)
        return;
    OWN_CODE({
        struct trace_idle idle;
        if (process_take_idle(pid, &idle)) /* it read and wrote nothing */
            put_idle(self, &idle);
        else
            reaped_one();
        uint64_t now_ns = thread_now_ns();
        struct trace_child record = {
            .duration_ns = now_ns - start_ns,
            .cpu_user_ns = usage ? nanoseconds(usage->ru_utime) : TRACE_UNKNOWN,
            .cpu_system_ns = usage ? nanoseconds(usage->ru_stime) : TRACE_UNKNOWN,
            .pid = (uint32_t)pid,
            .status = (uint32_t)status,
        };
        if (pid)
            packet_put(self, TRACE_KIND_child, now_ns, &record);
    });
}
