/* SPDX-License-Identifier: MIT
 * Owns: which image a written file, pipe or socket is: whose codec wrote it, named it or made what is in it.
 * Must not know: codecs' calls, figures. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/descriptions.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/images.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/outputs.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/streams.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

void infer_add_output(struct event *event, struct job *job, struct description *d, const struct image_facts *facts,
                      enum link_rule rule)
{
    if (d->out_job)
        return;
    /* An output's open is in no stage. One before the image began is not its time at all. */
    if (!d->inherited && d->open_tid == event->thread->tid && job != d->in_job)
        job->other_ns += infer_time_earlier_call(event->thread, job, d->open_start_ns, d->open_ns);
    d->out_job = job;
    d->out_open = true;
    d->out_file = d->stream ? infer_stream_file(event->infer, d, facts, false) : infer_new_file(event->infer, d, facts);
    infer_facts_of_output(event->infer, d);
    infer_job_add(&job->outputs, &job->outputs_count, &job->outputs_capacity, d->out_file);
    job->open_outputs++;
    job->write_seen = true;
    job->output_closed = false;
    infer_stream_began(event, d, false);
    job->output_tied = job->output_tied || rule != LINK_ADJACENCY;
    if (job->rule == LINK_NONE)
        job->rule = rule;
    infer_joins_trial(event, job);
}

/* The job that a thread is at; the event's own where that thread is gone. */
static struct job *job_of_thread(const struct event *event, uint32_t tid)
{
    const struct process_state *process = event->process;
    uintptr_t index = (uintptr_t)id_map_get(&process->live_threads, tid);
    const struct timeline *thread = index ? &process->threads[index - 1] : event->thread;
    struct job *job = thread->loaded ? thread->loaded : thread->current;
    return job ? job : infer_job_adjacent(event);
}

uint64_t infer_head_end(const struct trace_text *head)
{
    uint64_t hash = head->bytes; /* the last bytes: what stands in front of them, headers and tables, may be alike */
    for (size_t i = head->bytes > 64 ? head->bytes - 64 : 0; i < head->bytes; i++)
        hash = hash * UINT64_C(0x100000001b3) + (unsigned char)head->data[i];
    return hash;
}

static enum link_rule rule_of(const struct description *d)
{
    return d->link == LINKED_BY_STREAM || d->link == LINKED_BY_PATH ? LINK_PATH : LINK_NESTING;
}

void infer_output_settle(struct event *event, struct session *session)
{
    if (!session->waiting_output || !session->job)
        return;
    struct description *d = infer_description(event->process, session->waiting_output);
    session->waiting_output = 0;
    if (!d)
        return;
    d->waiting = 0;
    session->job->writer = session;
    infer_add_output(event, session->job, d, session->waiting_facts, rule_of(d));
}

void infer_output_waits_no_more(struct event *event, struct description *d)
{
    struct session *session = d->waiting ? infer_session(event->process, d->waiting) : NULL;
    if (!session || session->waiting_output != d->number)
        return;
    if (!session->job) {
        uint32_t tid = session->tid ? session->tid : d->open_tid;
        struct job *job = job_of_thread(event, tid);
        session->rule = job && job->loader_tid != tid ? LINK_ADJACENCY : LINK_NONE;
        session->job = !job                 ? infer_job_new(event, d->open_start_ns)
                       : job->output_closed ? infer_job_again(event, job)
                                            : job;
    }
    infer_output_settle(event, session);
}

/* An answer on a connection whose request is known: what was done in memory for it was done for that request. */
static struct job *answered(struct event *event, struct description *d, struct job *made, enum link_rule *rule)
{
    struct job *asked = NULL;
    if (!S_ISSOCK(d->mode))
        return made;
    if (made->readings)
        made->readings--;
    if (!made->in_memory || made->inputs_count || made->outputs_count)
        return made;
    if (!infer_stream_answers(event, d, &asked, rule) || !asked || asked == made) {
        *rule = LINK_BUFFER;
        return made;
    }
    if (asked->outputs_count)
        asked = infer_job_again(event, asked);
    infer_job_merge(event->process, made, asked);
    asked->rule = LINK_NONE; /* not the rule that its parts were found by */
    return asked;
}

