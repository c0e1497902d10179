/* SPDX-License-Identifier: MIT
 * Owns: the moments and spans that programs named, as Perfetto shows them: a track for each name, instants and slices.
 * Must not know: records, fields of packets, what a name stands for. */
#include "analyzer/export/perfetto/perfetto_marks.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/export/perfetto/perfetto_lanes.h"

static void mark_lane(struct perfetto *perfetto, uint32_t name, size_t beside, char text[PERFETTO_LANE_BYTES])
{
    const char *of = perfetto->metrics->run->mark_names[name].name;
    if (beside)
        snprintf(text, PERFETTO_LANE_BYTES, "%s, beside (%zu)", of, beside + 1);
    else
        snprintf(text, PERFETTO_LANE_BYTES, "%s", of);
}

static uint32_t name_of(struct perfetto *perfetto, uint32_t name)
{
    const char *text = perfetto->metrics->run->mark_names[name].name;
    return perfetto_name(perfetto, text, strlen(text));
}

static uint32_t data_of(struct perfetto *perfetto, const char *data)
{
    return data ? perfetto_text(perfetto, data, strlen(data)) : 0;
}

static void put_arguments(struct perfetto *perfetto, uint32_t process, uint32_t tid, uint32_t data)
{
    perfetto_argument_number(perfetto, ARGUMENT_PID, perfetto->metrics->run->processes[process].pid);
    perfetto_argument_number(perfetto, ARGUMENT_TID, tid);
    if (data)
        perfetto_argument_text(perfetto, ARGUMENT_DATA, data);
}

static void write_mark(struct perfetto *perfetto, uint64_t track, const struct mark *mark)
{
    uint32_t name = name_of(perfetto, mark->name), data = data_of(perfetto, mark->data);
    size_t event = perfetto_open_instant(perfetto, track, mark->time_ns, CATEGORY_MARK, name);
    put_arguments(perfetto, mark->process, mark->tid, data);
    perfetto_end_event(perfetto, event);
}

static void write_span(struct perfetto *perfetto, uint64_t track, const struct span *span)
{
    uint32_t name = name_of(perfetto, span->name), data = data_of(perfetto, span->data);
    size_t event = perfetto_open_slice(perfetto, track, span->start_ns, CATEGORY_MARK, name);
    put_arguments(perfetto, span->process, span->tid, data);
    perfetto_end_event(perfetto, event);
    perfetto_close_slice(perfetto, track, span->end_ns);
}

/* Numbers of pieces: spans, then marks. */
static void write_piece(struct perfetto *perfetto, uint64_t track, uint32_t index)
{
    const struct run *run = perfetto->metrics->run;
    if (index < run->span_count)
        write_span(perfetto, track, &run->spans[index]);
    else
        write_mark(perfetto, track, &run->marks[index - run->span_count]);
}

void perfetto_marks(struct perfetto *perfetto)
{
    const struct run *run = perfetto->metrics->run;
    size_t count = 0;
    struct perfetto_piece *pieces = memory_zeroed(run->span_count + run->mark_count, sizeof *pieces);
    for (uint32_t i = 0; i < run->span_count; i++) {
        const struct span *span = &run->spans[i];
        pieces[count++] = (struct perfetto_piece){span->start_ns, span->end_ns, span->name, i};
    }
    for (uint32_t i = 0; i < run->mark_count; i++) {
        const struct mark *mark = &run->marks[i];
        if (mark->kind == MARK_POINT)
            pieces[count++] =
                (struct perfetto_piece){mark->time_ns, mark->time_ns, mark->name, (uint32_t)run->span_count + i};
    }
    if (count)
        perfetto_lay(perfetto, "Marks", pieces, count, mark_lane, write_piece);
    free(pieces);
}
