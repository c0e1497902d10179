/* SPDX-License-Identifier: MIT
 * Owns: which findings a run has, worst first, and the rules about time, workers and memory.
 * Must not know: records, formatting; files' contents (findings_files.c). */
#include "analyzer/metrics/findings/findings.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/metrics/findings/findings_parts.h"
#include "analyzer/metrics/statistics/ratio.h"

#define STARTS_LEAST   4
#define STARTS_EACH    2 /* of each worker: started once each, they have nothing to hand over */
#define RETAINED_LEAST 64e6
#define CALLS_LEAST    1000
#define SHARE_OF_TIME  0.05 /* of the images' time that small transfers must take */
#define ENCODE_SHARE   0.2
#define CROWDED        1.5 /* threads that want a CPU, per CPU */
#define US_PER_S       1e6

static const struct {
    finding_rule *rule;
    const char *id, *what, *title, *remedy;
    enum finding_severity severity;
    double threshold;
} rows[] = {
#define FINDING(name, id, severity, threshold, unit, what, why, title, remedy)                                         \
    {rule_##name, id, what, title, remedy, SEVERITY_##severity, threshold},
#include "analyzer/metrics/findings/findings.def"
};
const size_t finding_rule_count = sizeof rows / sizeof *rows;

void finding_number(struct finding *finding, const char *key, enum finding_unit unit, double value)
{
    if (finding->evidence_count < FINDING_EVIDENCE)
        finding->evidence[finding->evidence_count++] = (struct finding_evidence){key, unit, value, NULL};
}

void finding_word(struct finding *finding, const char *key, const char *text)
{
    if (finding->evidence_count < FINDING_EVIDENCE)
        finding->evidence[finding->evidence_count++] = (struct finding_evidence){key, UNIT_TEXT, NAN, text};
}

void finding_examples(struct finding *finding, const uint32_t *images, size_t count)
{
    for (size_t i = 0; i < count && finding->image_count < FINDING_IMAGES_MAX; i++)
        finding->images[finding->image_count++] = images[i];
}

static bool before(const struct finding *a, const struct finding *b)
{
    return a->severity != b->severity ? a->severity < b->severity : a->cost > b->cost;
}

void metrics_findings(struct metrics *metrics)
{
    for (size_t i = 0; i < finding_rule_count; i++) {
        struct finding finding = {.id = rows[i].id,
                                  .measured = rows[i].what,
                                  .title = rows[i].title,
                                  .remedy = rows[i].remedy,
                                  .severity = rows[i].severity};
        if (!rows[i].rule(metrics, rows[i].threshold, &finding))
            continue;
        size_t at = metrics->finding_count < FINDINGS_MAX ? metrics->finding_count++ : FINDINGS_MAX;
        for (; at > 0 && before(&finding, &metrics->findings[at - 1]); at--)
            if (at < FINDINGS_MAX)
                metrics->findings[at] = metrics->findings[at - 1];
        if (at < FINDINGS_MAX)
            metrics->findings[at] = finding;
    }
}

static double sum(const struct timing_stats *stats)
{
    return stats->count ? stats->sum : 0;
}

/* ---- workers ---- */

static bool pool_is_small(const struct metrics *metrics, double threshold, struct finding *finding, enum pool_kind kind)
{
    const struct pool_figures *pool = &metrics->pool;
    double cpus = metrics->run->host.usable_cpus, share = metrics_ratio(pool->idle_cpus, cpus);
    if (pool->kind != kind || pool->limit != POOL_LIMIT_POOL || !(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "lanes", UNIT_COUNT, (double)pool->lanes);
    finding_number(finding, "peak", UNIT_COUNT, (double)pool->in_flight_peak);
    finding_number(finding, "idle", UNIT_NUMBER, pool->idle_cpus);
    finding_number(finding, "cpus", UNIT_NUMBER, cpus);
    return true;
}

bool rule_libuv(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return pool_is_small(metrics, threshold, finding, POOL_KIND_LIBUV);
}

bool rule_threads(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return pool_is_small(metrics, threshold, finding, POOL_KIND_THREADS);
}

bool rule_processes(const struct metrics *metrics, double threshold, struct finding *finding)
{
    return pool_is_small(metrics, threshold, finding, POOL_KIND_PROCESSES);
}

bool rule_oversubscribed(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct pool_figures *pool = &metrics->pool;
    double cpus = metrics->run->host.usable_cpus;
    if (!(pool->runnable_mean >= CROWDED * cpus) || !(pool->run_queue_ratio >= threshold))
        return false;
    finding->cost = pool->run_queue_ratio;
    finding_number(finding, "threads", UNIT_NUMBER, pool->runnable_mean);
    finding_number(finding, "cpus", UNIT_NUMBER, cpus);
    finding_number(finding, "share", UNIT_RATIO, pool->run_queue_ratio);
    finding_number(finding, "time", UNIT_SECONDS, pool->run_queue_s);
    return true;
}

bool rule_tail(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct pool_figures *pool = &metrics->pool;
    if (pool->lanes < 2 || !(pool->tail_ratio >= threshold))
        return false;
    finding->cost = pool->tail_ratio;
    finding_number(finding, "tail", UNIT_SECONDS, pool->tail_s);
    finding_number(finding, "whole", UNIT_SECONDS, pool->tail_s / pool->tail_ratio);
    finding_number(finding, "share", UNIT_RATIO, pool->tail_ratio);
    return true;
}

bool rule_start_up(const struct metrics *metrics, double threshold, struct finding *finding)
{
    double init_s = metrics->worker_init_s, share = metrics_ratio(init_s, init_s + metrics->active_s);
    bool again = metrics->worker_inits >= STARTS_EACH * metrics->pool.lanes;
    if (metrics->worker_inits < STARTS_LEAST || !again || !(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "starts", UNIT_COUNT, (double)metrics->worker_inits);
    finding_number(finding, "time", UNIT_SECONDS, init_s);
    finding_number(finding, "share", UNIT_RATIO, share);
    return true;
}

bool rule_throttled(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct host *host = &metrics->run->host;
    if (host->cgroup_throttled_us == UNKNOWN)
        return false;
    double time_s = (double)host->cgroup_throttled_us / US_PER_S, share = metrics_ratio(time_s, metrics->duration_s);
    if (!(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "time", UNIT_SECONDS, time_s);
    finding_number(finding, "share", UNIT_RATIO, share);
    finding_number(finding, "cpus", UNIT_NUMBER, host->usable_cpus);
    return true;
}

bool rule_shared(const struct metrics *metrics, double threshold, struct finding *finding)
{
    double cpus = metrics->run->host.cpus, share = metrics->cpu_others_ratio;
    if (!(share >= threshold))
        return false;
    finding->cost = share;
    finding_number(finding, "others", UNIT_NUMBER, share * cpus);
    finding_number(finding, "cpus", UNIT_NUMBER, cpus);
    finding_number(finding, "share", UNIT_RATIO, share);
    return true;
}

bool rule_trials(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct run *run = metrics->run;
    double attempts = 0, images = 0;
    for (size_t i = 0; i < run->image_count; i++)
        if (run->images[i].status == IMAGE_OK && run->images[i].attempts) {
            attempts += run->images[i].attempts;
            images++;
        }
    double mean = metrics_ratio(attempts, images);
    double share = metrics_ratio(sum(&metrics->stages[STAGE_ENCODE]), sum(&metrics->busy));
    if (!(mean >= threshold) || !(share >= ENCODE_SHARE))
        return false;
    finding->cost = share * (1 - 1 / mean);
    finding_number(finding, "attempts", UNIT_NUMBER, mean);
    finding_number(finding, "images", UNIT_COUNT, images);
    finding_number(finding, "share", UNIT_RATIO, share);
    return true;
}

bool rule_small_io(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct value_figures *value = &metrics->value;
    double share = metrics_ratio((double)value->small_ops, (double)value->io_ops);
    double of_time = metrics_ratio(value->io_s, sum(&metrics->busy));
    if (value->small_ops < CALLS_LEAST || !(share >= threshold) || !(of_time >= SHARE_OF_TIME))
        return false;
    finding->cost = of_time * share;
    finding_number(finding, "small", UNIT_COUNT, (double)value->small_ops);
    finding_number(finding, "calls", UNIT_COUNT, (double)value->io_ops);
    finding_number(finding, "time", UNIT_SECONDS, value->io_s);
    return true;
}

/* ---- memory ---- */

bool rule_memory_limit(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct host *host = &metrics->run->host;
    uint64_t limit = host->cgroup_memory_limit < host->memory_bytes ? host->cgroup_memory_limit : host->memory_bytes;
    if (limit == UNKNOWN || !limit)
        return false;
    double share = metrics->peak_rss_bytes / (double)limit;
    bool killed = host->cgroup_oom_kills != UNKNOWN && host->cgroup_oom_kills > 0;
    if (!(share >= threshold) && !killed)
        return false;
    finding->cost = isnan(share) ? 1 : share;
    finding_number(finding, "peak", UNIT_BYTES, metrics->peak_rss_bytes);
    finding_number(finding, "share", UNIT_RATIO, share);
    finding_number(finding, "limit", UNIT_BYTES, (double)limit);
    finding_number(finding, "in_flight", UNIT_COUNT, (double)metrics->memory.in_flight_at_peak);
    if (killed)
        finding_number(finding, "oom_kills", UNIT_COUNT, (double)host->cgroup_oom_kills);
    for (size_t i = 0; i < metrics->memory.peak_image_count; i++)
        finding_examples(finding, &metrics->memory.peak_images[i].image, 1);
    return true;
}

bool rule_retained(const struct metrics *metrics, double threshold, struct finding *finding)
{
    const struct memory_figures *memory = &metrics->memory;
    const struct run *run = metrics->run;
    double share = metrics_ratio(memory->retained_bytes, memory->rss_bytes);
    if (!(share >= threshold) || !(memory->retained_bytes >= RETAINED_LEAST))
        return false;
    const char *allocator = run->peak_process < run->process_count ? run->processes[run->peak_process].allocator : NULL;
    finding->cost = share;
    finding_number(finding, "retained", UNIT_BYTES, memory->retained_bytes);
    finding_number(finding, "rss", UNIT_BYTES, memory->rss_bytes);
    finding_number(finding, "share", UNIT_RATIO, share);
    finding_word(finding, "allocator", allocator ? allocator : "the allocator");
    return true;
}
