/* SPDX-License-Identifier: MIT
 * Owns: the bytes that children brought as they were collected. Must not know: who starts and collects them. */
#include "preload/reaped.h"

#include "preload/process.h"

static struct thread_lock looking;
static struct reaped_look last;

struct reaped_look reaped_look(void)
{
    struct process_sums sums = process_sums();
    struct reaped_look look = {
        .own_rchar = atomic_load(&process.own_rchar), /* first: later bytes are not in what io is going to say */
        .own_wchar = atomic_load(&process.own_wchar),
        .seen_rchar = sums.kernel_read,
        .seen_wchar = sums.kernel_written,
        .at_ns = thread_now_ns(),
    };
    look.io = facts_io();
    return look;
}

struct reaped_look reaped_recent(void)
{
    enum { RECENT_NS = 1000000 };
    struct reaped_look look = {0};
    if (thread_lock_take(&looking)) {
        look = last;
        thread_lock_give(&looking);
    }
    return look.at_ns && thread_now_ns() - look.at_ns < RECENT_NS ? look : reaped_look();
}

void reaped_none_until(const struct reaped_look *look)
{
    if (!thread_lock_take(&looking))
        return;
    last = *look;
    thread_lock_give(&looking);
}

/* A transfer of another thread that is under way is in neither. */
static uint64_t growth(uint64_t before, uint64_t after, uint64_t known)
{
    bool can_tell = before != TRACE_UNKNOWN && after != TRACE_UNKNOWN;
    return can_tell && after > before && after - before > known ? after - before - known : 0;
}

void reaped_one(void)
{
    if (!thread_lock_take(&looking)) /* who holds it is about to count this child as well */
        return;
    struct reaped_look now = reaped_look();
    uint64_t rchar = now.own_rchar - last.own_rchar + now.seen_rchar - last.seen_rchar;
    uint64_t wchar = now.own_wchar - last.own_wchar + now.seen_wchar - last.seen_wchar;
    atomic_fetch_add(&process.reaped_rchar, growth(last.io.rchar, now.io.rchar, rchar));
    atomic_fetch_add(&process.reaped_wchar, growth(last.io.wchar, now.io.wchar, wchar));
    last = now;
    thread_lock_give(&looking);
}

void reaped_reset_after_fork(void)
{
    atomic_store(&looking.holder, 0);
    last = (struct reaped_look){0};
}
