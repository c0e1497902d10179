/* SPDX-License-Identifier: MIT
 * Owns: figures of CPU and memory, and of how far the recording can be trusted.
 * Must not know: records, images' sizes, formatting. */
#include "analyzer/metrics/time/resources.h"

#include <math.h>

#include "analyzer/metrics/figures/figures.h"
#include "analyzer/metrics/statistics/ratio.h"

#define NS_PER_S  1e9
#define WINDOW_NS UINT64_C(100000000)

#define COVERED_WITHIN 0.02 /* differences of coverage from 1 that need no explanation */

/* Peak and least CPU use over windows of 100 ms, each one the time-weighted mean of the samples that cover it. */
struct windows {
    double peak, least;
    uint64_t start_ns; /* of the window at hand */
    uint64_t upto_ns;  /* covered so far */
    double weighted;   /* Σ ratio · ns in it */
};

static void close_window(struct windows *windows, double ratio)
{
    windows->peak = isnan(windows->peak) ? ratio : fmax(windows->peak, ratio);
    windows->least = isnan(windows->least) ? ratio : fmin(windows->least, ratio);
}

static void restart(struct windows *windows, uint64_t origin_ns, uint64_t now_ns)
{
    /* Windows stand on a fixed grid; the one that is partly past cannot be covered any more. */
    uint64_t passed = (now_ns - origin_ns + WINDOW_NS - 1) / WINDOW_NS;
    windows->start_ns = windows->upto_ns = origin_ns + passed * WINDOW_NS;
    windows->weighted = 0;
}

static void cover(struct windows *windows, uint64_t end_ns, double ratio)
{
    if (end_ns <= windows->upto_ns)
        return;
    uint64_t window_end_ns = windows->start_ns + WINDOW_NS;
    if (end_ns < window_end_ns) {
        windows->weighted += ratio * (double)(end_ns - windows->upto_ns);
        windows->upto_ns = end_ns;
        return;
    }
    windows->weighted += ratio * (double)(window_end_ns - windows->upto_ns);
    close_window(windows, windows->weighted / (double)WINDOW_NS);
    uint64_t whole = (end_ns - window_end_ns) / WINDOW_NS; /* windows that this sample covers alone */
    if (whole)
        close_window(windows, ratio);
    windows->start_ns = window_end_ns + whole * WINDOW_NS;
    windows->upto_ns = end_ns;
    windows->weighted = ratio * (double)(end_ns - windows->start_ns);
}

/* A pause between two activity periods says nothing about the CPU use of the run. */
static bool inside_period(const struct run *run, uint64_t from_ns, uint64_t to_ns)
{
    for (size_t i = 0; i + 1 < run->period_count; i++)
        if (from_ns < run->periods[i + 1][0] && to_ns > run->periods[i][1])
            return false;
    return true;
}

static void cpu_windows(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    struct windows windows = {.peak = NAN, .least = NAN};
    if (run->sample_count) {
        uint64_t origin_ns = run->samples[0].time_ns, before_ns = origin_ns;
        restart(&windows, origin_ns, origin_ns);
        for (size_t i = 1; i < run->sample_count; i++) {
            const struct resource_sample *sample = &run->samples[i];
            if (sample->time_ns <= before_ns)
                continue;
            if (isnan(sample->cpu_ratio) || !inside_period(run, before_ns, sample->time_ns))
                restart(&windows, origin_ns, sample->time_ns);
            else
                cover(&windows, sample->time_ns, sample->cpu_ratio);
            before_ns = sample->time_ns;
        }
    }
    metrics->cpu_peak_ratio = windows.peak;
    metrics->cpu_min_ratio = windows.least;
}

/* CPUs that were neither idle nor used by the recorded processes: other programs, the kernel's own work, the
 * hypervisor. */
static double others_ratio(const struct run *run)
{
    double used = 0, time_ns = 0;
    uint64_t from_ns = run->start_ns;
    for (size_t i = 0; i < run->sample_count; i++) {
        const struct resource_sample *sample = &run->samples[i];
        double length_ns = (double)(sample->time_ns - from_ns);
        bool inside = inside_period(run, from_ns, sample->time_ns);
        from_ns = sample->time_ns;
        if (!inside || isnan(sample->machine_idle_cpus) || isnan(sample->cpu_ratio))
            continue;
        used += (run->host.cpus - sample->machine_idle_cpus - run->host.usable_cpus * sample->cpu_ratio) * length_ns;
        time_ns += length_ns;
    }
    return run->host.cpus ? metrics_ratio(fmax(used, 0), time_ns * run->host.cpus) : (double)NAN;
}

