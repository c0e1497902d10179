/* SPDX-License-Identifier: MIT
 * Owns: jobs, the images in the making: making them, finding the one that work belongs to, their phases.
 * Must not know: records' fields, figures. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

void infer_range_add(struct ranges *ranges, uint64_t address, uint64_t bytes, uint64_t ns)
{
    if (ranges && address)
        ranges->at[ranges->next++ % BUFFERS] = (struct range){address, bytes ? bytes : 1, ns};
}

/* When the last of them that overlaps was filled, or 0. Overlap, not containment: a tool may have read the file's first
 * bytes elsewhere, or skip a header. */
static uint64_t filled_ns(const struct ranges *ranges, uint64_t address, uint64_t bytes)
{
    uint64_t last_ns = 0;
    for (unsigned i = 0; address && i < BUFFERS; i++) {
        const struct range *at = &ranges->at[i];
        if (at->address && address < at->address + at->bytes && at->address < address + bytes && at->ns >= last_ns)
            last_ns = at->ns;
    }
    return last_ns;
}

bool infer_range_known(const struct ranges *ranges, uint64_t address, uint64_t bytes)
{
    return ranges && filled_ns(ranges, address, bytes ? bytes : 1) > 0;
}

struct ranges *infer_job_ranges(struct job *job, enum buffer_use use)
{
    return job->workbench ? &job->workbench->ranges[use] : NULL;
}

struct job *infer_job_new(struct event *event, uint64_t start_ns)
{
    struct job *job = memory_zeroed(1, sizeof *job);
    struct process_state *process = event->process;
    job->process = process->index;
    job->tid = event->thread->tid;
    job->start_ns = job->end_ns = start_ns;
    job->first_read_ns = UNKNOWN;
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        job->phase_ns[stage] = UNKNOWN;
    job->heap_start = process->live_heap;
    job->heap_known = process->heap_known;
    job->helper_start_ns = job->helper_end_ns = process->helper_cpu_ns;
    job->next = process->jobs;
    process->jobs = job;
    process->jobs_count++;
    event->thread->owner = true;
    job->workbench = memory_zeroed(1, sizeof *job->workbench);
    if (process->active_count == ACTIVE)
        infer_job_settle(process, process->active[0]);
    process->active[process->active_count++] = job;
    return job;
}

void infer_job_free(struct job *job)
{
    free(job->inputs);
    free(job->outputs);
    free(job->workbench);
    free(job->memory);
    free(job);
}

void infer_job_enters(struct job *job, enum stage stage, uint64_t ns)
{
    if (ns < job->phase_ns[stage])
        job->phase_ns[stage] = ns;
}

struct job *infer_job_again(struct event *event, struct job *first)
{
    struct job *job = infer_job_new(event, event->start_ns);
    for (size_t i = 0; i < first->inputs_count; i++)
        infer_job_add(&job->inputs, &job->inputs_count, &job->inputs_capacity, first->inputs[i]);
    job->again_of = first;
    job->packer = first->next_packer;
    first->next_packer = NULL;
    /* Reading and decoding happened once and count with the first image. */
    job->read_seen = first->read_seen;
    job->decode_seen = first->decode_seen;
    job->decoder = first->decoder;
    job->decoder_decoded = first->decoder_decoded;
    if (first->workbench) {
        job->workbench->ranges[BUFFER_PIXELS] = first->workbench->ranges[BUFFER_PIXELS];
        job->workbench->ranges[BUFFER_SOURCE] = first->workbench->ranges[BUFFER_SOURCE];
    }
    return job;
}

struct job *infer_job_now(struct job *job)
{
    while (job && job->merged_into)
        job = job->merged_into;
    return job;
}

uint32_t infer_job_read_with(const struct run *run, const struct job *job)
{
    if (job->read_ops || job->stage_ns[STAGE_IMAGE_READ] || job->stage_ns[STAGE_DECODE])
        return NO_ID;
    /* Merged jobs may lead back to where one was: an earlier start leads on. */
    const struct job *at = job, *first = infer_job_now(job->again_of);
    while (first && !first->image_place && first->start_ns < at->start_ns) {
        at = first;
        first = infer_job_now(first->again_of);
    }
    uint32_t place = first ? first->image_place : 0;
    if (!place || first == job || place > run->image_count)
        return NO_ID;
    return run->images[place - 1].read_with == NO_ID ? place - 1 : run->images[place - 1].read_with;
}

