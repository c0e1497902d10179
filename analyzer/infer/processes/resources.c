/* SPDX-License-Identifier: MIT
 * Owns: resources over time: CPU, memory, heap and I/O of all live processes, in windows; heap peaks of jobs.
 * Must not know: files, codecs, single blocks (blocks.c).
 *
 * Windows of 100 ms from the run's start; when there are too many, neighbours are merged and the windows grow twice as
 * long, so that a week takes no more memory than a minute. A process's CPU between two of its readings is spread evenly
 * over the time between them. Memory of the tree = sum of private pages + the largest shared part (an estimate). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/resources.h"
#include "analyzer/infer/state/state.h"

#define WINDOW_NS   UINT64_C(100000000)
#define WINDOWS_MAX 8192

static uint64_t higher(uint64_t a, uint64_t b)
{
    return a == UNKNOWN ? b : b == UNKNOWN ? a : a > b ? a : b;
}

static void add_io(struct bin *bin, uint64_t bytes)
{
    bin->io_bytes = bin->io_bytes == UNKNOWN ? bytes : bin->io_bytes + bytes;
}

static void merge_bins(struct infer *infer)
{
    struct bin *bins = infer->bins;
    for (size_t i = 0; i < infer->bins_count; i++) {
        if (i % 2) {
            bins[i / 2].cpu_ns += bins[i].cpu_ns;
            bins[i / 2].ops += bins[i].ops;
            bins[i / 2].idle_ns += bins[i].idle_ns;
            bins[i / 2].idle_known_ns += bins[i].idle_known_ns;
            if (bins[i].rss != UNKNOWN && higher(bins[i / 2].rss, bins[i].rss) == bins[i].rss)
                bins[i / 2].file = bins[i].file;
            bins[i / 2].rss = higher(bins[i / 2].rss, bins[i].rss);
            bins[i / 2].heap = higher(bins[i / 2].heap, bins[i].heap);
            bins[i / 2].measured = higher(bins[i / 2].measured, bins[i].measured);
            bins[i / 2].threads = higher(bins[i / 2].threads, bins[i].threads);
            if (bins[i].io_bytes != UNKNOWN)
                add_io(&bins[i / 2], bins[i].io_bytes);
        } else {
            bins[i / 2] = bins[i];
        }
    }
    infer->bins_count = (infer->bins_count + 1) / 2;
    infer->bin_ns *= 2;
}

/* The window of a moment. What lies before the first of them counts for the first. */
static size_t bin_of(struct infer *infer, uint64_t time_ns)
{
    if (!infer->bin_ns) {
        infer->bin_ns = WINDOW_NS;
        infer->bins_from_ns = infer->run->start_ns;
    }
    uint64_t since_ns = time_ns > infer->bins_from_ns ? time_ns - infer->bins_from_ns : 0;
    while (since_ns / infer->bin_ns >= WINDOWS_MAX)
        merge_bins(infer);
    while (infer->bins_count <= since_ns / infer->bin_ns)
        *MEMORY_APPEND(infer, bins) = (struct bin){.rss = UNKNOWN,
                                                   .heap = UNKNOWN,
                                                   .measured = UNKNOWN,
                                                   .file = UNKNOWN,
                                                   .io_bytes = UNKNOWN,
                                                   .threads = UNKNOWN};
    return since_ns / infer->bin_ns;
}

static struct bin *bin_at(struct infer *infer, uint64_t time_ns)
{
    size_t bin = bin_of(infer, time_ns); /* may move the windows */
    return &infer->bins[bin];
}

/* What was counted between two readings is spread evenly over the time between them: visits the windows' parts. */
struct stretch {
    size_t bin, last;
    uint64_t from_ns, to_ns;
};

static struct stretch stretch_of(struct infer *infer, uint64_t from_ns, uint64_t to_ns)
{
    bin_of(infer, to_ns); /* first: it may move the windows */
    return (struct stretch){bin_of(infer, from_ns), bin_of(infer, to_ns), from_ns, to_ns};
}

/* The part of the stretch that lies in the next window, or NULL behind the last. */
static struct bin *next_part(struct infer *infer, struct stretch *stretch, uint64_t *part_ns)
{
    while (stretch->bin <= stretch->last) {
        struct bin *bin = &infer->bins[stretch->bin];
        uint64_t start = infer->bins_from_ns + stretch->bin++ * infer->bin_ns, end = start + infer->bin_ns;
        uint64_t low = start > stretch->from_ns ? start : stretch->from_ns;
        uint64_t high = end < stretch->to_ns ? end : stretch->to_ns;
        if (high > low) {
            *part_ns = high - low;
            return bin;
        }
    }
    return NULL;
}

