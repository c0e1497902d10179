/* SPDX-License-Identifier: MIT
 * Owns: packets: waiting in memory, mapped from files, growing, finishing. Must not know: what records mean. */
#include "preload/record/packet.h"

#include <string.h>

#include "preload/base/system.h"
#include "preload/record/control.h"
#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/events.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/guard/descriptors.h"
#include "preload/record/directory.h"
#include "preload/facts/facts.h"

#define WAITING_BYTES  (16u * 1024)
#define BUFFERED_BYTES (64u * 1024) /* where files cannot be mapped safely */
#define REFUSED_NS     100000000u

_Atomic bool packet_disk;
static _Atomic uint64_t refused_until_ns; /* the disk, the quota or the directory refused: not tried again before */
static struct thread_lock opening;
static bool made_trace;
static _Atomic bool wrote_packet, counted_lost; /* of this process */

void packet_trace_is_ours(void)
{
    made_trace = true;
}

bool packet_host_is_due(void)
{
    struct trace_control *control = atomic_load_explicit(&control_page, memory_order_relaxed);
    return packet_on_disk() && control && !__atomic_load_n(&control->host_claimed, __ATOMIC_RELAXED) &&
           !__atomic_exchange_n(&control->host_claimed, 1, __ATOMIC_RELAXED);
}

bool packet_made_trace(void)
{
    return made_trace;
}

void packet_reset_after_fork(void)
{
    atomic_store(&packet_disk, false);
    atomic_store(&refused_until_ns, 0);
    atomic_store(&opening.holder, 0);
    made_trace = false;
    atomic_store(&wrote_packet, false);
    atomic_store(&counted_lost, false);
}

static uint64_t stream_instance(const struct packet *packet)
{
    /* Of two streams of a process whose numbers end alike, the second was born thousands of threads later. */
    return (uint64_t)(process.pid & 0x3fffff) << 42 | (packet->born_ns / 1000 & 0x3fffffff) << 12 |
           (packet->stream & 0xfff);
}

static void begin(struct thread *self, char *base, size_t capacity, bool is_on_disk)
{
    struct packet *packet = &self->packet;
    struct trace_packet_header *header = (void *)base;
    packet->base = base;
    packet->capacity = capacity;
    packet->used = sizeof *header;
    packet->on_disk = is_on_disk;
    packet->last_ns++; /* babeltrace2 orders a stream's packets by their beginnings: no two may be equal */
    memset(header, 0, sizeof *header);
    header->magic = TRACE_MAGIC;
    header->stream_instance_id = stream_instance(packet);
    header->timestamp_begin = header->timestamp_end = packet->last_ns;
    header->packet_size = capacity * 8;
    header->packet_seq_num = packet->sequence;
    header->events_discarded = packet->discarded;
    header->in_flight_hook = self->in_flight_hook;
    header->pid = process.pid;
    header->content_size = packet->used * 8;
}

static void wait_in_memory(struct thread *self, size_t bytes)
{
    struct packet *packet = &self->packet;
    if (packet->waiting_capacity < bytes) {
        char *memory = system_map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        if (!memory)
            return;
        atomic_fetch_add(&arena_mapped_bytes, bytes);
        packet->waiting = memory;
        packet->waiting_capacity = bytes;
    }
    begin(self, packet->waiting, packet->waiting_capacity, false);
}

static bool refused(void)
{
    atomic_store(&refused_until_ns, thread_now_ns() + REFUSED_NS);
    return false;
}

static bool may_try(uint64_t now_ns)
{
    uint64_t until_ns = atomic_load_explicit(&refused_until_ns, memory_order_relaxed);
    return likely(until_ns == 0) || now_ns >= until_ns;
}

/* Own directory, once. Another thread that is at it is waited for: it takes well under a millisecond. */
static bool go_to_disk(void)
{
    if (packet_on_disk())
        return true;
    uint64_t signals = system_hold_signals();
    if (!thread_lock_take(&opening)) {
        system_give_signals(signals);
        return false;
    }
    bool first = false, done = packet_on_disk();
    if (!done) {
        done = directory_open_trace(&first) && directory_open_process(process.pid, process.start_ns);
        atomic_store_explicit(&packet_disk, done, memory_order_release);
    }
    thread_lock_give(&opening);
    system_give_signals(signals);
    if (first)
        packet_trace_is_ours();
    return done || refused();
}

static void discard(struct thread *self)
{
    self->packet.discarded++;
    if (self->packet.base)
        ((struct trace_packet_header *)(void *)self->packet.base)->events_discarded = self->packet.discarded;
    process_count_lost(1);
}

static bool has_records(const struct packet *packet)
{
    return packet->base && packet->used > sizeof(struct trace_packet_header);
}

/* Hands the own waiting packet to disk. */
static bool write_waiting(struct packet *packet)
{
    struct trace_packet_header *header = (void *)packet->base;
    header->packet_size = packet->used * 8;
    bool written = directory_write_packet(packet->stream, packet->sequence, packet->base, packet->used);
    packet->sequence += written;
    if (written)
        atomic_store_explicit(&wrote_packet, true, memory_order_relaxed);
    return written;
}

