/* SPDX-License-Identifier: MIT
 * Owns: what allocators say of themselves, and allocations by size.
 * Must not know: single blocks, images. */
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/state/state.h"

#define CALLS_MAX (UINT64_C(1) << 44) /* so small that sums do not wrap around */

static void allocator_record(struct event *event)
{
    const struct trace_allocator *said = &event->record->allocator;
    struct allocator_sample *most = &event->infer->run->allocator;
    if (event->process->is_imgbench)
        return;
    if (most->process != NO_ID && said->resident <= most->resident_bytes)
        return;
    *most = (struct allocator_sample){
        .process = event->process->index,
        .allocated_bytes = said->allocated,
        .active_bytes = said->active,
        .resident_bytes = said->resident,
        .retained_bytes = said->retained,
    };
}

static uint64_t number(const char *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static void sizes_record(struct event *event)
{
    const struct trace_text *calls = &event->record->heap_sizes.calls;
    struct heap_sizes *sum = &event->infer->run->heap_sizes;
    size_t count = calls->bytes / 8;
    if (!count || count > HEAP_CLASSES || (sum->count && sum->count != count))
        return; /* another library's classes: its last one would not fit */
    sum->count = count;
    for (size_t i = 0; i < count; i++) {
        uint64_t more = number(calls->data + 8 * i);
        sum->calls[i] += more < CALLS_MAX ? more : CALLS_MAX;
    }
}

void infer_allocator_record(struct event *event)
{
    if (event->record->kind == TRACE_KIND_allocator)
        allocator_record(event);
    else if (event->record->kind == TRACE_KIND_heap_sizes)
        sizes_record(event);
}
