/* SPDX-License-Identifier: MIT
 * Owns: the large blocks of a process that are live, by address, and what they add up to for the jobs that own them.
 * Must not know: what made the peak (sites.c), resident memory (resources.c). */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/parts/sites.h"
#include "analyzer/infer/state/state.h"

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

void infer_block_record(struct event *event)
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
