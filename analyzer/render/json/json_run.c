/* SPDX-License-Identifier: MIT
 * Owns: the JSON report's host, processes, libraries, samples, workers, formats and conversions.
 * Must not know: records, how figures come about. */
#include "analyzer/render/json/json_run.h"
#include "analyzer/render/json/json_quality.h"
#include "analyzer/render/json_values.h"

json_t *render_json_host(const struct metrics *metrics)
{
    const struct host *host = &metrics->run->host;
    json_t *cgroup = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "quota_us", render_json_integer(host->cgroup_quota_us), "period_us",
        render_json_integer(host->cgroup_period_us), "throttled_us", render_json_integer(host->cgroup_throttled_us),
        "memory_limit_bytes", render_json_integer(host->cgroup_memory_limit), "memory_peak_bytes",
        render_json_integer(host->cgroup_memory_peak), "oom_kills", render_json_integer(host->cgroup_oom_kills));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "machine", render_json_text(host->machine),
                     "kernel", render_json_text(host->kernel), "boot_id", render_json_text(host->boot_id), "cpu_model",
                     render_json_text(host->cpu_model), "cpus", host->cpus ? json_integer(host->cpus) : json_null(),
                     "usable_cpus", render_json_number(host->usable_cpus), "memory_bytes",
                     render_json_integer(host->memory_bytes), "cgroup", cgroup, "load", render_json_number(host->load));
}

/* Of a process that had no other thread than its main one nothing is said twice. */
static json_t *threads(const struct run *run, const struct process *process)
{
    json_t *array = json_array();
    for (size_t i = 0; process->threads_total > 1 && i < process->thread_count; i++) {
        const struct process_thread *thread = &process->threads[i];
        bool heap_known = thread->alloc_calls != UNKNOWN;
        json_array_append_new(array, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "tid",
                                               (json_int_t)thread->tid, "name", render_json_text(thread->name),
                                               "start_s", render_json_moment(run, thread->start_ns), "end_s",
                                               render_json_moment(run, thread->end_ns), "cpu_s",
                                               render_json_seconds(thread->cpu_ns), "alloc_calls",
                                               render_json_integer(thread->alloc_calls), "free_calls",
                                               render_json_integer(thread->free_calls), "heap_bytes",
                                               heap_known ? json_integer(thread->heap_bytes) : json_null()));
    }
    return array;
}

bool render_json_ended_badly(const struct process *process)
{
    return process->signal > 0 || process->exit_code > 0 || process->in_flight;
}

json_t *render_json_process(const struct metrics *metrics, size_t index)
{
    const struct run *run = metrics->run;
    const struct process *process = &run->processes[index];
    json_t *argv = json_array();
    for (size_t i = 0; i < process->argc; i++)
        json_array_append_new(argv, render_json_text(process->argv[i]));
    json_t *json = json_pack(
        "{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pid", (int)process->pid, "ppid", (int)process->ppid,
        "exe", render_json_text(process->exe), "argv", argv, "start_s", render_json_moment(run, process->start_ns),
        "end_s", render_json_moment(run, process->end_ns), "exit_code", render_json_fact(process->exit_code), "signal",
        render_json_fact(process->signal > 0 ? process->signal : -1), "in_flight", render_json_text(process->in_flight),
        "allocator", render_json_text(process->allocator));
    json_t *more = json_pack(
        "{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cwd", render_json_text(process->cwd), "end_recorded",
        (int)process->ended, "cpu_s", render_json_seconds(process->cpu_ns), "peak_rss_bytes",
        render_json_integer(process->vm_hwm_bytes), "baseline_rss_bytes",
        render_json_integer(process->baseline_rss_bytes), "peak_heap_bytes",
        render_json_integer(process->heap_peak_bytes), "own_mapped_bytes",
        render_json_integer(process->own_mapped_bytes), "images", render_json_integer(process->images), "records",
        render_json_integer(process->records), "lost_records", render_json_integer(process->lost_records));
    json_object_update(json, more);
    json_decref(more);
    more = json_pack("{s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "resumed", (int)process->resumed, "paused",
                     (int)process->paused, "io_bytes_seen", render_json_integer(process->seen_io_bytes),
                     "io_bytes_kernel", render_json_integer(process->kernel_io_bytes), "alloc_calls",
                     render_json_integer(process->alloc_calls), "free_calls", render_json_integer(process->free_calls),
                     "peak_anonymous_bytes", render_json_integer(process->anonymous_peak_bytes), "peak_reserved_bytes",
                     render_json_integer(process->reserved_peak_bytes), "threads_total",
                     render_json_integer(process->threads_total), "threads", threads(run, process));
    json_object_update(json, more);
    json_decref(more);
    return json;
}