/* The memory stays: the ending process may be looking at it, and finds it empty. */
static void drop_waiting(struct packet *packet)
{
    packet->base = NULL;
    (void)SYSTEM3(SYS_madvise, packet->waiting, packet->waiting_capacity, MADV_DONTNEED);
}

static void drop_mapped(struct packet *packet)
{
    system_unmap(packet->base, packet->capacity);
    atomic_fetch_sub(&arena_mapped_bytes, packet->capacity);
    packet->base = NULL;
    packet->sequence++;
}

static size_t next_capacity(uint32_t sequence, size_t need)
{
    size_t capacity = sequence == 0 ? 16384 : sequence == 1 ? 65536 : 262144;
    while (capacity < need + sizeof(struct trace_packet_header) + PACKET_ENDING_BYTES)
        capacity *= 2;
    return capacity;
}

/* Replaces the packet by a mapped one, into which what waited goes first. When that is refused the old one stays, to
 * count the losses in. */
static bool map_next(struct thread *self, size_t need)
{
    struct packet *packet = &self->packet;
    const struct trace_packet_header *old = (const void *)packet->base;
    bool waits = packet->base && !packet->on_disk;
    size_t held = waits && has_records(packet) ? packet->used - sizeof *old : 0;
    uint64_t begin_ns = held ? old->timestamp_begin : 0;
    uint32_t sequence = packet->sequence + (packet->base && !waits);
    size_t capacity = next_capacity(sequence, need + held);
    char *memory = directory_create_packet(packet->stream, sequence, capacity);
    if (!memory)
        return refused();
    if (packet->base && !waits)
        drop_mapped(packet);
    begin(self, memory, capacity, true);
    if (held) {
        struct trace_packet_header *header = (void *)memory;
        memcpy(memory + sizeof *header, (const char *)old + sizeof *old, held);
        packet->used += held;
        header->timestamp_begin = begin_ns;
        __atomic_store_n(&header->content_size, packet->used * 8, __ATOMIC_RELEASE);
    }
    if (waits) /* the memory stays: the ending process may be looking at it, and finds it empty */
        (void)SYSTEM3(SYS_madvise, packet->waiting, packet->waiting_capacity, MADV_DONTNEED);
    atomic_fetch_add(&arena_mapped_bytes, capacity);
    if (directory_show_packet(packet->stream, sequence)) {
        atomic_store_explicit(&wrote_packet, true, memory_order_relaxed);
        return true;
    }
    drop_mapped(packet);
    return refused();
}

static bool fits(const struct packet *packet, size_t bytes, size_t kept)
{
    return packet->base && packet->used + bytes + kept <= packet->capacity;
}

/* Replaces the packet by one with room for need bytes. False: the record is lost. */
static bool next(struct thread *self, size_t need)
{
    struct packet *packet = &self->packet;
    size_t whole = need + sizeof(struct trace_packet_header) + PACKET_ENDING_BYTES;
    if (!packet->base && !packet_on_disk()) {
        wait_in_memory(self, whole > WAITING_BYTES ? BUFFERED_BYTES : WAITING_BYTES);
        if (packet->base)
            return true;
    }
    uint64_t signals = system_hold_signals();
    thread_slow_begin(self);
    bool done = descriptors_may_open() && go_to_disk();
    if (done && directory_can_map()) {
        /* The host's record may have brought a new packet already. */
        done = (packet->on_disk && fits(packet, need, PACKET_ENDING_BYTES)) || map_next(self, need);
    } else if (done) {
        done = !has_records(packet) || write_waiting(packet) || refused();
        if (done)
            wait_in_memory(self, BUFFERED_BYTES);
    }
    thread_slow_end(self);
    system_give_signals(signals);
    return done && fits(packet, need, 0);
}

static void append(struct thread *self, enum trace_kind kind, uint64_t time_ns, const void *record, size_t bytes)
{
    struct packet *packet = &self->packet;
    bool ends = kind == TRACE_KIND_process_end || kind == TRACE_KIND_thread_end ||
                !atomic_load_explicit(&thread_recording, memory_order_relaxed);
    /* A waiting packet of a process that meanwhile went to disk follows at its next record. */
    bool follows = !packet->on_disk && packet_on_disk() && directory_can_map();
    if (unlikely(follows || !fits(packet, bytes, ends ? 0 : PACKET_ENDING_BYTES))) {
        if (time_ns > packet->last_ns)
            packet->last_ns = time_ns;
        if ((!may_try(time_ns) || !next(self, bytes)) && !fits(packet, bytes, ends ? 0 : PACKET_ENDING_BYTES)) {
            discard(self);
            return;
        }
    }
    if (time_ns < packet->last_ns)
        time_ns = packet->last_ns;
    packet->last_ns = time_ns;
    struct trace_packet_header *header = (void *)packet->base;
    if (packet->used == sizeof *header)
        header->timestamp_begin = time_ns;
    if (trace_shapes[kind].texts)
        packet->used +=
            trace_encode(kind, time_ns, record, packet->base + packet->used, packet->capacity - packet->used);
    else
        packet->used += trace_encode_fixed(trace_shapes[kind], kind, time_ns, record, packet->base + packet->used);
    header->timestamp_end = time_ns;
    header->events_discarded = packet->discarded;
    __atomic_store_n(&header->content_size, packet->used * 8, __ATOMIC_RELEASE);
    self->records++;
}

