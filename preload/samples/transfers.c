/* SPDX-License-Identifier: MIT
 * Owns: what the kernel has counted as this process's I/O, and which part of it is ours or its children's.
 * Must not know: who waits for whom, what becomes of the figures. */
#include "preload/samples/transfers.h"

#include "preload/facts/facts.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "preload/guard/threads.h"

/* One direction. */
struct direction {
    bool looked;
    uint64_t rest; /* of the kernel's count, what we do not know of, at the last look. Only differences mean anything */
    uint64_t others; /* what it grew by while nobody waited: calls that are not hooked, or not yet counted by us */
    uint64_t reaped; /* what it grew by until a child was collected */
};

static struct thread_lock lock; /* of all below */
static struct direction in, out;
static unsigned waits; /* in progress; one that is left by longjmp or cancellation stays */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The rest gets smaller when we come to know of a transfer that the kernel had counted before the last look: a packet
 * that another thread had just written, say. It was taken for somebody's, and is so no longer. */
static void settle(struct direction *side, uint64_t counted, uint64_t known, bool collected)
{
    int64_t more = (int64_t)(counted - known - side->rest);
    bool comparable = side->looked && counted != TRACE_UNKNOWN;
    side->rest = counted - known;
    side->looked = counted != TRACE_UNKNOWN;
    if (!comparable)
        return;
    if (more >= 0) {
        *(collected ? &side->reaped : &side->others) += (uint64_t)more;
        return;
    }
    uint64_t less = 0 - (uint64_t)more, of_others = least(less, side->others);
    side->others -= of_others;
    side->reaped -= least(less - of_others, side->reaped);
}

/* settles: it is known whether what grew since the last look is a child's. */
static struct transfers look(bool settles, bool collected)
{
    struct transfers now = {
        .own_rchar = atomic_load(&process.own_rchar), /* of what io is going to say: it and later files are not */
        .own_wchar = atomic_load(&process.own_wchar),
    };
    struct thread_sums sums = thread_sums();
    now.io = facts_io();
    if (settles) {
        settle(&in, now.io.rchar, now.own_rchar + sums.kernel_read, collected);
        settle(&out, now.io.wchar, now.own_wchar + sums.kernel_written, collected);
    }
    now.reaped_rchar = in.reaped;
    now.reaped_wchar = out.reaped;
    return now;
}

struct facts_io transfers_begin(void)
{
    atomic_store(&process.own_rchar, 0); /* what we read until now is no part of what is read from now on */
    bool owned = thread_lock_take(&lock);
    if (owned)
        in.looked = out.looked = false;
    struct transfers now = look(owned, false);
    if (owned)
        thread_lock_give(&lock);
    return now.io;
}

struct transfers transfers_now(void)
{
    bool owned = thread_lock_take(&lock);
    struct transfers now = look(owned && !waits, false);
    if (owned)
        thread_lock_give(&lock);
    return now;
}

bool transfers_wait_begin(void)
{
    if (!thread_lock_take(&lock))
        return false;
    if (!waits++)
        look(true, false);
    thread_lock_give(&lock);
    return true;
}

void transfers_wait_end(bool collected)
{
    if (!thread_lock_take(&lock))
        return;
    if (collected)
        look(true, true);
    waits -= waits > 0;
    thread_lock_give(&lock);
}

void transfers_reset(void)
{
    atomic_store(&lock.holder, 0);
    in = out = (struct direction){0};
    waits = 0;
}
