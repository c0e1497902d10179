/* SPDX-License-Identifier: MIT
 * Owns: which image a read file, pipe or socket is: the one that read it before, the codec's that reads it, a new one.
 * Must not know: codecs' calls, figures. */
#include <sys/stat.h>

#include "analyzer/infer/parts/descriptions.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/outputs.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/streams.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

/* The first calls of a description come before its head says that it is an image: its job takes them over. */
static void take_over(struct event *event, struct description *d, struct job *job)
{
    struct timeline *thread = event->thread;
    uint64_t calls_ns = thread->loose_cpu_ns;
    thread->loose_cpu_ns = 0;
    uint64_t from_ns = d->inherited && d->first_read_ns != UNKNOWN ? d->first_read_ns : d->open_end_ns;
    if (from_ns < thread->last_ns)
        from_ns = thread->last_ns; /* another job's events lie in between */
    infer_time_claim(thread, job, GAP_BEFORE_READ, from_ns);
    if (from_ns < thread->cpu_at_ns)
        from_ns = thread->cpu_at_ns; /* what lies before the last reading is settled */
    uint64_t between_ns = event->end_ns > from_ns ? event->end_ns - from_ns : 0;
    thread->io_cpu_ns += calls_ns < between_ns ? calls_ns : between_ns;
    if (!d->inherited && d->open_tid == thread->tid && d->open_start_ns >= thread->cpu_at_ns &&
        d->open_start_ns >= thread->last_ns)
        thread->io_cpu_ns += d->open_ns;
    infer_time_gap(thread, job, GAP_BEFORE_READ, between_ns > calls_ns ? between_ns - calls_ns : 0);
    if (event->end_ns > thread->last_ns)
        thread->last_ns = event->end_ns;
    thread->last_job = job;
    infer_job_touch(event, job);
}

/* A file that is read again: still for the job that read it before. A codec that is told to load it on another thread,
 * or after that job's encode, does so for an image of its own. */
static bool is_same_image(const struct event *event, const struct job *job, const struct session *session,
                          const struct description *d)
{
    if (job->output_closed || infer_stream_done_with(event->process, job, d))
        return false;
    return !session || !session->loads || (job->tid == event->thread->tid && !job->encode_seen);
}

/* What the description has read and will read is for the job. */
static void reads_for(const struct event *event, struct description *d, struct job *job, uint32_t file)
{
    d->in_job = job;
    d->in_file = file;
    infer_stream_began(event, d, true);
    job->read_seen = true;
    for (unsigned i = 0; i < BUFFERS; i++) /* beside those of earlier readings */
        infer_range_add(infer_job_ranges(job, BUFFER_SOURCE), d->buffers.at[i].address, d->buffers.at[i].bytes,
                        d->buffers.at[i].ns);
    if (d->first_read_ns < job->first_read_ns)
        job->first_read_ns = d->first_read_ns;
}

void infer_head_in(struct event *event, struct description *d, const struct image_facts *facts)
{
    struct process_state *process = event->process;
    struct session *session = infer_session(process, event->record->head.session);
    if (d->in_job)
        return;
    uint32_t file = d->stream ? infer_stream_file(event->infer, d, facts, true) : infer_known_file(event->infer, d);
    if (file == NO_ID)
        file = infer_new_file(event->infer, d, facts);
    struct job *job = session ? session->job : NULL;
    for (size_t k = 0; job && session->announced && k < job->outputs_count; k++)
        if (job->outputs[k] == file) { /* it copies what it has written to where it belongs */
            job->copied_place = (uint32_t)k + 1;
            return;
        }
    size_t aside =
        0; /* the place in its outputs where the job put its input aside, to read it from there: none beyond */
    while (job && aside < job->outputs_count && job->outputs[aside] != file)
        aside++;
    bool put_aside = job && aside < job->outputs_count && !job->decode_seen && !job->encode_seen;
    if (put_aside) {
        infer_output_intermediate(event->infer->run, job, aside);
        job->write_seen = false;
        job->aside = file + 1;
    }
    if (put_aside || (job && job->aside == file + 1)) {
        reads_for(event, d, job, file);
        return;
    }
    /* Opened again, as tools do that sniff first: still the same image. */
    for (unsigned i = process->active_count; !job && i-- > 0;)
        for (size_t k = 0; k < process->active[i]->inputs_count; k++)
            if (process->active[i]->inputs[k] == file && is_same_image(event, process->active[i], session, d))
                job = process->active[i];
    /* An encoder that was set up before its input was read. */
    struct job *current = S_ISSOCK(d->mode) ? NULL : event->thread->current;
    if (!job && current && !current->inputs_count && !current->output_closed && !current->in_memory)
        job = current;
    if (!job)
        job = infer_job_new(event, d->inherited && d->first_read_ns != UNKNOWN ? d->first_read_ns : d->open_start_ns);
    if (!job->inputs_count)
        job->head_end = infer_head_end(&event->record->head.data);
    infer_job_add(&job->inputs, &job->inputs_count, &job->inputs_capacity, file);
    reads_for(event, d, job, file);
    if (event->thread->first_image_ns == UNKNOWN)
        event->thread->first_image_ns = d->first_read_ns != UNKNOWN ? d->first_read_ns : event->end_ns;
    if (event->model->first_image_ns == UNKNOWN) {
        event->model->first_image_ns = event->thread->first_image_ns;
        event->model->baseline_rss_bytes = process->last_rss;
    }
    if (session && !session->job) {
        session->job = job;
        session->rule = LINK_NESTING;
    }
    if (!event->record->head.session)
        take_over(event, d, job);
    else
        infer_job_touch(event, job);
}
