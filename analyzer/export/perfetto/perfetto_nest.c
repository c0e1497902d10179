/* SPDX-License-Identifier: MIT
 * Owns: calls of one thread, which come by their ends, as slices that nest: a begin may not be written before those of
 * the calls around it where both are of one moment.
 * Must not know: records. */
#include "analyzer/export/perfetto/perfetto_nest.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define DEPTH_MAX 64

static void open_call(struct perfetto *perfetto, uint64_t track, const struct call *call)
{
    uint32_t role = 0, outcome = 0;
    if (call->role) {
        const char *name = trace_value_name(&trace_enum_role, call->role);
        role = name ? perfetto_text(perfetto, name, strlen(name)) : 0;
    }
    if (call->outcome && call->outcome != trace_outcome_DONE) {
        const char *name = trace_value_name(&trace_enum_outcome, call->outcome);
        outcome = name ? perfetto_text(perfetto, name, strlen(name)) : 0;
    }
    size_t event =
        perfetto_open_slice(perfetto, track, call->start_ns, (enum perfetto_category)call->category, call->name);
    if (role)
        perfetto_argument_text(perfetto, ARGUMENT_ROLE, role);
    if (outcome)
        perfetto_argument_text(perfetto, ARGUMENT_OUTCOME, outcome);
    if (call->file)
        perfetto_argument_text(perfetto, ARGUMENT_FILE, call->file);
    if (call->session)
        perfetto_argument_number(perfetto, ARGUMENT_SESSION, call->session);
    for (unsigned i = 0; i < CALL_NUMBERS; i++)
        if (call->arguments[i])
            perfetto_argument_number(perfetto, (enum perfetto_argument)call->arguments[i], call->numbers[i]);
    perfetto_end_event(perfetto, event);
}

void perfetto_beside(struct perfetto *perfetto, struct lanes *lanes, uint64_t parent, const char *name,
                     const struct call *call)
{
    unsigned lane = 0;
    while (lane < lanes->count && lanes->ends_ns[lane] > call->start_ns)
        lane++;
    if (lane == LANES_MAX) {
        perfetto->left_out++;
        return;
    }
    if (lane == lanes->count) {
        lanes->tracks[lane] = perfetto_new_track(perfetto);
        lanes->count++;
        perfetto_describe_track(perfetto, lanes->tracks[lane], parent, name);
    }
    open_call(perfetto, lanes->tracks[lane], call);
    perfetto_close_slice(perfetto, lanes->tracks[lane], call->end_ns);
    lanes->ends_ns[lane] = call->end_ns;
}

/* Outer ones first; of two of the same length the one that came later is around the other. */
static int by_start(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->end_ns != y->end_ns)
        return x->end_ns > y->end_ns ? -1 : 1;
    return x->arrival > y->arrival ? -1 : x->arrival < y->arrival;
}

/* Whether a call that ends after all that was written may still begin there: around whole blocks or behind them. */
static bool may_begin(const struct nest *nest, uint64_t start_ns)
{
    if (start_ns < nest->floor_ns)
        return false;
    for (unsigned i = nest->block_count; i-- > 0 && nest->blocks[i].end_ns > start_ns;)
        if (nest->blocks[i].start_ns <= start_ns)
            return false;
    return true;
}

/* Of calls in one session the stretches between them are forgotten: what is around them rather begins before all. */
static void remember(struct nest *nest, const struct call *call)
{
    if (!nest->blocks)
        nest->blocks = memory_zeroed(NEST_BLOCKS_MAX, sizeof *nest->blocks);
    while (nest->block_count && nest->blocks[nest->block_count - 1].start_ns >= call->start_ns)
        nest->block_count--; /* it is around them */
    struct nest_block *last = nest->block_count ? &nest->blocks[nest->block_count - 1] : NULL;
    if (last && last->session == call->session) {
        last->end_ns = call->end_ns;
        return;
    }
    if (nest->block_count == NEST_BLOCKS_MAX) {
        nest->floor_ns = nest->blocks[0].end_ns;
        memmove(nest->blocks, nest->blocks + 1, (NEST_BLOCKS_MAX - 1) * sizeof *nest->blocks);
        nest->block_count--;
    }
    nest->blocks[nest->block_count++] = (struct nest_block){call->start_ns, call->end_ns, call->session};
}

/* Writes the first ones that wait. */
static void write_first(struct perfetto *perfetto, struct nest *nest, uint64_t track, size_t count)
{
    static const char beside[] = "overlapping calls";
    uint64_t open_ns[DEPTH_MAX]; /* ends of the calls that are open */
    unsigned depth = 0;
    qsort(nest->waiting, count, sizeof *nest->waiting, by_start);
    for (size_t i = 0; i < count; i++) {
        const struct call *call = &nest->waiting[i];
        for (; depth && open_ns[depth - 1] <= call->start_ns; depth--)
            perfetto_close_slice(perfetto, track, open_ns[depth - 1]);
        bool fits = depth ? call->end_ns <= open_ns[depth - 1] && depth < DEPTH_MAX : may_begin(nest, call->start_ns);
        if (!fits) {
            perfetto_beside(perfetto, &nest->lanes, track, beside, call);
            continue;
        }
        if (!depth)
            remember(nest, call);
        open_call(perfetto, track, call);
        open_ns[depth++] = call->end_ns;
    }
    for (; depth; depth--)
        perfetto_close_slice(perfetto, track, open_ns[depth - 1]);
    nest->waiting_count -= count;
    memmove(nest->waiting, nest->waiting + count, nest->waiting_count * sizeof *nest->waiting);
}

void perfetto_nest(struct perfetto *perfetto, struct nest *nest, uint64_t track, const struct call *call,
                   bool outermost)
{
    struct call *waiting = MEMORY_APPEND(nest, waiting);
    *waiting = *call;
    waiting->arrival = nest->arrivals++;
    if (outermost)
        perfetto_nest_flush(perfetto, nest, track);
    else if (nest->waiting_count == NEST_WAITING_MAX)
        write_first(perfetto, nest, track, NEST_WAITING_MAX / 2);
}

void perfetto_nest_flush(struct perfetto *perfetto, struct nest *nest, uint64_t track)
{
    if (nest->waiting_count)
        write_first(perfetto, nest, track, nest->waiting_count);
}

void perfetto_nest_release(struct nest *nest)
{
    uint64_t end_ns = nest->block_count ? nest->blocks[nest->block_count - 1].end_ns : 0;
    uint64_t floor_ns = end_ns > nest->floor_ns ? end_ns : nest->floor_ns;
    free(nest->waiting);
    free(nest->blocks);
    *nest = (struct nest){.floor_ns = floor_ns, .lanes = nest->lanes};
}
