/* SPDX-License-Identifier: MIT
 * Owns: the records of programs started and children collected. Must not know: signatures of libc. */
#include "preload/child_call.h"

#include <string.h>

#include "preload/packet.h"

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

struct child_wait child_wait_begin(void)
{
    struct child_wait wait = {.start_ns = thread_hook_start()};
    if (wait.start_ns)
        OWN_CODE({
            wait.own_rchar = atomic_load(&process.own_rchar);
            wait.own_wchar = atomic_load(&process.own_wchar);
            wait.sums = process_sums();
            wait.io = facts_io();
            (void)self;
        });
    return wait;
}

static uint64_t nanoseconds(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

/* What the counter grew by beyond what we know of; a transfer of another thread that is under way is in neither. */
static uint64_t growth(uint64_t before, uint64_t after, uint64_t known)
{
    return after > before && after - before > known ? after - before - known : 0;
}

void child_wait_end(const struct child_wait *wait, pid_t pid, int status, const struct rusage *usage)
{
    if (!wait->start_ns)
        return;
    OWN_CODE({
        uint64_t rchar = atomic_load(&process.own_rchar) - wait->own_rchar;
        uint64_t wchar = atomic_load(&process.own_wchar) - wait->own_wchar;
        struct process_sums sums = process_sums();
        struct facts_io io = facts_io();
        if (io.rchar != TRACE_UNKNOWN && wait->io.rchar != TRACE_UNKNOWN) {
            rchar += sums.kernel_read - wait->sums.kernel_read;
            wchar += sums.kernel_written - wait->sums.kernel_written;
            atomic_fetch_add(&process.reaped_rchar, growth(wait->io.rchar, io.rchar, rchar));
            atomic_fetch_add(&process.reaped_wchar, growth(wait->io.wchar, io.wchar, wchar));
        }
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
