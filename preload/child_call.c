/* SPDX-License-Identifier: MIT
 * Owns: the records of programs started and children collected. Must not know: signatures of libc. */
#include "preload/child_call.h"

#include <string.h>

#include "preload/packet.h"

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

/* What the kernel has counted for this process, and which part of it we know of. */
struct look {
    struct facts_io io;
    uint64_t own_rchar, own_wchar;
    struct process_sums sums;
};

static struct look look(void)
{
    struct look now = {
        .own_rchar = atomic_load(&process.own_rchar),
        .own_wchar = atomic_load(&process.own_wchar),
        .sums = process_sums(),
    };
    now.io = facts_io();
    return now;
}

/* Waits of several threads overlap: what grows meanwhile is counted once, at the end of whichever collects a child. */
static struct thread_lock counting;
static unsigned waits;                      /* in progress; one that is left by longjmp or cancellation stays */
static struct look seen;                    /* when the first of them began */
static uint64_t reaped_rchar, reaped_wchar; /* since then, as far as they are in the process's */

struct child_wait child_wait_begin(void)
{
    struct child_wait wait = {.start_ns = thread_hook_start()};
    if (wait.start_ns)
        OWN_CODE(wait.is_counted = thread_lock_take(&counting); (void)self; if (wait.is_counted) {
            if (!waits++) {
                seen = look();
                reaped_rchar = reaped_wchar = 0;
            }
            thread_lock_give(&counting);
        });
    return wait;
}

static uint64_t nanoseconds(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_usec * 1000u;
}

/* What the counter grew by beyond what we know of. A transfer that another thread has just made is in the counter
 * before we know of it: each time all is counted from the first wait on, which takes it off again. */
static uint64_t growth(uint64_t before, uint64_t after, uint64_t known)
{
    bool is_known = before != TRACE_UNKNOWN && after != TRACE_UNKNOWN;
    return is_known && after > before && after - before > known ? after - before - known : 0;
}

static void add_reaped(void)
{
    struct look now = look();
    uint64_t rchar = now.own_rchar - seen.own_rchar + now.sums.kernel_read - seen.sums.kernel_read;
    uint64_t wchar = now.own_wchar - seen.own_wchar + now.sums.kernel_written - seen.sums.kernel_written;
    rchar = growth(seen.io.rchar, now.io.rchar, rchar);
    wchar = growth(seen.io.wchar, now.io.wchar, wchar);
    atomic_fetch_add(&process.reaped_rchar, rchar - reaped_rchar); /* either may be less than before */
    atomic_fetch_add(&process.reaped_wchar, wchar - reaped_wchar);
    reaped_rchar = rchar;
    reaped_wchar = wchar;
}

/* brings: a child was collected, and may have moved bytes. */
static void end_wait(const struct child_wait *wait, bool brings)
{
    if (!wait->is_counted || !thread_lock_take(&counting))
        return;
    if (brings)
        add_reaped();
    waits -= waits > 0;
    thread_lock_give(&counting);
}

void child_wait_none(const struct child_wait *wait)
{
    if (wait->start_ns)
        OWN_CODE(end_wait(wait, false); (void)self);
}

void child_wait_end(const struct child_wait *wait, pid_t pid, int status, const struct rusage *usage)
{
    if (!wait->start_ns)
        return;
    OWN_CODE({
        struct trace_idle idle;
        bool is_idle = process_take_idle(pid > 0 ? (uint32_t)pid : 0, UINT64_MAX, &idle);
        end_wait(wait, !is_idle);
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

void child_waits_reset_after_fork(void)
{
    atomic_store(&counting.holder, 0);
    waits = 0;
}
