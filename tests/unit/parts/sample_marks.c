/* SPDX-License-Identifier: MIT
 * Owns: the moments and spans of the shared run: a front end, a sidecar and one of neither.
 * Must not know: what is expected of them. */
#include "tests/unit/parts/sample_parts.h"

#include <string.h>

#define MS SAMPLE_MS

static uint32_t name_of(struct run *run, const char *name)
{
    for (size_t i = 0; i < run->mark_name_count; i++)
        if (strcmp(run->mark_names[i].name, name) == 0)
            return (uint32_t)i;
    run->mark_names = sample_grown(run->mark_names, run->mark_name_count, sizeof *run->mark_names);
    run->mark_names[run->mark_name_count].name = sample_copy(name);
    return (uint32_t)run->mark_name_count++;
}

static void add(struct run *run, uint64_t ms, enum mark_kind kind, const char *name, const char *data)
{
    uint32_t index = name_of(run, name);
    run->marks = sample_grown(run->marks, run->mark_count, sizeof *run->marks);
    run->marks[run->mark_count++] = (struct mark){.time_ns = SAMPLE_START + ms * MS,
                                                  .name = index,
                                                  .tid = run->processes[0].pid,
                                                  .kind = kind,
                                                  .data = data ? sample_copy(data) : NULL};
    run->marks_total++;
}

void sample_mark(struct run *run, uint64_t ms, const char *name, const char *data)
{
    add(run, ms, MARK_POINT, name, data);
    run->mark_names[name_of(run, name)].points++;
}

void sample_span(struct run *run, uint64_t from_ms, uint64_t to_ms, const char *name)
{
    add(run, from_ms, MARK_BEGIN, name, NULL);
    add(run, to_ms, MARK_END, name, NULL);
    struct mark_name *model = &run->mark_names[name_of(run, name)];
    model->lengths_ns = sample_grown(model->lengths_ns, model->length_count, sizeof *model->lengths_ns);
    model->lengths_ns[model->length_count++] = (to_ms - from_ms) * MS;
    model->spans++;
    run->spans = sample_grown(run->spans, run->span_count, sizeof *run->spans);
    run->spans[run->span_count++] = (struct span){.start_ns = SAMPLE_START + from_ms * MS,
                                                  .end_ns = SAMPLE_START + to_ms * MS,
                                                  .name = name_of(run, name),
                                                  .tid = run->processes[0].pid};
    run->spans_total++;
}

void sample_marks(struct run *run)
{
    sample_mark(run, 10, "frontend.drop", "{\"files\":6}");
    sample_mark(run, 45, "frontend.start", NULL);
    sample_span(run, 60, 62, "frontend.update");
    sample_span(run, 900, 906, "frontend.update");
    sample_mark(run, 950, "frontend.interaction.pause", "{\"button\":\"stop\"}");
    sample_mark(run, 990, "frontend.interaction.pause", "not <JSON>");
    sample_span(run, 100, 350, "sidecar.resize");
    sample_span(run, 400, 500, "sidecar.resize");
    sample_mark(run, 1500, "sidecar.restarted", NULL);
    sample_span(run, 1000, 1250, "upload");
    run->mark_names[name_of(run, "upload")].begins_left = 1;
    sample_mark(run, 1900, "cache full", NULL);
}
