/* SPDX-License-Identifier: MIT
 * Owns: the tree of call stacks. Must not know: what is allocated; how a stack is walked.
 *
 * A node is a return address below the node of its caller. Programs allocate from few places, so that nearly every
 * stack is there already: finding it costs a look-up per frame. */
#include "preload/memory/stacks.h"

#include <string.h>

#include "preload/base/system.h"
#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "preload/state/thread_state.h"
#include "preload/record/packet.h"
#include "preload/base/settings.h"
#include "preload/memory/unwinder.h"

#define PLACES_FIRST 1024u

struct node {
    uintptr_t address;
    uint32_t parent;
    uint32_t number; /* 0 = empty place */
};

static bool on;
static struct thread_lock lock;
static struct node *nodes; /* open addressing by parent and address */
static uint32_t places, node_count;
static _Atomic uint32_t recorded[STACKS_NODES_MAX / 32 + 1]; /* a bit per number: its record is written */

static uint32_t place_of(uint32_t parent, uintptr_t address)
{
    uint64_t mixed = (address ^ (uint64_t)parent << 40) * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(mixed >> 32) & (places - 1);
    while (nodes[at].number && (nodes[at].parent != parent || nodes[at].address != address))
        at = (at + 1) & (places - 1);
    return at;
}

static bool grow(void)
{
    struct node *old = nodes, *larger;
    uint32_t old_places = places, new_places = places ? places * 2 : PLACES_FIRST;
    if (!(larger = arena_allocate(new_places * sizeof *larger)))
        return false;
    nodes = larger;
    places = new_places;
    for (uint32_t i = 0; i < old_places; i++)
        if (old[i].number)
            nodes[place_of(old[i].parent, old[i].address)] = old[i];
    return true;
}

/* The node's number, or 0 when there is no room for a new one. */
static uint32_t number_of(uint32_t parent, uintptr_t address)
{
    if (places) {
        uint32_t at = place_of(parent, address);
        if (nodes[at].number)
            return nodes[at].number;
    }
    if (node_count == STACKS_NODES_MAX || (node_count * 2 >= places && !grow()))
        return 0;
    nodes[place_of(parent, address)] = (struct node){address, parent, node_count + 1};
    return ++node_count;
}

/* Two threads may both write a node: it says the same. */
static void record(struct thread *self, uint32_t number, uint32_t parent, const void *address)
{
    uint32_t bit = UINT32_C(1) << number % 32;
    if (likely(atomic_load_explicit(&recorded[number / 32], memory_order_relaxed) & bit))
        return;
    struct trace_frame frame = {.frame = number, .parent = parent, .address = (uintptr_t)address};
    uint64_t discarded = self->packet.discarded;
    packet_put(self, TRACE_KIND_frame, thread_now_ns(), &frame);
    if (likely(self->packet.discarded == discarded)) /* else its next use tries again */
        atomic_fetch_or_explicit(&recorded[number / 32], bit, memory_order_relaxed);
}

uint32_t stacks_take(struct thread *self)
{
    if (likely(!on))
        return 0;
    uint64_t began_ns = thread_now_ns();
    size_t count = unwinder_take(self);
    bool complete = count && thread_lock_take(&lock);
    if (complete) {
        uint32_t parent = 0;
        for (size_t i = count; i-- > 0 && complete; parent = self->stack_nodes[i])
            complete = (self->stack_nodes[i] = number_of(parent, (uintptr_t)self->stack[i])) != 0;
        thread_lock_give(&lock);
    }
    for (size_t i = complete ? count : 0; i-- > 0;)
        record(self, self->stack_nodes[i], i + 1 < count ? self->stack_nodes[i + 1] : 0, self->stack[i]);
    if (unlikely(!complete))
        process_count_lost(1);
    atomic_fetch_add_explicit(&process.slow_ns, thread_now_ns() - began_ns, memory_order_relaxed);
    return complete ? self->stack_nodes[0] : 0;
}

void stacks_prepare(struct thread *self)
{
    if (!settings.stacks)
        return;
    on = unwinder_load(self);
    if (on)
        return;
    static const char wanted[] = "libunwind.so.8";
    struct trace_notice notice = {.what = trace_note_NO_STACKS, .text = {wanted, sizeof wanted - 1}};
    packet_put(self, TRACE_KIND_notice, thread_now_ns(), &notice);
}

void stacks_begin_anew(void)
{
    if (on)
        memset((void *)recorded, 0, sizeof recorded);
}

void stacks_reset_after_fork(void)
{
    if (!on)
        return;
    unwinder_reset_after_fork();
    memset((void *)recorded, 0, sizeof recorded);
    if (atomic_exchange(&lock.holder, 0)) { /* another thread was changing the tree: how far it came is unknown */
        nodes = NULL;
        places = node_count = 0;
    }
}