void packet_put(struct thread *self, enum trace_kind kind, uint64_t time_ns, const void *record)
{
    if (unlikely(atomic_load_explicit(&thread_paused, memory_order_relaxed)))
        return; /* of a call that began before the recording was stopped */
    if (unlikely(!self->named)) {
        self->named = true;
        char name[17] = "";
        struct trace_thread thread = {.start_ns = self->start_ns, .tid = self->tid, .creator_tid = self->creator_tid};
        thread.name.bytes = facts_thread_name(name);
        thread.name.data = name;
        append(self, TRACE_KIND_thread, time_ns, &thread, trace_encoded_bytes(TRACE_KIND_thread, &thread));
    }
    const char *base = self->packet.base;
    size_t bytes = trace_shapes[kind].texts ? trace_encoded_bytes(kind, record)
                                            : TRACE_HEADER_BYTES + trace_shapes[kind].fixed_bytes;
    append(self, kind, time_ns, record, bytes);
    if (unlikely(base != self->packet.base && self->packet.on_disk))
        event_packet_changed(self);
}

void packet_need_disk(struct thread *self)
{
    if (likely(self->packet.on_disk))
        return;
    if ((packet_on_disk() && !directory_can_map()) || !may_try(thread_now_ns()))
        return;
    thread_slow_begin(self);
    if (go_to_disk() && self->packet.base && !self->packet.on_disk && directory_can_map())
        next(self, 0);
    thread_slow_end(self);
}

/* Of a state that no other thread uses. */
static void finish(struct thread *state)
{
    struct packet *packet = &state->packet;
    if (packet->base && packet->on_disk) {
        struct trace_packet_header *header = (void *)packet->base;
        header->in_flight_hook = 0;
        header->in_flight_since_ns = 0;
        header->packet_size = packet->used * 8;
        uint32_t sequence = packet->sequence;
        size_t capacity = packet->capacity;
        drop_mapped(packet);
        directory_trim_packet(packet->stream, sequence, capacity, packet->used);
    } else if (has_records(packet)) {
        write_waiting(packet);
        drop_waiting(packet);
    }
}

/* Of a thread that may be running: its mapped packet is never cut, and of a waiting one a complete part is kept. */
static void finish_running(const struct packet *packet)
{
    const struct trace_packet_header *header = (const void *)packet->waiting;
    if (!header)
        return;
    uint64_t bytes = __atomic_load_n(&header->content_size, __ATOMIC_ACQUIRE) / 8, sequence = header->packet_seq_num;
    if (header->magic != TRACE_MAGIC || bytes <= sizeof *header || bytes > packet->waiting_capacity)
        return;
    char *copy = system_map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!copy)
        return;
    memcpy(copy, header, bytes);
    struct trace_packet_header *copied = (void *)copy;
    copied->content_size = copied->packet_size = bytes * 8;
    atomic_thread_fence(memory_order_acquire);
    /* Meanwhile the thread may have written it itself and begun another one in its place. */
    if (__atomic_load_n(&header->content_size, __ATOMIC_RELAXED) >= bytes * 8 && header->magic == TRACE_MAGIC &&
        header->packet_seq_num == sequence && copied->packet_seq_num == sequence)
        directory_write_packet(packet->stream, (uint32_t)sequence, copy, bytes);
    system_unmap(copy, bytes);
}

/* The trace has nothing of this process: without a word in the control page nobody would know that it was there. */
static void count_lost_process(void)
{
    struct trace_control *control = atomic_load_explicit(&control_page, memory_order_relaxed);
    if (control && !atomic_load_explicit(&wrote_packet, memory_order_relaxed) && !atomic_exchange(&counted_lost, true))
        __atomic_fetch_add(&control->lost_processes, 1, __ATOMIC_RELAXED);
}

void packet_finish_stretch(struct thread *self)
{
    atomic_store(&refused_until_ns, 0);
    if (packet_on_disk() || (directory_trace_exists() && go_to_disk()))
        for (struct thread *state = thread_list(); state; state = state->next)
            if (state == self || !thread_is_inside(state))
                finish(state);
}

void packet_finish(struct thread *self)
{
    atomic_store(&refused_until_ns, 0);
    if (!packet_on_disk() && (!directory_trace_exists() || !go_to_disk())) {
        count_lost_process();
        return;
    }
    uint64_t signals = system_hold_signals();
    finish(self);
    for (struct thread *other = thread_list(); other; other = other->next) {
        if (other == self)
            continue;
        if (thread_claim(other)) {
            finish(other);
            thread_unclaim(other);
        } else if (other->packet.base && !other->packet.on_disk) {
            finish_running(&other->packet);
        }
    }
    system_give_signals(signals);
    count_lost_process();
}
