/* SPDX-License-Identifier: MIT
 * Owns: the JSON report's workers, their pool, what the work was worth, and findings.
 * Must not know: records, how figures come about. */
#include "analyzer/render/finding_text.h"
#include "analyzer/render/json/json_value.h"
#include "analyzer/render/json_values.h"

json_t *render_json_worker(const struct metrics *metrics, size_t index)
{
    const struct worker *worker = &metrics->run->workers[index];
    const struct worker_figures *figures = &metrics->workers[index];
    json_t *members = json_array();
    for (size_t i = 0; i < worker->member_count; i++)
        json_array_append_new(
            members, json_pack("{s:i, s:i}", "pid", (int)worker->members[i].pid, "tid", (int)worker->members[i].tid));
    return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     json_integer((json_int_t)index), "members", members, "tasks", (int)worker->tasks, "mean_task_s",
                     render_json_number(figures->mean_task_s), "cpu_ratio", render_json_number(figures->cpu_ratio),
                     "init_s", render_json_number(figures->init_s), "active_s", render_json_number(figures->active_s),
                     "idle_s", render_json_number(figures->idle_s), "idle_run_queue_s",
                     render_json_number(figures->idle_run_queue_s), "start_s", render_json_number(figures->start_s),
                     "end_s", render_json_number(figures->end_s), "on_cpu_s", render_json_number(figures->on_cpu_s),
                     "run_queue_s", render_json_number(figures->run_queue_s), "io_call_s",
                     render_json_number(figures->io_call_s), "other_s", render_json_number(figures->other_s));
}

static json_t *levels(const struct pool_figures *pool)
{
    json_t *array = json_array();
    for (size_t i = 0; i < pool->level_count; i++) {
        const struct pool_level *level = &pool->levels[i];
        if (level->time_s > 0)
            json_array_append_new(
                array, json_pack("{s:o, s:o, s:o, s:o, s:o}", "in_flight", json_integer((json_int_t)i), "time_s",
                                 render_json_number(level->time_s), "cpu_ratio", render_json_number(level->cpu_ratio),
                                 "rss_bytes", render_json_number(level->rss_bytes), "samples",
                                 render_json_integer(level->samples)));
    }
    return array;
}

json_t *render_json_pool(const struct metrics *metrics)
{
    const struct pool_figures *pool = &metrics->pool;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
        render_json_text(pool_kind_name(pool->kind)), "lanes", render_json_integer(pool->lanes), "in_flight_peak",
        render_json_integer(pool->in_flight_peak), "in_flight_mean", render_json_number(pool->in_flight_mean),
        "threads_peak", render_json_number(pool->threads_peak), "threads_per_cpu",
        render_json_number(pool->threads_per_cpu), "run_queue_s", render_json_number(pool->run_queue_s), "on_cpu_s",
        render_json_number(pool->on_cpu_s), "runnable_mean", render_json_number(pool->runnable_mean), "run_queue_ratio",
        render_json_number(pool->run_queue_ratio), "tail_s", render_json_number(pool->tail_s), "tail_ratio",
        render_json_number(pool->tail_ratio), "idle_cpus", render_json_number(pool->idle_cpus), "limit",
        render_json_text(pool_limit_name(pool->limit)), "levels", levels(pool));
}

static json_t *ids(const uint32_t *images, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(images[i]));
    return array;
}

static json_t *group(const struct value_group *group)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "n", render_json_integer(group->n), "bytes_in",
                     render_json_integer(group->bytes_in), "bytes_out", render_json_integer(group->bytes_out), "busy_s",
                     render_json_number(group->busy_s), "cpu_s", render_json_number(group->cpu_s), "worst",
                     ids(group->worst, group->worst_count));
}

static json_t *repeated(const struct value_figures *value)
{
    json_t *worst = json_array();
    for (size_t i = 0; i < value->repeated_count; i++) {
        const struct repeated_file *file = &value->repeated[i];
        json_array_append_new(worst,
                              json_pack("{s:o, s:o, s:o, s:o, s:o}", "file", json_integer(file->file), "reads",
                                        render_json_integer(file->reads), "decodes", render_json_integer(file->decodes),
                                        "extra_bytes", render_json_integer(file->extra_bytes), "extra_s",
                                        render_json_number(file->extra_s)));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "files", render_json_integer(value->repeated_files), "extra_bytes",
                     render_json_integer(value->repeated_bytes), "extra_s", render_json_number(value->repeated_s),
                     "worst", worst);
}

json_t *render_json_value(const struct metrics *metrics)
{
    const struct value_figures *value = &metrics->value;
    json_t *io = json_pack("{s:o, s:o, s:o}", "ops", render_json_integer(value->io_ops), "small_ops",
                           render_json_integer(value->small_ops), "time_s", render_json_number(value->io_s));
    json_t *intermediates =
        json_pack("{s:o, s:o, s:o}", "files", render_json_integer(value->intermediate_files), "bytes",
                  render_json_integer(value->intermediate_bytes), "time_s", render_json_number(value->intermediate_s));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cpu_s_per_mb_saved",
                     render_json_number(value->cpu_s_per_mb_saved), "grew", group(&value->grew), "little",
                     group(&value->little), "discarded", group(&value->discarded), "failed", group(&value->failed),
                     "reencoded", group(&value->reencoded), "recompressed", group(&value->recompressed), "all",
                     group(&value->all), "repeated", repeated(value), "io", io, "intermediates", intermediates);
}

json_t *render_json_finding(const struct metrics *metrics, size_t index)
{
    const struct finding *finding = &metrics->findings[index];
    char title[FINDING_TEXT], remedy[FINDING_TEXT];
    json_t *evidence = json_object(), *units = json_object();
    for (size_t i = 0; i < finding->evidence_count; i++) {
        const struct finding_evidence *one = &finding->evidence[i];
        json_object_set_new(evidence, one->key,
                            one->unit == UNIT_TEXT ? render_json_text(one->text) : render_json_number(one->value));
        json_object_set_new(units, one->key, json_string(render_finding_unit(one->unit)));
    }
    render_finding_text(finding, finding->title, title);
    render_finding_text(finding, finding->remedy, remedy);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id", finding->id, "measured", finding->measured,
                     "severity", finding_severity_name(finding->severity), "title", render_json_text(title), "remedy",
                     render_json_text(remedy), "cost", render_json_number(finding->cost), "evidence", evidence, "units",
                     units, "images", ids(finding->images, finding->image_count));
}
