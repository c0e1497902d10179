/* SPDX-License-Identifier: MIT
 * Owns: resources over time: CPU, memory, heap and I/O of all live processes, in windows; heap and block peaks of jobs.
 * Must not know: files, codecs.
 *
 * Windows of 100 ms from the run's start; when there are too many, neighbours are merged and the windows grow twice as
 * long, so that a week takes no more memory than a minute. A process's CPU between two of its readings is spread evenly
 * over the time between them. Memory of the tree = sum of private pages + the largest shared part (an estimate). */
#include "analyzer/infer/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
            if (bins[i].rss != UNKNOWN && higher(bins[i / 2].rss, bins[i].rss) == bins[i].rss)
                bins[i / 2].file = bins[i].file;
            bins[i / 2].rss = higher(bins[i / 2].rss, bins[i].rss);
            bins[i / 2].heap = higher(bins[i / 2].heap, bins[i].heap);
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
        *MEMORY_APPEND(infer, bins) = (struct bin){0, 0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    return since_ns / infer->bin_ns;
}

static struct bin *bin_at(struct infer *infer, uint64_t time_ns)
{
    size_t bin = bin_of(infer, time_ns); /* may move the windows */
    return &infer->bins[bin];
}

void infer_resources_process_cpu(struct event *event, uint64_t cpu_ns)
{
    struct infer *infer = event->infer;
    struct process_state *process = event->process;
    uint64_t from_ns = process->last_cpu_at_ns, to_ns = event->end_ns;
    if (cpu_ns > process->last_cpu_ns && to_ns > from_ns) {
        uint64_t cpu = cpu_ns - process->last_cpu_ns;
        bin_of(infer, to_ns);
        for (size_t bin = bin_of(infer, from_ns), last = bin_of(infer, to_ns); bin <= last; bin++) {
            uint64_t start = infer->bins_from_ns + bin * infer->bin_ns, end = start + infer->bin_ns;
            uint64_t low = start > from_ns ? start : from_ns, high = end < to_ns ? end : to_ns;
            if (high > low)
                infer->bins[bin].cpu_ns += (uint64_t)((double)cpu * (double)(high - low) / (double)(to_ns - from_ns));
        }
    }
    process->last_cpu_ns = cpu_ns > process->last_cpu_ns ? cpu_ns : process->last_cpu_ns;
    process->last_cpu_at_ns = to_ns;
}

/* The largest shared part and the largest process. Few live at once; only those that never end add up. */
static uint64_t largest_of(const struct infer *infer, uint32_t *largest_process)
{
    uint64_t shared = 0, largest = 0;
    for (size_t i = 0; i < infer->alive_count; i++) {
        const struct process_state *process = infer->alive[i];
        shared = process->last_file > shared ? process->last_file : shared;
        if (process->sampled && process->last_rss > largest) {
            largest = process->last_rss;
            *largest_process = process->index;
        }
    }
    return shared;
}

/* What the largest process's memory is made of; without the heap's part where its allocator was not seen. */
static void compose_peak(struct run *run, const struct process_state *process)
{
    run->peak_composition = (struct memory_composition){
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
    uint64_t sum = infer->tree_private + largest_of(infer, &largest_process);
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
        compose_peak(run, infer->processes[largest_process]);
    }
}

void infer_resources_process_began(struct infer *infer, struct process_state *process)
{
    process->alive = true;
    process->alive_at = (uint32_t)infer->alive_count;
    *MEMORY_APPEND(infer, alive) = process;
    process->last_threads = 1;
    infer->tree_threads++;
}

