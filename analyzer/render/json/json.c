/* SPDX-License-Identifier: MIT
 * Owns: the JSON report: its top-level keys and their order. Lists are written element by element, so that a report of
 * 100,000 images needs the memory of one.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json/json.h"
#include "analyzer/render/json/json_element.h"
#include "analyzer/render/json/json_images.h"
#include "analyzer/render/json/json_marks.h"
#include "analyzer/render/json/json_memory.h"
#include "analyzer/render/json/json_quality.h"
#include "analyzer/render/json/json_run.h"
#include "analyzer/render/json/json_value.h"
#include "analyzer/render/json_values.h"
#include "analyzer/render/render.h"
#include "analyzer/metrics/findings/findings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

#define FAILED_LISTED 100 /* processes in a page */

struct document {
    FILE *out;
    const struct metrics *metrics;
    bool compact; /* without line ends and blanks */
    bool started; /* a member was written */
    bool failed;
};

/* Writes a value whose first line stands where the text is; takes the reference. */
static void value(struct document *document, json_t *json, int depth)
{
    size_t layout = document->compact ? JSON_COMPACT : JSON_INDENT(2);
    char *text = json ? json_dumps(json, DUMP_FLAGS | layout) : NULL;
    json_decref(json);
    if (!text) {
        document->failed = true;
        return;
    }
    /* JSON strings contain no line ends: each one is the layout's. */
    for (char *line = text, *end; line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (line != text)
            fprintf(document->out, "\n%*s", depth * 2, "");
        fwrite(line, 1, end ? (size_t)(end - line) : strlen(line), document->out);
    }
    free(text);
}

static void key(struct document *document, const char *name)
{
    fprintf(document->out, document->compact ? "%s\"%s\":" : "%s\n  \"%s\": ", document->started ? "," : "{", name);
    document->started = true;
}

static void member(struct document *document, const char *name, json_t *json)
{
    key(document, name);
    value(document, json, 1);
}

static void list(struct document *document, const char *name, render_json_element *element, size_t count)
{
    key(document, name);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? "," : "[", document->out);
        fputs(document->compact ? "" : "\n    ", document->out);
        value(document, element(document->metrics, i), 2);
    }
    fputs(!count ? "[]" : document->compact ? "]" : "\n  ]", document->out);
}

/* Of a large batch only what went wrong is worth its place in a page. */
static void failed_processes(struct document *document)
{
    const struct run *run = document->metrics->run;
    json_t *array = json_array();
    size_t failed = 0;
    for (size_t i = 0; i < run->process_count; i++)
        if (render_json_ended_badly(&run->processes[i]) && failed++ < FAILED_LISTED)
            json_array_append_new(array, render_json_process(document->metrics, i));
    member(document, "processes", array);
    member(document, "process_count", json_integer((json_int_t)run->process_count));
    member(document, "failed_process_count", json_integer((json_int_t)failed));
}

static json_t *started(const struct run *run)
{
    int64_t ns = (int64_t)run->start_ns + run->realtime_offset_ns;
    int64_t seconds = ns / 1000000000, ms = ns / 1000000 % 1000;
    time_t time = (time_t)seconds;
    struct tm utc;
    char text[80], day[40];
    if (ns < 0 || !gmtime_r(&time, &utc) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc))
        return json_null();
    snprintf(text, sizeof text, "%s.%03dZ", day, (int)ms);
    return json_string(text);
}

/* The command of the traced process that no other traced process started, the first of them. */
static json_t *command(const struct run *run)
{
    const struct process *first = NULL;
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (process->parent == NO_ID && (!first || process->start_ns < first->start_ns))
            first = process;
    }
    return render_json_text(first ? first->command : NULL);
}

static json_t *stretches(const struct run *run, const uint64_t (*list)[2], size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("{s:o, s:o}", "start_s", render_json_moment(run, list[i][0]), "end_s",
                                               render_json_moment(run, list[i][1])));
    return array;
}

static json_t *originals(const struct originals *originals)
{
    const uint64_t *missed = originals->missed_total;
    if (!originals->wanted)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:{s:o, s:o, s:o}}", "kept", render_json_integer(originals->kept), "bytes",
                     render_json_integer(originals->kept_bytes), "time_s", render_json_seconds(originals->ns),
                     "not_kept", "no_room", render_json_integer(missed[ORIGINAL_NO_ROOM]), "locked",
                     render_json_integer(missed[ORIGINAL_LOCKED]), "failed",
                     render_json_integer(missed[ORIGINAL_FAILED]));
}

