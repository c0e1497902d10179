/* SPDX-License-Identifier: MIT
 * Owns: the room that the trace may take on disk. Must not know: what takes it. */
#include "preload/record/quota.h"

#include "preload/record/control.h"

enum { SHARE_OF_RECORDS = 8 }; /* one part of so many */

static bool take(struct trace_control *page, uint64_t bytes, uint64_t most)
{
    _Atomic uint64_t *used = (_Atomic uint64_t *)&page->bytes_used;
    if (bytes > most)
        return false;
    if (atomic_fetch_add(used, bytes) <= most - bytes)
        return true;
    atomic_fetch_sub(used, bytes);
    return false;
}

bool quota_reserve(uint64_t bytes)
{
    struct trace_control *page = atomic_load(&control_page);
    if (!page)
        return false;
    bool there = take(page, bytes, page->quota_bytes);
    if (!there)
        __atomic_store_n(&page->quota_refused, 1, __ATOMIC_RELAXED);
    return there;
}

bool quota_reserve_beside(uint64_t bytes)
{
    struct trace_control *page = atomic_load(&control_page);
    return page && take(page, bytes, page->quota_bytes - page->quota_bytes / SHARE_OF_RECORDS);
}

void quota_give_back(uint64_t bytes)
{
    struct trace_control *page = atomic_load(&control_page);
    if (page)
        atomic_fetch_sub((_Atomic uint64_t *)&page->bytes_used, bytes);
}
