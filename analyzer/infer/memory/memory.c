/* SPDX-License-Identifier: MIT
 * Owns: images that a program hands to a codec or gets from it in memory, without a file, pipe or socket that was seen:
 * what is encrypted on its way, made by the program, or kept by it.
 * Must not know: codecs' calls, figures. */
#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/state/state.h"

static struct memory_images *images_of(struct job *job)
{
    if (!job->memory)
        job->memory = memory_zeroed(1, sizeof *job->memory);
    return job->memory;
}

void infer_memory_head(struct event *event, const struct image_facts *facts)
{
    const struct trace_head *head = &event->record->head;
    struct session *session = infer_session(event->process, head->session);
    if (!session || !session->job)
        return;
    struct memory_images *images = images_of(session->job);
    if (head->direction == trace_direction_OUT) {
        images->out = *facts;
        images->out_bytes = session->target_bytes;
    } else if (!images->in.format) {
        images->in = *facts;
        images->in_bytes = session->source_bytes;
    }
}

uint32_t infer_memory_output(struct infer *infer, struct job *job)
{
    struct memory_images *images = images_of(job);
    if (!images->file) {
        images->file = infer_new_memory(infer, &images->out, images->out_bytes) + 1;
        infer_job_add(&job->outputs, &job->outputs_count, &job->outputs_capacity, images->file - 1);
    }
    return images->file - 1;
}

void infer_memory_settle(struct infer *infer, struct job *job)
{
    const struct memory_images *images = job->memory;
    if (!job->encode_seen || !images)
        return;
    if (!job->inputs_count && images->in.format)
        infer_job_add(&job->inputs, &job->inputs_count, &job->inputs_capacity,
                      infer_new_memory(infer, &images->in, images->in_bytes));
    if (job->outputs_count || !images->out.format)
        return;
    infer_memory_output(infer, job);
    job->rule = job->rule ? job->rule : LINK_BUFFER;
}
