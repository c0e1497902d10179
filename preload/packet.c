/* SPDX-License-Identifier: MIT
 * Owns: packets: waiting in memory, mapped from files, growing, finishing. Must not know: what records mean. */
#include "preload/packet.h"

#include <string.h>

#include "preload/directory.h"
#include "preload/facts.h"
#include "preload/process.h"
#include "preload/sample.h"

#define WAITING_BYTES (16u * 1024)
#define BUFFERED_BYTES (64u * 1024) /* where files cannot be mapped safely */

static _Atomic bool on_disk;
static _Atomic bool stopped; /* the disk, the quota or the directory refused: nothing more is tried */
static _Atomic uint32_t opening;
static _Atomic bool owes_host;
static bool made_trace;

void packet_owe_host(void)
{
    atomic_store(&owes_host, true);
    made_trace = true;
}

bool packet_made_trace(void)
{
    return made_trace;
}

bool packet_on_disk(void)
{
    return atomic_load_explicit(&on_disk, memory_order_acquire);
}

void packet_reset_after_fork(void)
{
    atomic_store(&on_disk, false);
    atomic_store(&opening, 0);
    atomic_store(&owes_host, false);
    made_trace = false;
}

static uint64_t stream_instance(const struct packet *packet)
{
    return (uint64_t)(process.pid & 0x3fffff) << 42 | (process.start_ns / 1000 & 0x3fffffff) << 12 |
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
    char *memory = system_map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!memory)
        return;
    atomic_fetch_add(&arena_mapped_bytes, bytes);
    begin(self, memory, bytes, false);
}

/* Own directory, once. Another thread that is at it is waited for: it takes well under a millisecond. */
static bool go_to_disk(struct thread *self)
{
    if (packet_on_disk())
        return true;
    if (atomic_load(&stopped))
        return false;
    while (atomic_exchange_explicit(&opening, 1, memory_order_acquire))
        (void)SYSTEM3(SYS_sched_yield, 0, 0, 0);
    bool first = false;
    bool done = packet_on_disk();
    if (!done) {
        done = directory_open_trace(&first) && directory_open_process(process.pid, process.start_ns);
        atomic_store_explicit(&on_disk, done, memory_order_release);
        atomic_store(&stopped, !done);
    }
    atomic_store_explicit(&opening, 0, memory_order_release);
    if (first)
        packet_owe_host();
    if (done && atomic_exchange(&owes_host, false))
        facts_put_host(self);
    return done;
}

static void discard(struct thread *self)
{
    self->packet.discarded++;
    process_count_lost(1);
}

/* Hands a waiting packet to disk. Its content is complete up to content_size, whoever writes it. */
static bool write_waiting(struct packet *packet, uint32_t sequence)
{
    struct trace_packet_header *header = (void *)packet->base;
    uint64_t content = __atomic_load_n(&header->content_size, __ATOMIC_ACQUIRE);
    header->packet_size = content;
    return directory_write_packet(packet->stream, sequence, packet->base, content / 8);
}

static size_t next_capacity(uint32_t sequence, size_t need)
{
    size_t capacity = sequence == 0 ? 16384 : sequence == 1 ? 65536 : 262144;
    while (capacity < need + sizeof(struct trace_packet_header))
        capacity *= 2;
    return capacity;
}

/* Replaces the packet by one with room for need bytes. False: the record is lost. */
static bool next(struct thread *self, size_t need)
{
    struct packet *packet = &self->packet;
    if (!packet->base && !packet_on_disk()) {
        size_t bytes = need + sizeof(struct trace_packet_header) > WAITING_BYTES ? BUFFERED_BYTES : WAITING_BYTES;
        wait_in_memory(self, bytes);
        if (packet->base)
            return true;
    }
    uint64_t began_ns = system_now_ns();
    if (!go_to_disk(self))
        return false;
    bool mappable = directory_can_map();
    if (packet->base && !packet->on_disk) {
        if (packet->used > sizeof(struct trace_packet_header) && write_waiting(packet, packet->sequence))
            packet->sequence++;
        if (mappable || packet->capacity < BUFFERED_BYTES) {
            system_unmap(packet->base, packet->capacity);
            atomic_fetch_sub(&arena_mapped_bytes, packet->capacity);
            packet->base = NULL;
        } else {
            begin(self, packet->base, packet->capacity, false);
        }
    } else if (packet->base) {
        system_unmap(packet->base, packet->capacity);
        atomic_fetch_sub(&arena_mapped_bytes, packet->capacity);
        packet->base = NULL;
        packet->sequence++;
    }
    if (!packet->base && !mappable) {
        wait_in_memory(self, BUFFERED_BYTES);
    } else if (!packet->base) {
        size_t capacity = next_capacity(packet->sequence, need);
        char *memory = directory_create_packet(packet->stream, packet->sequence, capacity);
        if (memory) {
            begin(self, memory, capacity, true);
            atomic_fetch_add(&arena_mapped_bytes, capacity);
            if (!directory_show_packet(packet->stream, packet->sequence)) {
                system_unmap(memory, capacity);
                packet->base = NULL;
            }
        }
    }
    atomic_fetch_add(&process.slow_ns, system_now_ns() - began_ns);
    return packet->base && packet->used + need <= packet->capacity;
}

