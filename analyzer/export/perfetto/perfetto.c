/* SPDX-License-Identifier: MIT
 * Owns: the order of a Perfetto trace: its head, what the run tells, the records, what waited.
 * Must not know: how packets are written. */
#include "analyzer/export/perfetto/perfetto.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/export/perfetto/perfetto_calls.h"
#include "analyzer/export/perfetto/perfetto_events.h"
#include "analyzer/export/perfetto/perfetto_run.h"

struct perfetto *perfetto_begin(FILE *out, const struct metrics *metrics)
{
    struct perfetto *perfetto = memory_zeroed(1, sizeof *perfetto);
    perfetto->out = out;
    perfetto->metrics = metrics;
    perfetto_write_head(perfetto);
    perfetto_run(perfetto);
    return perfetto;
}

void perfetto_record(struct perfetto *perfetto, const struct trace_record *record, const struct reader_origin *origin)
{
    perfetto_calls_record(perfetto, record, origin);
}

uint64_t perfetto_end(struct perfetto *perfetto)
{
    perfetto_calls_finish(perfetto);
    uint64_t left_out = perfetto->left_out;
    proto_release(&perfetto->packet);
    intern_release(&perfetto->names);
    intern_release(&perfetto->texts);
    free(perfetto);
    return left_out;
}