static uint64_t share(uint64_t whole, uint64_t part_ns, const struct stretch *stretch)
{
    return (uint64_t)((double)whole * (double)part_ns / (double)(stretch->to_ns - stretch->from_ns));
}

void infer_resources_process_cpu(struct event *event, uint64_t cpu_ns)
{
    struct infer *infer = event->infer;
    struct process_state *process = event->process;
    uint64_t from_ns = process->last_cpu_at_ns, to_ns = event->end_ns;
    if (cpu_ns > process->last_cpu_ns && to_ns > from_ns) {
        uint64_t cpu = cpu_ns - process->last_cpu_ns;
        struct stretch stretch = stretch_of(infer, from_ns, to_ns);
        uint64_t part_ns;
        for (struct bin *bin; (bin = next_part(infer, &stretch, &part_ns));)
            bin->cpu_ns += share(cpu, part_ns, &stretch);
    }
    process->last_cpu_ns = cpu_ns > process->last_cpu_ns ? cpu_ns : process->last_cpu_ns;
    process->last_cpu_at_ns = to_ns;
}

/* What a live process has changes who has the most only if it is the first, or becomes it. */
static void memory_is(struct infer *infer, struct process_state *process, uint64_t rss, uint64_t file)
{
    struct largest_memory *largest = &infer->largest;
    if (process->alive) {
        if ((process == largest->process && rss < largest->rss) ||
            (process->last_file == largest->shared && file < largest->shared))
            largest->known = false;
        if (rss > largest->rss ||
            (rss == largest->rss && largest->process && process->alive_at < largest->process->alive_at)) {
            largest->process = process;
            largest->rss = rss;
        }
        largest->shared = file > largest->shared ? file : largest->shared;
    }
    process->sampled = true;
    process->last_rss = rss;
    process->last_file = file;
}

/* The largest shared part and the first of the largest processes. */
uint64_t infer_resources_largest(struct infer *infer, uint32_t *largest_process)
{
    struct largest_memory *largest = &infer->largest;
    if (!largest->known) {
        *largest = (struct largest_memory){.known = true};
        for (size_t i = 0; i < infer->alive_count; i++) {
            struct process_state *process = infer->alive[i];
            largest->shared = process->last_file > largest->shared ? process->last_file : largest->shared;
            if (process->sampled && process->last_rss > largest->rss) {
                largest->rss = process->last_rss;
                largest->process = process;
            }
        }
    }
    if (largest->process)
        *largest_process = largest->process->index;
    return largest->shared;
}

/* What the largest process's memory is made of; without the heap's part where its allocator was not seen. */
struct memory_composition infer_resources_composition(const struct process_state *process)
{
    return (struct memory_composition){
        .rss_bytes = process->last_rss,
        .heap_bytes = process->heap_known ? process->last_heap : UNKNOWN,
        .file_bytes = process->last_file,
        .own_bytes = process->last_own,
        .anonymous_bytes = process->mapped_bytes[MEMORY_ANONYMOUS],
    };
}

/* The sum over live processes changed. */
static void tree_changed(struct infer *infer, uint64_t time_ns)
{
    struct run *run = infer->run;
    uint32_t largest_process = NO_ID;
    uint64_t sum = infer->tree_private + infer_resources_largest(infer, &largest_process);
    if (infer->tree_rss && time_ns > infer->tree_at_ns) {
        infer->rss_integral += (double)infer->tree_rss * (double)(time_ns - infer->tree_at_ns);
        infer->rss_time += (double)(time_ns - infer->tree_at_ns);
    }
    infer->tree_at_ns = time_ns;
    infer->tree_rss = sum;
    if (largest_process == NO_ID)
        return;
    struct bin *bin = bin_at(infer, time_ns);
    bin->rss = higher(bin->rss, sum);
    bin->heap = higher(bin->heap, infer->tree_heap);
    if (bin->rss == sum)
        bin->file = sum - infer->tree_private;
    if (run->peak_rss_bytes == UNKNOWN || sum > run->peak_rss_bytes) {
        run->peak_rss_bytes = sum;
        run->peak_is_tree = infer->tree_private > infer->processes[largest_process]->last_anon;
        run->peak_rss_ns = time_ns;
        run->peak_process = largest_process;
        run->peak_composition = infer_resources_composition(infer->processes[largest_process]);
    }
}

