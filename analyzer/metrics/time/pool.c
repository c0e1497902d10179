/* SPDX-License-Identifier: MIT
 * Owns: figures of workers: where the time of each goes, how many ran at once, and what limited them.
 * Must not know: records, formatting. Definitions are in docs/report.md. */
#include "analyzer/metrics/time/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/statistics/ratio.h"

#define NS_PER_S 1e9

/* What a run must show before it is said to be limited by something. */
#define TASKS_PER_LANE 2.0  /* fewer, and nobody waited for a lane */
#define LANES_FULL     0.8  /* mean images in flight ÷ most: the pool was taken nearly all the time */
#define CPUS_BUSY      0.85 /* use of the usable CPUs while images were in flight */
#define TAIL_LONG      0.2  /* of the whole */
#define IO_LARGE       0.5  /* of the workers' busy time */

static double seconds(uint64_t ns)
{
    return ns == UNKNOWN ? (double)NAN : (double)ns / NS_PER_S;
}

/* The rest of the busy time without CPU goes to what is known to wait, in this order, as far as there is some left. */
static void split_busy(const struct worker *worker, struct worker_figures *figures)
{
    double cpu_s = seconds(worker->cpu_ns), queue_s = seconds(worker->run_queue_ns), io_s = seconds(worker->io_ns);
    figures->idle_run_queue_s = figures->on_cpu_s = figures->io_call_s = figures->other_s = figures->run_queue_s = NAN;
    if (isnan(cpu_s))
        return;
    figures->on_cpu_s = fmin(cpu_s, figures->active_s);
    double left_s = figures->active_s - figures->on_cpu_s;
    if (!isnan(queue_s)) {
        figures->run_queue_s = fmin(queue_s, left_s);
        left_s -= figures->run_queue_s;
        /* What the calls cannot have waited was between them: where an image's time is its calls and their CPU. */
        double wait_s = fmin(seconds(worker->wait_ns), figures->idle_s);
        figures->idle_run_queue_s = fmin(queue_s - figures->run_queue_s, wait_s);
    }
    figures->io_call_s = fmin(io_s, left_s);
    figures->other_s = left_s - figures->io_call_s;
}

static void worker_figures(struct metrics *metrics, size_t index)
{
    const struct run *run = metrics->run;
    const struct worker *worker = &run->workers[index];
    struct worker_figures *figures = &metrics->workers[index];
    figures->active_s = seconds(worker->active_ns);
    figures->idle_s = seconds(worker->idle_ns);
    figures->init_s = seconds(worker->init_ns);
    figures->start_s = seconds(worker->start_ns - run->start_ns);
    figures->end_s = seconds(worker->end_ns - run->start_ns);
    figures->cpu_ratio =
        worker->cpu_ns == UNKNOWN ? (double)NAN : metrics_ratio((double)worker->cpu_ns, (double)worker->active_ns);
    split_busy(worker, figures);
    metrics->active_s += figures->active_s;
    metrics->idle_s += figures->idle_s;
    if (!isnan(figures->idle_run_queue_s))
        metrics->idle_run_queue_s += figures->idle_run_queue_s;
    if (worker->init_ns != UNKNOWN)
        metrics->worker_inits += worker->member_count;
}

static bool mean_tasks(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    uint64_t *tasks = calloc(run->worker_count + 1, sizeof *tasks);
    double *busy_s = calloc(run->worker_count + 1, sizeof *busy_s);
    if (tasks && busy_s) {
        for (size_t i = 0; i < run->image_count; i++) {
            const struct image *image = &run->images[i];
            if (image->worker >= run->worker_count)
                continue;
            tasks[image->worker]++;
            busy_s[image->worker] += (double)image->busy_ns / NS_PER_S;
        }
        for (size_t i = 0; i < run->worker_count; i++)
            metrics->workers[i].mean_task_s = metrics_ratio(busy_s[i], (double)tasks[i]);
    }
    bool good = tasks && busy_s;
    free(tasks);
    free(busy_s);
    return good;
}

bool metrics_workers(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    metrics->worker_init_s = metrics->stages[STAGE_WORKER_INIT].sum;
    metrics->active_s = metrics->idle_s = metrics->worker_efficiency = NAN;
    metrics->workers = calloc(run->worker_count + 1, sizeof *metrics->workers);
    if (!metrics->workers)
        return false;
    if (!run->worker_count)
        return true;
    metrics->active_s = metrics->idle_s = 0;
    for (size_t i = 0; i < run->worker_count; i++)
        worker_figures(metrics, i);
    if (metrics->chains > 1)
        metrics->worker_efficiency = metrics_ratio(metrics->active_s, metrics->active_s + metrics->idle_s);
    return mean_tasks(metrics);
}

/* ---- images in flight ---- */

struct edge {
    uint64_t time_ns;
    int change;
};

static int by_time(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->change - b->change; /* one ends before another begins */
}