static json_t *coverage(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    json_t *notes = json_array(), *missing = json_array();
    for (size_t i = 0; i < run->note_count; i++)
        json_array_append_new(notes, render_json_text(run->notes[i]));
    json_t *unhooked = json_array();
    for (size_t i = 0; i < run->unhooked_count; i++)
        json_array_append_new(unhooked, render_json_text(run->unhooked_codecs[i]));
    json_t *children = json_array();
    for (size_t i = 0; i < run->untraced_count; i++)
        json_array_append_new(children, json_pack("{s:I, s:o, s:o}", "pid", (json_int_t)run->untraced[i].pid, "path",
                                                  render_json_text(run->untraced[i].path), "reason",
                                                  render_json_text(run->untraced[i].reason)));
    for (size_t i = 0; i < sizeof run->missing / sizeof *run->missing && run->missing[i]; i++)
        json_array_append_new(missing, render_json_text(run->missing[i]));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, "
        "s:o, s:o, s:o}",
        "io_bytes_seen", render_json_integer(metrics->io_seen), "io_bytes_kernel",
        render_json_integer(metrics->io_kernel), "io_ratio", render_json_number(metrics->coverage_ratio),
        "io_processes", render_json_integer(metrics->coverage_processes), "logical_bytes",
        render_json_integer(run->logical_io_bytes), "uncounted_bytes", render_json_integer(run->uncounted_io_bytes),
        "mapped_bytes", render_json_integer(run->all_read.mapped_bytes), "device_bytes",
        render_json_integer(run->device_io_bytes), "attributed_ratio", render_json_number(metrics->attributed_ratio),
        "observed_ratio", render_json_number(metrics->observed_ratio), "records", render_json_integer(run->records),
        "lost_records", render_json_integer(run->lost_records), "overhead_ratio",
        render_json_number(metrics->overhead_ratio), "untraced_children", children, "idle_children",
        render_json_integer(run->idle_children), "notes", notes, "unhooked_codecs", unhooked, "io_uring",
        (int)run->io_uring, "damages", render_json_integer(run->damages), "lost_processes",
        render_json_integer(run->lost_processes), "missing", missing, "pauses",
        stretches(run, run->pauses, run->pause_count), "paused_s", render_json_number(metrics->paused_s), "originals",
        originals(&run->originals));
}

static json_t *stages(const struct metrics *metrics)
{
    json_t *object = json_object();
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        json_object_set_new(object, stage_name((enum stage)stage), render_json_timing(&metrics->stages[stage]));
    json_object_set_new(object, "unattributed", render_json_timing(&metrics->unattributed));
    return object;
}

static json_t *io(const struct io_total *total)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "time_s", render_json_seconds(total->ns), "bytes",
                     render_json_integer(total->bytes), "ops", render_json_integer(total->ops), "mapped_bytes",
                     render_json_integer(total->mapped_bytes));
}

static json_t *resources(const struct metrics *metrics)
{
    const struct run *run = metrics->run;
    json_t *samples = json_array();
    for (size_t i = 0; i < run->sample_count; i++)
        json_array_append_new(samples, render_json_sample(metrics, i));
    return json_pack("{s:{s:o, s:o, s:o, s:o}, s:{s:o, s:o, s:{s:o, s:o}}, s:{s:o, s:o}, s:o}", "cpu", "avg_ratio",
                     render_json_number(metrics->cpu_avg_ratio), "peak_ratio",
                     render_json_number(metrics->cpu_peak_ratio), "min_ratio",
                     render_json_number(metrics->cpu_min_ratio), "others_ratio",
                     render_json_number(metrics->cpu_others_ratio), "io", "read", io(&run->image_read), "write",
                     io(&run->image_write), "metadata", "calls", render_json_integer(metrics->metadata_calls), "time_s",
                     render_json_number(metrics->metadata_s), "io_all_files", "read", io(&run->all_read), "write",
                     io(&run->all_write), "samples", samples);
}

static json_t *loss_counts(const uint64_t counts[LOSS_COUNT])
{
    json_t *object = json_object();
    for (int i = 0; i < LOSS_COUNT; i++)
        json_object_set_new(object, loss_name((enum loss)i), render_json_integer(counts[i]));
    return object;
}

