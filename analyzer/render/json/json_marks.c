/* SPDX-License-Identifier: MIT
 * Owns: the JSON report's marks, spans, front end and sidecar.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json/json_marks.h"
#include "analyzer/render/json_values.h"

#include <string.h>

/* What a program gave along is JSON where it can be read as that, else its text. */
static json_t *data(const char *text)
{
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return json ? json : render_json_text(text);
}

static json_t *name(const struct run *run, uint32_t index)
{
    return render_json_text(run->mark_names[index].name);
}

json_t *render_json_mark(const struct metrics *metrics, size_t index)
{
    const struct run *run = metrics->run;
    const struct mark *mark = &run->marks[index];
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "name", name(run, mark->name), "kind",
                     mark_kind_name(mark->kind), "t_s", render_json_moment(run, mark->time_ns), "pid",
                     render_json_integer(run->processes[mark->process].pid), "tid", render_json_integer(mark->tid),
                     "data", data(mark->data));
}

json_t *render_json_span(const struct metrics *metrics, size_t index)
{
    const struct run *run = metrics->run;
    const struct span *span = &run->spans[index];
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "name", name(run, span->name), "start_s",
                     render_json_moment(run, span->start_ns), "end_s", render_json_moment(run, span->end_ns), "pid",
                     render_json_integer(run->processes[span->process].pid), "tid", render_json_integer(span->tid),
                     "matched_by", span_rule_name(span->rule), "data", data(span->data));
}

json_t *render_json_spans(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    json_t *object = json_object();
    for (size_t i = 0; i < metrics->marks.span_count; i++) {
        const struct span_figures *figures = &metrics->marks.spans[i];
        const struct mark_name *model = &run->mark_names[figures->name];
        json_t *key = name(run, figures->name), *timing = render_json_timing(&figures->time);
        json_object_set_new(timing, "begins_left", render_json_integer(model->begins_left));
        json_object_set_new(timing, "ends_left", render_json_integer(model->ends_left));
        json_object_set_new(object, json_string_value(key), timing);
        json_decref(key);
    }
    return object;
}

json_t *render_json_mark_totals(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "marks", render_json_integer(run->marks_total), "marks_listed",
                     render_json_integer(run->mark_count), "spans", render_json_integer(run->spans_total),
                     "spans_listed", render_json_integer(run->span_count), "spans_not_measured",
                     render_json_integer(metrics->marks.unmeasured));
}

static json_t *latencies(const struct metrics *metrics)
{
    const struct span_figures *updates = metrics->marks.frontend.updates;
    const struct mark_name *model = updates ? &metrics->run->mark_names[updates->name] : NULL;
    json_t *array = json_array();
    for (size_t i = 0; model && i < model->length_count && i < SPANS_LISTED; i++)
        json_array_append_new(array, render_json_seconds(model->lengths_ns[i]));
    return array;
}

json_t *render_json_frontend(const struct metrics *metrics)
{
    const struct frontend_figures *frontend = &metrics->marks.frontend;
    const struct run *run = metrics->run;
    if (!frontend->known)
        return json_null();
    json_t *interactions = json_array();
    for (size_t i = 0; i < frontend->listed; i++)
        json_array_append_new(interactions,
                              json_pack("{s:o, s:o, s:o}", "event", render_json_text(frontend->list[i].event),
                                        "timestamp", render_json_moment(run, frontend->list[i].mark->time_ns), "data",
                                        data(frontend->list[i].mark->data)));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "startTime", render_json_number(frontend->start_s),
                     "dropToStartDuration", render_json_number(frontend->drop_to_start.mean), "dropToStart",
                     render_json_timing(&frontend->drop_to_start), "dropsUnanswered",
                     render_json_integer(frontend->drops_unanswered), "uiUpdateLatency", latencies(metrics),
                     "userInteractions", interactions, "userInteractionCount",
                     render_json_integer(frontend->interactions));
}

static void add_stage(json_t *array, json_t *title, const struct timing_stats *time, const char *source)
{
    json_array_append_new(array,
                          json_pack("{s:o, s:o, s:o, s:s}", "name", title, "duration", render_json_number(time->sum),
                                    "n", render_json_integer(time->count), "source", source));
}

static json_t *sidecar_stages(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    json_t *array = json_array();
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        if (metrics->stages[stage].count)
            add_stage(array, json_string(stage_name((enum stage)stage)), &metrics->stages[stage], "hooks");
    for (size_t i = 0; i < metrics->marks.span_count; i++) {
        const struct span_figures *figures = &metrics->marks.spans[i];
        const char *title = run->mark_names[figures->name].name;
        if (figures->time.count && marks_is_for(title, MARKS_SIDECAR))
            add_stage(array, render_json_text(title + strlen(MARKS_SIDECAR)), &figures->time, "marks");
    }
    return array;
}

json_t *render_json_sidecar(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    if (!metrics->chains && !metrics->marks.sidecar)
        return json_null();
    json_t *memory = json_array(), *formats = json_object();
    for (size_t i = 0; i < run->sample_count; i++)
        json_array_append_new(memory, json_pack("{s:o, s:o, s:o}", "timestamp",
                                                render_json_moment(run, run->samples[i].time_ns), "heap",
                                                render_json_integer(run->samples[i].heap_bytes), "total",
                                                render_json_integer(run->samples[i].rss_bytes)));
    for (size_t i = 0; i < metrics->format_count; i++)
        json_object_set_new(formats, format_key(metrics->formats[i].format),
                            render_json_timing(&metrics->formats[i].time));
    return json_pack("{s:o, s:o, s:o}", "imageProcessingStages", sidecar_stages(metrics), "memoryUsage", memory,
                     "formatSpecificTimings", formats);
}
