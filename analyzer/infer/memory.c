/* SPDX-License-Identifier: MIT
 * Owns: images that a program hands to a codec or gets from it in memory, without a file, pipe or socket that was seen:
 * what is encrypted on its way, made by the program, or kept by it.
 * Must not know: codecs' calls, figures. */
#include "analyzer/infer/parts.h"

void infer_memory_head(struct event *event, const struct image_facts *facts)
{
    const struct trace_head *head = &event->record->head;
    struct session *session = infer_session(event->process, head->session);
    if (!session || !session->job)
        return;
    if (head->direction == trace_direction_OUT) {
        session->job->memory_out = *facts;
        session->job->memory_out_bytes = session->target_bytes;
    } else if (!session->job->memory_in.format) {
        session->job->memory_in = *facts;
        session->job->memory_in_bytes = session->source_bytes;
    }
}

uint32_t infer_memory_output(struct infer *infer, struct job *job)
{
    if (!job->memory_file) {
        job->memory_file = infer_new_memory(infer, &job->memory_out, job->memory_out_bytes) + 1;
        infer_job_add(&job->outputs, &job->outputs_count, &job->outputs_capacity, job->memory_file - 1);
    }
    return job->memory_file - 1;
}

void infer_memory_settle(struct infer *infer, struct job *job)
{
    if (!job->encode_seen)
        return;
    if (!job->inputs_count && job->memory_in.format)
        infer_job_add(&job->inputs, &job->inputs_count, &job->inputs_capacity,
                      infer_new_memory(infer, &job->memory_in, job->memory_in_bytes));
    if (job->outputs_count || !job->memory_out.format)
        return;
    infer_memory_output(infer, job);
    job->rule = job->rule ? job->rule : LINK_BUFFER;
}