static json_t *totals(const struct metrics *metrics)
{
    bool known = metrics->sized > 0;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "images",
        render_json_integer(metrics->chains), "ok", render_json_integer(metrics->images_ok), "failed",
        render_json_integer(metrics->failed), "discarded", render_json_integer(metrics->discarded), "unfinished",
        render_json_integer(metrics->unfinished), "broken_off", render_json_integer(metrics->broken_off), "sized",
        render_json_integer(metrics->sized), "sources", render_json_integer(metrics->sized_sources), "outputs",
        render_json_integer(metrics->sized_outputs), "bytes_in",
        known ? render_json_integer(metrics->bytes_in) : json_null(), "bytes_out",
        known ? render_json_integer(metrics->bytes_out) : json_null(), "bytes_saved",
        known ? json_integer(metrics->bytes_saved) : json_null(), "size_ratio", render_json_number(metrics->size_ratio),
        "saved_per_image_bytes", render_json_number(metrics->saved_per_image), "compared",
        render_json_integer(metrics->compared), "lost", loss_counts(metrics->lost), "lost_unknown",
        loss_counts(metrics->lost_unknown), "disagreeing", render_json_integer(metrics->disagreeing));
}

/* Of the files that the report refers to, for a reader who has no list of files. */
static json_t *file_paths(const struct metrics *metrics)
{
    const struct value_figures *value = &metrics->value;
    json_t *object = json_object();
    for (size_t i = 0; i < value->repeated_count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%" PRIu32, value->repeated[i].file);
        json_object_set_new(object, id, render_json_text(metrics->run->files[value->repeated[i].file].path));
    }
    return object;
}

static void write_members(struct document *document, const struct render_options *options, bool for_page)
{
    const struct metrics *metrics = document->metrics;
    const struct run *run = metrics->run;
    member(document, "schema", json_string("imgbench-report/1"));
    member(document, "tool_version", render_json_text(options->tool_version));
    member(document, "command", command(run));
    member(document, "started", started(run));
    member(document, "duration_s", render_json_number(metrics->duration_s));
    member(document, "periods", stretches(run, run->periods, run->period_count));
    member(document, "host", render_json_host(metrics));
    if (for_page)
        failed_processes(document);
    else
        list(document, "processes", render_json_process, run->process_count);
    list(document, "libraries", render_json_library, run->library_count);
    member(document, "coverage", coverage(metrics));
    if (for_page)
        member(document, "file_paths", file_paths(metrics));
    else
        list(document, "files", render_json_file, run->file_count);
    if (!for_page && !options->no_images)
        list(document, "images", render_json_image, run->image_count);
    member(document, "image_time", render_json_timing(&metrics->busy));
    member(document, "images_per_s", render_json_number(metrics->throughput));
    member(document, "stages", stages(metrics));
    member(document, "resources", resources(metrics));
    list(document, "workers", render_json_worker, run->worker_count);
    member(document, "worker_efficiency", render_json_number(metrics->worker_efficiency));
    member(document, "pool", render_json_pool(metrics));
    member(document, "formats", render_json_formats(metrics));
    list(document, "conversions", render_json_conversion, metrics->conversion_count);
    member(document, "quality", render_json_quality(metrics));
    member(document, "memory", render_json_memory(metrics));
    member(document, "value", render_json_value(metrics));
    member(document, "frontend", render_json_frontend(metrics));
    member(document, "sidecar", render_json_sidecar(metrics));
    list(document, "marks", render_json_mark, run->mark_count);
    member(document, "spans", render_json_spans(metrics));
    list(document, "span_list", render_json_span, run->span_count);
    member(document, "mark_totals", render_json_mark_totals(metrics));
    list(document, "findings", render_json_finding, metrics->finding_count);
    member(document, "finding_rules", json_integer((json_int_t)finding_rule_count));
    member(document, "totals", totals(metrics));
}

static int write_document(const struct metrics *metrics, const struct render_options *options, FILE *out, bool for_page)
{
    struct document document = {.out = out, .metrics = metrics, .compact = for_page};
    write_members(&document, options, for_page);
    fputs(for_page ? "}" : "\n}\n", out);
    return document.failed || fflush(out) || ferror(out) ? -1 : 0;
}

int render_json_for_page(const struct metrics *metrics, const struct render_options *options, FILE *out)
{
    return write_document(metrics, options, out, true);
}

static int report(const struct metrics *metrics, const struct render_options *options, FILE *out)
{
    return write_document(metrics, options, out, false);
}

const struct renderer render_json = {"json", "one JSON object, schema in docs/report.schema.json", report};