/* The samples and the images in flight go through time together. */
struct sweep {
    struct pool_figures *pool;
    const struct run *run;
    size_t sample;
    double image_s; /* Σ time × images in flight; the last level would count all beyond it as one number */
    double cpu[POOL_LEVELS], cpu_ns[POOL_LEVELS], rss[POOL_LEVELS];
    double idle, idle_ns; /* Σ idle usable CPUs × time with an image in flight, and that time */
    uint64_t rss_samples[POOL_LEVELS];
};

static size_t level_of(uint64_t in_flight)
{
    return in_flight < POOL_LEVELS ? (size_t)in_flight : POOL_LEVELS - 1;
}

/* What the programs left of the usable CPUs may be in use by others, and what the machine left may not be usable. */
static double idle_cpus(const struct host *host, const struct resource_sample *sample)
{
    return fmin(fmax(host->usable_cpus * (1 - sample->cpu_ratio), 0), sample->machine_idle_cpus);
}

/* A sample's CPU is that of the time since the one before; its memory that of its moment. */
static void stretch(struct sweep *sweep, uint64_t from_ns, uint64_t to_ns, uint64_t in_flight)
{
    const struct run *run = sweep->run;
    size_t level = level_of(in_flight);
    double time_s = (double)(to_ns - from_ns) / NS_PER_S;
    sweep->pool->levels[level].time_s += time_s;
    sweep->image_s += time_s * (double)in_flight;
    if (level >= sweep->pool->level_count)
        sweep->pool->level_count = level + 1;
    while (sweep->sample < run->sample_count) {
        const struct resource_sample *sample = &run->samples[sweep->sample];
        uint64_t before_ns = sweep->sample ? run->samples[sweep->sample - 1].time_ns : run->start_ns;
        uint64_t start_ns = before_ns > from_ns ? before_ns : from_ns;
        uint64_t end_ns = sample->time_ns < to_ns ? sample->time_ns : to_ns;
        if (end_ns > start_ns && !isnan(sample->cpu_ratio)) {
            double length_ns = (double)(end_ns - start_ns);
            sweep->cpu[level] += sample->cpu_ratio * length_ns;
            sweep->cpu_ns[level] += length_ns;
            if (level && !isnan(sample->machine_idle_cpus)) {
                sweep->idle += idle_cpus(&run->host, sample) * length_ns;
                sweep->idle_ns += length_ns;
            }
        }
        if (sample->time_ns > to_ns)
            return;
        if (sample->time_ns >= from_ns && sample->rss_bytes != UNKNOWN) {
            sweep->rss[level] += (double)sample->rss_bytes;
            sweep->rss_samples[level]++;
        }
        sweep->sample++;
    }
}

static void finish_levels(struct sweep *sweep)
{
    struct pool_figures *pool = sweep->pool;
    double time_s = 0, cpu = 0, cpu_ns = 0, demand_s = pool->run_queue_s + pool->on_cpu_s;
    for (size_t i = 0; i < pool->level_count; i++) {
        struct pool_level *level = &pool->levels[i];
        level->cpu_ratio = metrics_ratio(sweep->cpu[i], sweep->cpu_ns[i]);
        level->rss_bytes = metrics_ratio(sweep->rss[i], (double)sweep->rss_samples[i]);
        level->samples = sweep->rss_samples[i];
        if (!i)
            continue;
        time_s += level->time_s;
        cpu += sweep->cpu[i];
        cpu_ns += sweep->cpu_ns[i];
    }
    pool->in_flight_mean = metrics_ratio(sweep->image_s, time_s);
    pool->cpu_ratio = metrics_ratio(cpu, cpu_ns);
    pool->idle_cpus = metrics_ratio(sweep->idle, sweep->idle_ns);
    pool->runnable_mean = metrics_ratio(demand_s, time_s);
}

static bool find_levels(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct edge *edges = calloc(run->image_count * 2 + 1, sizeof *edges);
    struct sweep *sweep = calloc(1, sizeof *sweep);
    if (edges && sweep && run->image_count) {
        *sweep = (struct sweep){.pool = &metrics->pool, .run = run};
        for (size_t i = 0; i < run->image_count; i++) {
            edges[i * 2] = (struct edge){run->images[i].start_ns, 1};
            edges[i * 2 + 1] = (struct edge){run->images[i].end_ns, -1};
        }
        qsort(edges, run->image_count * 2, sizeof *edges, by_time);
        uint64_t in_flight = 0, from_ns = edges[0].time_ns;
        for (size_t i = 0; i < run->image_count * 2; i++) {
            if (edges[i].time_ns > from_ns)
                stretch(sweep, from_ns, edges[i].time_ns, in_flight);
            from_ns = edges[i].time_ns;
            in_flight += (uint64_t)(int64_t)edges[i].change;
            if (in_flight > metrics->pool.in_flight_peak && in_flight <= run->image_count)
                metrics->pool.in_flight_peak = in_flight;
        }
        finish_levels(sweep);
    }
    bool good = edges && sweep;
    free(edges);
    free(sweep);
    return good;
}

