/* SPDX-License-Identifier: MIT
 * Owns: memory of our own. Must not know: what it is for. */
#include "preload/state/arena.h"

#include "preload/base/system.h"
#include "preload/state/lock.h"

#define ARENA_CHUNK (256u * 1024)

_Atomic uint64_t arena_mapped_bytes;

static char first_chunk[ARENA_CHUNK] __attribute__((aligned(64))); /* most programs need no other */
static struct {
    struct thread_lock lock;
    char *at;
    size_t left;
} arena;

void arena_prepare(void)
{
    arena.at = first_chunk;
    arena.left = sizeof first_chunk;
    atomic_store(&arena_mapped_bytes, sizeof first_chunk);
}

void *arena_allocate(size_t bytes)
{
    bytes = (bytes + 63) & ~(size_t)63;
    void *result = NULL;
    if (!thread_lock_take(&arena.lock))
        return NULL;
    if (bytes > arena.left) {
        size_t chunk = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;
        char *memory = system_map(chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        if (memory) {
            arena.at = memory;
            arena.left = chunk;
            atomic_fetch_add_explicit(&arena_mapped_bytes, chunk, memory_order_relaxed);
        }
    }
    if (bytes <= arena.left) {
        result = arena.at;
        arena.at += bytes;
        arena.left -= bytes;
    }
    thread_lock_give(&arena.lock);
    return result;
}

void arena_reset_after_fork(void)
{
    if (atomic_exchange(&arena.lock.holder, 0))
        arena.left = 0; /* another thread was taking from it: how far it came is unknown */
}