void infer_resources_process_began(struct infer *infer, struct process_state *process)
{
    process->alive = true;
    process->alive_at = (uint32_t)infer->alive_count;
    *MEMORY_APPEND(infer, alive) = process;
    infer->largest.known = false;
    process->last_threads = 1;
    infer->tree_threads++;
}

void infer_resources_process_gone(struct infer *infer, struct process_state *process, uint64_t time_ns)
{
    if (!process->alive)
        return;
    process->alive = false;
    infer->largest.known = false;
    infer->alive[process->alive_at] = infer->alive[--infer->alive_count];
    infer->alive[process->alive_at]->alive_at = process->alive_at;
    infer->tree_private -= process->last_anon;
    infer->tree_heap -= process->last_heap;
    infer->tree_threads -= process->last_threads;
    tree_changed(infer, time_ns);
}

/* The kernel's own counters: all that the process read and wrote, whoever saw it. */
static void io_and_threads(struct event *event)
{
    const struct trace_sample *sample = &event->record->sample;
    struct process_state *process = event->process;
    struct bin *bin = bin_at(event->infer, event->end_ns);
    if (sample->rchar != TRACE_UNKNOWN && sample->wchar != TRACE_UNKNOWN) {
        uint64_t bytes = sample->rchar + sample->wchar;
        if (process->last_io_bytes != UNKNOWN && bytes >= process->last_io_bytes)
            add_io(bin, bytes - process->last_io_bytes);
        process->last_io_bytes = bytes;
    }
    if (sample->threads != TRACE_UNKNOWN && process->alive) {
        event->infer->tree_threads += sample->threads - process->last_threads;
        process->last_threads = sample->threads;
        bin->threads = higher(bin->threads, event->infer->tree_threads);
    }
}

/* Any process may have read the machine's counter last: it is the same for all. */
static void machine_idle(struct event *event, uint64_t idle_ns)
{
    struct infer *infer = event->infer;
    uint64_t from_ns = infer->machine_at_ns, to_ns = event->end_ns;
    if (idle_ns == TRACE_UNKNOWN || to_ns <= from_ns)
        return;
    if (from_ns && idle_ns >= infer->machine_idle_ns) {
        uint64_t idle = idle_ns - infer->machine_idle_ns, part_ns;
        struct stretch stretch = stretch_of(infer, from_ns, to_ns);
        for (struct bin *bin; (bin = next_part(infer, &stretch, &part_ns));) {
            bin->idle_ns += share(idle, part_ns, &stretch);
            bin->idle_known_ns += part_ns;
        }
    }
    infer->machine_idle_ns = idle_ns;
    infer->machine_at_ns = to_ns;
}

void infer_sample_record(struct event *event)
{
    const struct trace_sample *sample = &event->record->sample;
    struct process_state *process = event->process;
    infer_resources_process_cpu(event, sample->cpu_user_ns + sample->cpu_system_ns);
    machine_idle(event, sample->machine_idle_ns);
    if (sample->io_ops >= process->last_io_ops)
        bin_at(event->infer, event->end_ns)->ops += sample->io_ops - process->last_io_ops;
    process->last_io_ops = sample->io_ops;
    io_and_threads(event);
    if (sample->rss_bytes == TRACE_UNKNOWN || process->is_imgbench)
        return;
    uint64_t shared = sample->shared_bytes < sample->rss_bytes ? sample->shared_bytes : sample->rss_bytes;
    uint64_t anon = sample->rss_bytes - shared;
    anon -= sample->own_bytes < anon ? sample->own_bytes : anon; /* our own pages are not the program's */
    uint64_t heap = sample->heap_live_bytes > 0 ? (uint64_t)sample->heap_live_bytes : 0;
    if (process->alive) {
        event->infer->tree_private += anon - process->last_anon;
        event->infer->tree_heap += heap - process->last_heap;
    }
    memory_is(event->infer, process, anon + shared, shared);
    process->last_own = sample->own_bytes;
    process->last_anon = anon;
    process->last_heap = heap;
    tree_changed(event->infer, event->end_ns);
}