json_t *render_json_library(const struct metrics *metrics, size_t index)
{
    const struct library *library = &metrics->run->libraries[index];
    return json_pack("{s:o, s:o, s:o}", "name", render_json_text(library->name), "version",
                     render_json_text(library->version), "build_id", render_json_text(library->build_id));
}

json_t *render_json_sample(const struct metrics *metrics, size_t index)
{
    const struct resource_sample *sample = &metrics->run->samples[index];
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "t_s",
                     render_json_moment(metrics->run, sample->time_ns), "cpu_ratio",
                     render_json_number(sample->cpu_ratio), "rss_bytes", render_json_integer(sample->rss_bytes),
                     "heap_bytes", render_json_integer(sample->heap_bytes), "io_ops",
                     render_json_integer(sample->io_ops), "io_bytes", render_json_integer(sample->io_bytes), "threads",
                     render_json_integer(sample->threads), "file_bytes", render_json_integer(sample->file_bytes));
}

json_t *render_json_conversion(const struct metrics *metrics, size_t index)
{
    const struct conversion_row *row = &metrics->conversions[index];
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "from", format_key(row->from), "to",
                     format_key(row->to), "n", render_json_integer(row->n), "sized", render_json_integer(row->sized),
                     "bytes_in", row->sized ? render_json_integer(row->bytes_in) : json_null(), "bytes_out",
                     row->sized ? render_json_integer(row->bytes_out) : json_null(), "size_reduction",
                     render_json_number(row->size_reduction), "quality_retained",
                     render_json_median_retained(metrics, &row->retained), "retained",
                     render_json_retained(metrics, &row->retained));
}

static json_t *quality(const struct metrics *metrics, const struct quality_row *row)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "encoder", render_json_text(row->encoder), "scale",
        render_json_text(row->scale), "quality", render_json_number(row->quality), "label",
        render_json_text(row->label), "n", render_json_integer(row->n), "sized", render_json_integer(row->sized),
        "bytes_in", row->sized ? render_json_integer(row->bytes_in) : json_null(), "bytes_out",
        row->sized ? render_json_integer(row->bytes_out) : json_null(), "size_ratio",
        render_json_number(row->size_ratio), "quality_retained", render_json_median_retained(metrics, &row->retained),
        "retained", render_json_retained(metrics, &row->retained));
}

json_t *render_json_formats(const struct metrics *metrics)
{
    json_t *object = json_object();
    for (size_t i = 0; i < metrics->format_count; i++) {
        const struct format_row *row = &metrics->formats[i];
        json_t *qualities = json_array();
        for (size_t k = 0; k < row->quality_count; k++)
            json_array_append_new(qualities, quality(metrics, &row->qualities[k]));
        json_object_set_new(object, format_key(row->format),
                            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "images",
                                      render_json_integer(row->n), "sized", render_json_integer(row->sized), "bytes_in",
                                      row->sized ? render_json_integer(row->bytes_in) : json_null(), "bytes_out",
                                      row->sized ? render_json_integer(row->bytes_out) : json_null(), "size_ratio",
                                      render_json_number(row->size_ratio), "median_size_ratio",
                                      render_json_number(row->median_size_ratio), "time",
                                      render_json_timing(&row->time), "qualities", qualities, "quality_retained",
                                      render_json_median_retained(metrics, &row->retained), "retained",
                                      render_json_retained(metrics, &row->retained)));
    }
    return object;
}