/* ---- what limited them ---- */

/* From the end of the last image of all lanes but one to the end of the last image. */
static void find_tail(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    uint64_t last_ns = 0, second_ns = 0, first_ns = UINT64_MAX;
    for (size_t i = 0; i < run->worker_count; i++) {
        const struct worker *worker = &run->workers[i];
        first_ns = worker->start_ns < first_ns ? worker->start_ns : first_ns;
        second_ns = worker->end_ns > last_ns ? last_ns : worker->end_ns > second_ns ? worker->end_ns : second_ns;
        last_ns = worker->end_ns > last_ns ? worker->end_ns : last_ns;
    }
    metrics->pool.tail_s = metrics->pool.tail_ratio = NAN;
    if (run->worker_count < 2)
        return;
    metrics->pool.tail_s = seconds(last_ns - second_ns);
    metrics->pool.tail_ratio = metrics_ratio(metrics->pool.tail_s, seconds(last_ns - first_ns));
}

static bool is_node(const char *exe)
{
    const char *slash = exe ? strrchr(exe, '/') : NULL, *name = slash ? slash + 1 : exe;
    return name && (!strcmp(name, "node") || !strcmp(name, "nodejs") || !strcmp(name, "electron"));
}

static enum pool_kind kind_of(const struct run *run)
{
    bool threads = false, node = false;
    for (size_t i = 0; i < run->image_count; i++) {
        if (run->images[i].process >= run->process_count)
            continue;
        const struct process *process = &run->processes[run->images[i].process];
        node = node || is_node(process->exe);
        threads = threads || run->images[i].tid != process->pid;
    }
    if (!run->worker_count)
        return POOL_KIND_NONE;
    return node && threads ? POOL_KIND_LIBUV : threads ? POOL_KIND_THREADS : POOL_KIND_PROCESSES;
}

static enum pool_limit limit_of(const struct metrics *metrics)
{
    const struct pool_figures *pool = &metrics->pool;
    double cpus = metrics->run->host.usable_cpus, idle = metrics_ratio(pool->idle_cpus, cpus);
    double io_s = 0;
    if (metrics->run->image_count < 2)
        return POOL_LIMIT_NONE;
    for (size_t i = 0; i < metrics->run->worker_count; i++)
        io_s += metrics->workers[i].io_call_s;
    if (pool->tail_ratio >= TAIL_LONG)
        return POOL_LIMIT_TAIL;
    if (pool->cpu_ratio >= CPUS_BUSY || idle <= 1 - CPUS_BUSY)
        return POOL_LIMIT_CPU;
    if (metrics_ratio(io_s, metrics->active_s) >= IO_LARGE)
        return POOL_LIMIT_IO;
    /* Of threads that wait for work, those without an image show that there was none to hand out. */
    bool full = pool->kind == POOL_KIND_PROCESSES || pool->in_flight_peak >= pool->lanes;
    bool waited = (double)metrics->run->image_count >= TASKS_PER_LANE * (double)pool->in_flight_peak;
    if (full && waited && pool->in_flight_mean >= LANES_FULL * (double)pool->in_flight_peak &&
        (double)pool->in_flight_peak < cpus && !isnan(idle))
        return POOL_LIMIT_POOL;
    return POOL_LIMIT_NONE;
}

bool metrics_pool(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct pool_figures *pool = &metrics->pool;
    pool->lanes = run->worker_count;
    pool->kind = kind_of(run);
    pool->threads_peak = pool->in_flight_mean = pool->cpu_ratio = pool->idle_cpus = NAN;
    pool->run_queue_s = pool->on_cpu_s = pool->runnable_mean = NAN;
    for (size_t i = 0; i < run->sample_count; i++) /* fmax prefers the number to NAN */
        if (run->samples[i].threads != UNKNOWN)
            pool->threads_peak = fmax(pool->threads_peak, (double)run->samples[i].threads);
    pool->threads_per_cpu = pool->threads_peak / run->host.usable_cpus;
    for (size_t i = 0; i < run->process_count; i++)
        if (run->processes[i].images && run->processes[i].run_queue_ns != UNKNOWN) {
            pool->run_queue_s = fmax(pool->run_queue_s, 0) + seconds(run->processes[i].run_queue_ns);
            pool->on_cpu_s = fmax(pool->on_cpu_s, 0) + seconds(run->processes[i].on_cpu_ns);
        }
    pool->run_queue_ratio = metrics_ratio(pool->run_queue_s, pool->run_queue_s + pool->on_cpu_s);
    find_tail(metrics);
    if (!find_levels(metrics))
        return false;
    pool->limit = limit_of(metrics);
    return true;
}