static void append(struct thread *self, enum trace_kind kind, uint64_t time_ns, const void *record, size_t bytes)
{
    struct packet *packet = &self->packet;
    if (!packet->base || packet->used + bytes > packet->capacity) {
        if (time_ns > packet->last_ns)
            packet->last_ns = time_ns;
        if (atomic_load(&stopped) || !next(self, bytes)) {
            discard(self);
            return;
        }
    }
    /* A waiting packet of a process that meanwhile went to disk follows at its next record. */
    if (!packet->on_disk && packet_on_disk() && directory_can_map() && !next(self, bytes)) {
        discard(self);
        return;
    }
    if (time_ns < packet->last_ns)
        time_ns = packet->last_ns;
    packet->last_ns = time_ns;
    struct trace_packet_header *header = (void *)packet->base;
    if (packet->used == sizeof *header)
        header->timestamp_begin = time_ns;
    size_t written = trace_encode(kind, time_ns, record, packet->base + packet->used, packet->capacity - packet->used);
    if (!written) {
        discard(self);
        return;
    }
    packet->used += written;
    header->timestamp_end = time_ns;
    header->events_discarded = packet->discarded;
    __atomic_store_n(&header->content_size, packet->used * 8, __ATOMIC_RELEASE);
    atomic_fetch_add_explicit(&process.records, 1, memory_order_relaxed);
}

void packet_put(struct thread *self, enum trace_kind kind, uint64_t time_ns, const void *record)
{
    if (unlikely(!self->named)) {
        self->named = true;
        char name[17] = "";
        struct trace_thread thread = {.start_ns = self->start_ns, .tid = self->tid, .creator_tid = self->creator_tid};
        thread.name.bytes = facts_thread_name(name);
        thread.name.data = name;
        append(self, TRACE_KIND_thread, time_ns, &thread, trace_encoded_bytes(TRACE_KIND_thread, &thread));
    }
    const char *base = self->packet.base;
    append(self, kind, time_ns, record, trace_encoded_bytes(kind, record));
    if (unlikely(base != self->packet.base && self->packet.on_disk))
        sample_maybe(self);
}

void packet_need_disk(struct thread *self)
{
    if (likely(self->packet.on_disk) || atomic_load(&stopped))
        return;
    if (packet_on_disk() && !directory_can_map())
        return;
    if (!go_to_disk(self))
        return;
    if (self->packet.base && !self->packet.on_disk && directory_can_map())
        next(self, 0);
}

static void finish_own(struct thread *self)
{
    struct packet *packet = &self->packet;
    if (!packet->base)
        return;
    if (packet->on_disk) {
        struct trace_packet_header *header = (void *)packet->base;
        header->in_flight_hook = 0;
        header->in_flight_since_ns = 0;
        header->packet_size = packet->used * 8;
        size_t capacity = packet->capacity, used = packet->used;
        system_unmap(packet->base, capacity);
        packet->base = NULL;
        directory_trim_packet(packet->stream, packet->sequence, capacity, used);
        packet->sequence++;
    } else if (packet->used > sizeof(struct trace_packet_header)) {
        if (write_waiting(packet, packet->sequence))
            packet->sequence++;
        begin(self, packet->base, packet->capacity, false);
    }
}

void packet_finish(struct thread *self)
{
    if (!packet_on_disk() && (!directory_trace_exists() || !go_to_disk(self)))
        return;
    finish_own(self);
    /* Others may still be running: their mapped packets are never cut, and of waiting ones a complete part is kept. */
    for (struct thread *other = thread_list(); other; other = other->next) {
        struct packet *packet = &other->packet;
        if (other == self || !packet->base || packet->on_disk)
            continue;
        const struct trace_packet_header *header = (const void *)packet->base;
        if (header->content_size > sizeof *header * 8)
            write_waiting(packet, packet->sequence);
    }
}
