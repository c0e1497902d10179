/* SPDX-License-Identifier: MIT
 * Owns: locks of ours. Must not know: what they are for. */
#include "preload/state/lock.h"

#include "preload/base/system.h"
#include "preload/state/thread_state.h"

#define LOCK_NS (UINT64_C(100) * 1000000)

bool thread_lock_try(struct thread_lock *lock)
{
    uintptr_t self = (uintptr_t)&thread_local_state, holder = 0;
    return atomic_compare_exchange_strong_explicit(&lock->holder, &holder, self, memory_order_acquire,
                                                   memory_order_relaxed) ||
           holder == self;
}

bool thread_lock_take(struct thread_lock *lock)
{
    enum { SPINS = 100 };
    for (unsigned i = 0; i < SPINS; i++)
        if (thread_lock_try(lock))
            return true;
    struct system_wait wait = {.most_ns = LOCK_NS};
    do
        if (thread_lock_try(lock))
            return true;
    while (system_wait_more(&wait));
    return false;
}
