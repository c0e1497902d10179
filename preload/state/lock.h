/* SPDX-License-Identifier: MIT
 * Owns: locks of ours, held under the guard and for a short time. Any thread. Must not know: what they are for. */
#ifndef PRELOAD_LOCK_H
#define PRELOAD_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Who finds itself as the holder left it by siglongjmp. */
struct thread_lock {
    _Atomic uintptr_t holder;
};
bool thread_lock_try(struct thread_lock *lock);
/* False when its holder does not come back (left it by siglongjmp): the caller does without. */
bool thread_lock_take(struct thread_lock *lock);
static inline void thread_lock_give(struct thread_lock *lock)
{
    atomic_store_explicit(&lock->holder, 0, memory_order_release);
}

#endif
