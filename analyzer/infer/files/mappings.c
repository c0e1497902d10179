/* SPDX-License-Identifier: MIT
 * Owns: which parts of a process's address space its mmap, munmap and mremap calls filled, and the peak of that.
 * Must not know: heap blocks, images.
 *
 * Disjoint ranges in a search tree (tsearch: red-black), each cut where a call covers part of it. Counted are calls of
 * at least the library's threshold: a range without access is address space that was reserved; what mprotect makes of
 * it later is not seen. What a program had before its first record, or inherits by fork, is not in it. */
#include <search.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/files.h"
#include "analyzer/infer/state/state.h"

#define ADDRESS_MAX (UINT64_C(1) << 57) /* no address space is larger: sums of ranges stay below it */

struct mapping {
    uint64_t start, end;
    enum memory_use use;
};

/* Ranges that overlap count as equal: a search finds one of those that do. */
static int by_place(const void *a, const void *b)
{
    const struct mapping *x = a, *y = b;
    return x->end <= y->start ? -1 : x->start >= y->end ? 1 : 0;
}

static void insert(struct process_state *process, uint64_t start, uint64_t end, enum memory_use use)
{
    if (start >= end)
        return;
    struct mapping *mapping = memory_zeroed(1, sizeof *mapping);
    *mapping = (struct mapping){start, end, use};
    memory_checked(tsearch(mapping, &process->mappings, by_place));
    process->mapped_bytes[use] += end - start;
}

/* Empties a range; returns what was in it, MEMORY_NONE when nothing is known of it. */
static enum memory_use clear(struct process_state *process, uint64_t start, uint64_t end)
{
    const struct mapping range = {start, end, MEMORY_NONE};
    enum memory_use use = MEMORY_NONE;
    void *found;
    while (start < end && (found = tfind(&range, &process->mappings, by_place))) {
        struct mapping *mapping = *(struct mapping **)found, old = *mapping;
        tdelete(mapping, &process->mappings, by_place);
        free(mapping);
        use = old.use;
        process->mapped_bytes[use] -= old.end - old.start;
        insert(process, old.start, old.start < start ? start : old.start, use);
        insert(process, old.end > end ? end : old.end, old.end, use);
    }
    return use;
}

void infer_mapping_record(struct event *event)
{
    const struct trace_map *map = &event->record->map;
    struct process_state *process = event->process;
    struct process *model = event->model;
    if (event->record->kind != TRACE_KIND_map || map->error)
        return;
    uint64_t start = map->address < ADDRESS_MAX ? map->address : ADDRESS_MAX;
    uint64_t end = map->bytes < ADDRESS_MAX - start ? start + map->bytes : ADDRESS_MAX;
    enum memory_use use = map->file ? MEMORY_FILE : map->protection == PROT_NONE ? MEMORY_RESERVED : MEMORY_ANONYMOUS;
    switch (map->op) {
    case trace_map_op_UNMAP: event->thread->removed = clear(process, start, end); return;
    case trace_map_op_MOVE:
        /* What is not known was anonymous and below the threshold: mappings of files are recorded at any length. */
        if (!map->file)
            use = event->thread->removed == MEMORY_NONE ? MEMORY_ANONYMOUS : event->thread->removed;
        event->thread->removed = MEMORY_NONE;
        break;
    case trace_map_op_MAP: break;
    default: return;
    }
    clear(process, start, end);
    insert(process, start, end, use);
    if (process->mapped_bytes[MEMORY_ANONYMOUS] > model->anonymous_peak_bytes)
        model->anonymous_peak_bytes = process->mapped_bytes[MEMORY_ANONYMOUS];
    if (process->mapped_bytes[MEMORY_RESERVED] > model->reserved_peak_bytes)
        model->reserved_peak_bytes = process->mapped_bytes[MEMORY_RESERVED];
}