void infer_resources_process_gone(struct infer *infer, struct process_state *process, uint64_t time_ns)
{
    if (!process->alive)
        return;
    process->alive = false;
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

static void sample_record(struct event *event)
{
    const struct trace_sample *sample = &event->record->sample;
    struct process_state *process = event->process;
    infer_resources_process_cpu(event, sample->cpu_user_ns + sample->cpu_system_ns);
    if (sample->io_ops >= process->last_io_ops)
        bin_at(event->infer, event->end_ns)->ops += sample->io_ops - process->last_io_ops;
    process->last_io_ops = sample->io_ops;
    io_and_threads(event);
    if (sample->rss_bytes == TRACE_UNKNOWN)
        return;
    uint64_t shared = sample->shared_bytes < sample->rss_bytes ? sample->shared_bytes : sample->rss_bytes;
    uint64_t anon = sample->rss_bytes - shared;
    anon -= sample->own_bytes < anon ? sample->own_bytes : anon; /* our own pages are not the program's */
    uint64_t rss = anon + shared;
    process->sampled = true;
    uint64_t heap = sample->heap_live_bytes > 0 ? (uint64_t)sample->heap_live_bytes : 0;
    if (process->alive) {
        event->infer->tree_private += anon - process->last_anon;
        event->infer->tree_heap += heap - process->last_heap;
    }
    process->last_rss = rss;
    process->last_file = shared;
    process->last_own = sample->own_bytes;
    process->last_anon = anon;
    process->last_heap = heap;
    tree_changed(event->infer, event->end_ns);
}

static void heap_record(struct event *event)
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

static size_t place_of(const struct process_state *process, uint64_t address)
{
    size_t at = (size_t)(address * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (process->block_places - 1);
    while (process->blocks[at].address && process->blocks[at].address != address)
        at = (at + 1) & (process->block_places - 1);
    return at;
}

static void grow_blocks(struct process_state *process)
{
    struct block *old = process->blocks;
    size_t places = process->block_places;
    process->block_places = places ? places * 2 : 64;
    process->blocks = memory_zeroed(process->block_places, sizeof *process->blocks);
    for (size_t i = 0; i < places; i++)
        if (old[i].address)
            process->blocks[place_of(process, old[i].address)] = old[i];
    free(old);
}

static void remove_block(struct process_state *process, size_t at)
{
    struct job *job = infer_job_now(process->blocks[at].job);
    if (job)
        job->blocks_live -= process->blocks[at].bytes;
    infer_site_went(process, process->blocks[at].site, process->blocks[at].bytes);
    process->blocks[at].address = 0;
    process->block_count--;
    /* Those behind it may have been pushed on by it. */
    for (size_t next = (at + 1) & (process->block_places - 1); process->blocks[next].address;
         next = (next + 1) & (process->block_places - 1)) {
        struct block moved = process->blocks[next];
        process->blocks[next].address = 0;
        process->blocks[place_of(process, moved.address)] = moved;
    }
}

static void block_record(struct event *event)
{
    const struct trace_block *block = &event->record->block;
    struct process_state *process = event->process;
    if (!block->address)
        return;
    if (!process->block_places || process->block_count * 2 >= process->block_places)
        grow_blocks(process);
    size_t at = place_of(process, block->address);
    if (process->blocks[at].address)
        remove_block(process, at);
    if (block->op != trace_block_op_ALLOCATED)
        return;
    const struct session *session = block->session ? infer_session(process, block->session) : NULL;
    struct job *job = session && session->job ? session->job : event->thread->current;
    at = place_of(process, block->address);
    process->blocks[at] = (struct block){block->address, block->bytes, job, infer_site_came(event, block->bytes, job)};
    process->block_count++;
    if (!job)
        return;
    job->blocks_live += block->bytes;
    if (job->blocks_live > job->blocks_peak)
        job->blocks_peak = job->blocks_live;
}

void infer_resource_record(struct event *event)
{
    switch (event->record->kind) {
    case TRACE_KIND_sample: sample_record(event); break;
    case TRACE_KIND_heap: heap_record(event); break;
    case TRACE_KIND_block: block_record(event); break;
    default: break;
    }
}

void infer_resources_finish(struct infer *infer)
{
    struct run *run = infer->run;
    run->avg_rss_bytes = infer->rss_time > 0 ? infer->rss_integral / infer->rss_time : (double)NAN;
    for (uint32_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (process->vm_hwm_bytes == UNKNOWN ||
            (run->peak_rss_bytes != UNKNOWN && process->vm_hwm_bytes <= run->peak_rss_bytes))
            continue;
        run->peak_rss_bytes = process->vm_hwm_bytes; /* between samples: the kernel's own mark knows */
        run->peak_is_tree = false;
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
        rss = bin->rss == UNKNOWN ? rss : bin->rss;
        heap = bin->heap == UNKNOWN ? heap : bin->heap;
        threads = bin->threads == UNKNOWN ? threads : bin->threads;
        run->samples[run->sample_count++] = (struct resource_sample){
            .time_ns = end,
            .cpu_ratio = (double)bin->cpu_ns / ((double)(end - start) * run->host.usable_cpus),
            .rss_bytes = rss,
            .heap_bytes = heap,
            .io_ops = bin->ops,
            .io_bytes = bin->io_bytes,
            .threads = threads,
            .file_bytes = file,
        };
    }
    free(infer->bins);
}