void metrics_cpu(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    double cpu_s = run->process_count ? (double)run->idle_children_cpu_ns / NS_PER_S : (double)NAN;
    for (size_t i = 0; i < run->process_count; i++)
        cpu_s += run->processes[i].cpu_ns == UNKNOWN ? (double)NAN : (double)run->processes[i].cpu_ns / NS_PER_S;
    metrics->cpu_avg_ratio = metrics_ratio(cpu_s, metrics->duration_s * run->host.usable_cpus);
    cpu_windows(metrics);
    metrics->cpu_others_ratio = others_ratio(run);
}

void metrics_memory(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    metrics->peak_rss_bytes = run->peak_rss_bytes == UNKNOWN ? (double)NAN : (double)run->peak_rss_bytes;
    metrics->avg_rss_bytes = run->avg_rss_bytes;
    metrics->peak_heap_bytes = NAN;
    double baseline_sum = 0, baselines = 0;
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (process->images && process->baseline_rss_bytes != UNKNOWN) {
            baseline_sum += (double)process->baseline_rss_bytes;
            baselines++;
        }
        if (process->anonymous_peak_bytes > metrics->peak_anonymous_bytes)
            metrics->peak_anonymous_bytes = process->anonymous_peak_bytes;
        if (process->heap_peak_bytes != UNKNOWN) /* fmax prefers the number to NAN */
            metrics->peak_heap_bytes = fmax(metrics->peak_heap_bytes, (double)process->heap_peak_bytes);
    }
    metrics->baseline_rss_bytes = metrics_ratio(baseline_sum, baselines);
}

void metrics_metadata(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    uint64_t calls = 0, ns = 0;
    bool known = false;
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (process->metadata_calls == UNKNOWN)
            continue;
        calls += process->metadata_calls;
        ns += process->metadata_ns;
        known = true;
    }
    metrics->metadata_calls = known ? calls : UNKNOWN;
    metrics->metadata_s = known ? (double)ns / NS_PER_S : (double)NAN;
}

/* The processes that most of the difference between records and kernel comes from. */
static void find_gaps(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    for (size_t i = 0; i < run->process_count; i++) {
        uint64_t seen = run->processes[i].seen_io_bytes, kernel = run->processes[i].kernel_io_bytes;
        struct coverage_gap gap = {(uint32_t)i, seen > kernel ? seen - kernel : kernel - seen, seen > kernel};
        if (kernel == UNKNOWN || !gap.bytes)
            continue;
        size_t at = metrics->gap_count < COVERAGE_GAPS ? metrics->gap_count++ : COVERAGE_GAPS;
        for (; at > 0 && metrics->gaps[at - 1].bytes < gap.bytes; at--)
            if (at < COVERAGE_GAPS)
                metrics->gaps[at] = metrics->gaps[at - 1];
        if (at < COVERAGE_GAPS)
            metrics->gaps[at] = gap;
    }
}

void metrics_trust(struct metrics *metrics)
{
    const struct run *run = metrics->run;
    uint64_t all_seen = 0, seen = 0, kernel = 0;
    double cost_ns = 0, cpu_ns = 0;
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        all_seen += process->seen_io_bytes;
        if (process->kernel_io_bytes != UNKNOWN) {
            seen += process->seen_io_bytes;
            kernel += process->kernel_io_bytes;
            metrics->coverage_processes++;
        }
        if (process->own_cost_ns != UNKNOWN && process->cpu_ns != UNKNOWN) {
            cost_ns += (double)process->own_cost_ns;
            cpu_ns += (double)process->cpu_ns;
        }
    }
    bool readable = metrics->coverage_processes > 0;
    metrics->io_seen = readable ? seen : all_seen;
    metrics->io_kernel = readable ? kernel : UNKNOWN;
    metrics->coverage_ratio = readable ? metrics_ratio((double)seen, (double)kernel) : (double)NAN;
    metrics->overhead_ratio = metrics_ratio(cost_ns, cpu_ns);
    if (metrics->coverage_ratio < 1 - COVERED_WITHIN || metrics->coverage_ratio > 1 + COVERED_WITHIN)
        find_gaps(metrics);
}