/* Times, counts and what was seen; the job keeps its own input, output and thread. */
void infer_job_merge(struct process_state *process, struct job *part, struct job *job)
{
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        job->stage_ns[stage] += part->stage_ns[stage];
        infer_job_enters(job, (enum stage)stage, part->phase_ns[stage]);
    }
    for (int gap = 0; gap < GAP_COUNT; gap++)
        job->gap_ns[gap] += part->gap_ns[gap];
    job->other_ns += part->other_ns;
    job->pipeline_ns += part->pipeline_ns;
    job->cpu_ns += part->cpu_ns;
    job->attempts += part->attempts;
    job->read_ops += part->read_ops;
    job->image_read_bytes += part->image_read_bytes;
    job->write_ops += part->write_ops;
    job->write_bytes += part->write_bytes;
    job->small_ops += part->small_ops;
    if (part->start_ns < job->start_ns)
        job->heap_start = part->heap_start;
    if (job->heap_peak < part->heap_peak)
        job->heap_peak = part->heap_peak;
    if (job->helper_start_ns > part->helper_start_ns)
        job->helper_start_ns = part->helper_start_ns;
    if (job->helper_end_ns < part->helper_end_ns)
        job->helper_end_ns = part->helper_end_ns;
    job->blocks_live += part->blocks_live;
    if (job->blocks_peak < part->blocks_peak)
        job->blocks_peak = part->blocks_peak;
    job->header_seen |= part->header_seen;
    job->decode_seen |= part->decode_seen;
    job->transform_seen |= part->transform_seen;
    job->encode_seen |= part->encode_seen;
    job->pipeline_seen |= part->pipeline_seen;
    job->encoder_seen |= part->encoder_seen;
    job->failed |= part->failed;
    job->encoder = part->encoder ? part->encoder : job->encoder;
    job->palette = part->palette ? part->palette : job->palette;
    job->container = part->container ? part->container : job->container;
    job->decoder = job->decoder ? job->decoder : part->decoder;
    if (job->workbench && part->workbench) {
        job->workbench->ranges[BUFFER_CODED] = part->workbench->ranges[BUFFER_CODED];
        job->workbench->ranges[BUFFER_PIXELS] = part->workbench->ranges[BUFFER_PIXELS];
    }
    job->end_ns = part->end_ns > job->end_ns ? part->end_ns : job->end_ns;
    part->merged_into = job;
    process->merged = true;
    for (size_t i = 0; i < process->threads_count; i++) {
        struct timeline *thread = &process->threads[i];
        thread->current = infer_job_now(thread->current);
        thread->loaded = infer_job_now(thread->loaded);
        thread->last_job = infer_job_now(thread->last_job);
        thread->call_job = infer_job_now(thread->call_job);
        for (unsigned k = 0; k < thread->pending_count; k++)
            thread->pending[k].job = infer_job_now(thread->pending[k].job);
    }
    process->latest = infer_job_now(process->latest);
    infer_job_settle(process, part);
}

/* The only image that libvips has loaded and not written yet. Its workers come from a pool: what they did for the image
 * before may be written late, and what they do now is for the thread that waits. */
static struct job *job_being_saved(const struct process_state *process)
{
    struct job *found = NULL;
    for (unsigned i = 0; i < process->active_count; i++) {
        struct job *job = process->active[i];
        if (!job->loader_tid || job->output_closed)
            continue;
        if (found)
            return NULL;
        found = job;
    }
    return found;
}

struct job *infer_job_adjacent(const struct event *event)
{
    const struct process_state *process = event->process;
    struct job *current = event->thread->current;
    if (current && (!current->output_closed || event->thread->owner))
        return current;
    struct job *saved = current ? job_being_saved(process) : NULL;
    return saved ? saved : process->latest;
}

struct job *infer_job_of_buffer(const struct process_state *process, uint64_t address, uint64_t bytes,
                                enum buffer_use use)
{
    struct job *found = NULL;
    uint64_t last_ns = 0;
    for (unsigned i = process->active_count; i-- > 0;) {
        struct job *job = process->active[i];
        uint64_t ns = job->heap_done ? 0 : filled_ns(&job->workbench->ranges[use], address, bytes ? bytes : 1);
        if (ns > last_ns) {
            last_ns = ns;
            found = job;
        }
    }
    return found;
}

void infer_job_touch(struct event *event, struct job *job)
{
    event->thread->current = job;
    event->process->latest = job;
    job->helper_end_ns = event->process->helper_cpu_ns;
    if (event->end_ns > job->end_ns)
        job->end_ns = event->end_ns;
}

/* Another output of its input may still come soon after, so that it keeps what it knows for a while. */
static void retire(struct process_state *process, struct job *job)
{
    struct job **place = &process->retired[process->retired_next++ % RETIRED];
    if (*place) {
        free((*place)->workbench);
        (*place)->workbench = NULL;
    }
    *place = job;
}

void infer_job_settle(struct process_state *process, struct job *job)
{
    for (unsigned i = 0; i < process->active_count; i++)
        if (process->active[i] == job) {
            memmove(process->active + i, process->active + i + 1,
                    (process->active_count - i - 1) * sizeof *process->active);
            process->active_count--;
            retire(process, job);
            return;
        }
}

enum gap infer_job_phase(const struct job *job)
{
    if (job->write_seen || job->encode_seen)
        return GAP_TAIL;
    if (job->decode_seen)
        return GAP_DECODED;
    return job->read_seen ? GAP_BEFORE_CODEC : GAP_BEFORE_READ;
}

static void tail_becomes(struct timeline *thread, struct job *job, enum gap gap)
{
    job->gap_ns[gap] += job->gap_ns[GAP_TAIL];
    job->gap_ns[GAP_TAIL] = 0;
    for (unsigned i = 0; i < thread->pending_count; i++)
        if (thread->pending[i].job == job && thread->pending[i].gap == GAP_TAIL) {
            uint64_t ns = thread->pending[i].ns;
            thread->pending[i].ns = 0;
            infer_time_gap(thread, job, gap, ns);
        }
}

void infer_job_goes_on(struct event *event, struct job *job, enum gap gap, uint64_t start_ns)
{
    if (infer_job_phase(job) != GAP_TAIL)
        return;
    tail_becomes(event->thread, job, gap);
    infer_time_lead(event->thread, job, gap, start_ns);
}

void infer_job_goes_on_io(struct event *event, struct job *job, bool reads, uint64_t start_ns)
{
    infer_job_goes_on(event, job, reads || !job->encode_seen ? GAP_ENCODING : GAP_BEFORE_WRITE, start_ns);
}

void infer_job_add(uint32_t **list, size_t *count, size_t *capacity, uint32_t id)
{
    for (size_t i = 0; i < *count; i++)
        if ((*list)[i] == id)
            return;
    void *grown = *list;
    memory_grow(&grown, capacity, *count, sizeof **list);
    *list = grown;
    (*list)[(*count)++] = id;
}
