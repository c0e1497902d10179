/* SPDX-License-Identifier: MIT
 * Owns: which of zlib's calls belong to an image: those of a program that codes PNG by itself.
 * Must not know: times, figures.
 *
 * zlib packs and unpacks anything: archives, profiles, what comes over the net. Its calls never begin an image. They
 * join one that is read from or written to PNG by no other codec, tied to it by the addresses of the packed bytes, or,
 * where these were copied, by the thread and the kind of stream: what lies in a PNG has zlib's own header. */
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/images/settings.h"
#include "analyzer/infer/state/state.h"

static bool has_png(const struct infer *infer, const uint32_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (infer->run->files[ids[i]].facts.format == FORMAT_PNG)
            return true;
    return false;
}

bool infer_codes_png(struct event *event, struct session *session, unsigned role, uint64_t buffer, uint64_t bytes,
                     bool at_once)
{
    if (session->job)
        return true;
    bool reads = role == trace_role_DECODE,
         is_stream = at_once || infer_setting_known(session, SETTING_COMPRESSION, NULL);
    if (!reads && role != trace_role_ENCODE)
        return false;
    enum link_rule rule = LINK_BUFFER;
    struct job *job = infer_job_of_buffer(event->process, buffer, bytes, reads ? BUFFER_SOURCE : BUFFER_SINK);
    if (!job && is_stream && !(reads && at_once)) {
        rule = LINK_ADJACENCY;
        job = event->thread->current;
    }
    if (job && job->output_closed && !reads && is_stream)
        job->next_packer = session;
    if (!job || job->output_closed)
        return false;
    const struct session *other = reads ? job->decoder : job->encoder;
    if (other && other->codec != trace_codec_ZLIB)
        return false;
    if (reads ? !has_png(event->infer, job->inputs, job->inputs_count)
              : !has_png(event->infer, job->outputs, job->outputs_count)) {
        if (!reads && is_stream && !job->outputs_count)
            job->packer = session; /* should the output turn out to be PNG */
        return false;
    }
    session->job = job;
    session->rule = rule;
    return true;
}