/* A file that a call wrote, closed and copies elsewhere was only on the way to here: ImageMagick does so for what it
 * cannot seek in. */
void infer_output_intermediate(struct run *run, struct job *job, size_t place)
{
    job->copied_place = 0;
    run->files[job->outputs[place]].role = FILE_ROLE_INTERMEDIATE;
    job->outputs_count--;
    memmove(job->outputs + place, job->outputs + place + 1, (job->outputs_count - place) * sizeof *job->outputs);
    job->output_closed = false;
}

void infer_head_out(struct event *event, struct description *d, const struct image_facts *facts)
{
    struct process_state *process = event->process;
    const struct trace_head *head = &event->record->head;
    if (d->out_job || d->waiting)
        return;
    struct session *linked = infer_session(process, d->link_session), *inner = infer_session(process, head->session);
    struct session *session = linked && (d->link != LINKED_BY_OPEN || !inner) ? linked : inner;
    if (session && !session->job && inner && inner->job)
        session = inner;
    if (session && !session->job && (inner || d->link != LINKED_BY_STREAM)) {
        session->waiting_output = d->number; /* the call that encodes is still running: it will tell whose it is */
        if (!session->waiting_facts)
            session->waiting_facts = memory_zeroed(1, sizeof *session->waiting_facts);
        *session->waiting_facts = *facts;
        d->waiting = session->number;
        return;
    }
    enum link_rule rule = rule_of(d);
    struct job *job = session ? session->job : NULL;
    if (!job && d->named_job) {
        rule = LINK_PATH;
        job = infer_job_now(d->named_job);
    }
    if (!job) {
        rule = LINK_BUFFER;
        job = infer_job_of_buffer(process, head->buffer, 1, BUFFER_CODED);
        if (job)
            job = answered(event, d, job, &rule);
    }
    if (!job && !infer_stream_answers(event, d, &job, &rule)) {
        rule = LINK_ADJACENCY;
        job = infer_job_adjacent(event);
    }
    if (job && job->output_closed && job->copied_place)
        infer_output_intermediate(event->infer->run, job, job->copied_place - 1);
    if (job && job->output_closed)
        job = infer_job_again(event, job);
    if (!job) {
        rule = LINK_NONE; /* made from nothing that was seen */
        job = infer_job_new(event, d->stream ? event->end_ns - d->last_ns : d->open_start_ns);
    }
    enum gap before = infer_job_phase(job);
    if (!session && job->inputs_count == 1 && job->head_end == infer_head_end(&head->data) &&
        (infer_range_known(infer_job_ranges(job, BUFFER_SOURCE), head->buffer, 1) ||
         infer_range_known(infer_job_ranges(job, BUFFER_SOURCE), d->last_buffer, 1))) /* not in stdio's own */
        job->passes_on = true;
    if (session && session->job == job)
        job->writer = session;
    infer_add_output(event, job, d, facts, rule);
    if (head->session) {
        infer_job_touch(event, job);
        return;
    }
    /* The writes so far came before anybody knew whose they were. */
    uint64_t begun_ns = event->end_ns > d->write.ns ? event->end_ns - d->write.ns : 0;
    if (begun_ns < event->thread->last_ns)
        begun_ns = event->thread->last_ns;
    uint64_t calls_ns = event->end_ns > begun_ns ? event->end_ns - begun_ns : 0;
    event->thread->loose_cpu_ns -= calls_ns < event->thread->loose_cpu_ns ? calls_ns : event->thread->loose_cpu_ns;
    if (before == GAP_TAIL)
        infer_job_goes_on_io(event, job, false, begun_ns);
    else
        infer_time_lead(event->thread, job, before, begun_ns);
    infer_time_call(event, job, begun_ns, event->end_ns, calls_ns);
}