void infer_heap_record(struct event *event)
{
    const struct trace_heap *heap = &event->record->heap;
    struct process_state *process = event->process;
    uint64_t window = heap->window_peak_bytes > 0 ? (uint64_t)heap->window_peak_bytes : 0;
    process->live_heap = heap->live_bytes > 0 ? (uint64_t)heap->live_bytes : 0;
    /* A process that is killed has no other source; one that ends says it once more. */
    if (process->heap_known && heap->peak_bytes > 0)
        event->model->heap_peak_bytes = (uint64_t)heap->peak_bytes;
    if (process->heap_known && !event->model->ended) {
        event->model->alloc_calls = heap->alloc_calls;
        event->model->free_calls = heap->free_calls;
    }
    for (unsigned i = process->active_count; i-- > 0;) {
        struct job *job = process->active[i];
        if (job->heap_done)
            continue;
        if (!job->heap_seen) { /* the window that ends here began before the image */
            job->heap_seen = true;
            window = process->live_heap;
            if (window < job->heap_start)
                job->heap_start = window;
        }
        if (window > job->heap_peak)
            job->heap_peak = window;
        job->heap_done = job->output_closed; /* the window that ended with its last close was its last */
        if (job->heap_done && !(process->serving && job->readings))
            infer_job_settle(process, job);
    }
}

static double machine_idle_of(const struct bin *bin, uint32_t cpus)
{
    if (!bin->idle_known_ns)
        return (double)NAN;
    double idle =
        (double)bin->idle_ns / (double)bin->idle_known_ns; /* counted in steps: it may be a little above all */
    return cpus && idle > cpus ? cpus : idle;
}

void infer_resources_measured(struct infer *infer, uint64_t time_ns, uint64_t bytes)
{
    struct bin *bin = bin_at(infer, time_ns);
    bin->measured = higher(bin->measured, bytes);
}

/* Of a window. Where the run's peak is a measured one, all counts as it was measured; else both are what was seen. */
static uint64_t rss_of(const struct run *run, const struct bin *bin)
{
    return run->peak_is_measured ? bin->measured : higher(bin->rss, bin->measured);
}

void infer_resources_finish(struct infer *infer)
{
    struct run *run = infer->run;
    run->avg_rss_bytes = infer->rss_time > 0 ? infer->rss_integral / infer->rss_time : (double)NAN;
    infer_tree_finish(infer);
    for (uint32_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (process->vm_hwm_bytes == UNKNOWN || infer->processes[i]->is_imgbench ||
            (run->peak_rss_bytes != UNKNOWN && process->vm_hwm_bytes <= run->peak_rss_bytes))
            continue;
        run->peak_rss_bytes = process->vm_hwm_bytes; /* between samples: the kernel's own mark knows */
        run->peak_is_tree = run->peak_is_measured = false;
        run->peak_rss_ns = UNKNOWN;
        run->peak_process = i;
    }
    run->samples = memory_zeroed(infer->bins_count, sizeof *run->samples);
    uint64_t rss = UNKNOWN, file = UNKNOWN, heap = UNKNOWN, threads = UNKNOWN;
    for (size_t i = 0; i < infer->bins_count; i++) {
        const struct bin *bin = &infer->bins[i];
        uint64_t start = infer->bins_from_ns + i * infer->bin_ns, end = start + infer->bin_ns;
        if (start >= run->end_ns)
            break;
        if (end > run->end_ns)
            end = run->end_ns;
        file = bin->rss == UNKNOWN ? file : bin->file;
        rss = rss_of(run, bin) == UNKNOWN ? rss : rss_of(run, bin);
        heap = bin->heap == UNKNOWN ? heap : bin->heap;
        threads = bin->threads == UNKNOWN ? threads : bin->threads;
        run->samples[run->sample_count++] = (struct resource_sample){
            .time_ns = end,
            .cpu_ratio = (double)bin->cpu_ns / ((double)(end - start) * run->host.usable_cpus),
            .machine_idle_cpus = machine_idle_of(bin, run->host.cpus),
            .rss_bytes = rss,
            .heap_bytes = heap,
            .io_ops = bin->ops,
            .io_bytes = bin->io_bytes,
            .threads = threads,
            .file_bytes = file != UNKNOWN && rss < file ? rss : file,
        };
    }
    free(infer->bins);
}
