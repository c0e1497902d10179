/* SPDX-License-Identifier: MIT
 * Owns: codec sessions: which job each call belongs to, what stage it counts for, the settings it used.
 * Must not know: figures, formatting. */
#include "analyzer/infer_state.h"

#include <stddef.h>
#include <string.h>

struct session *infer_session(struct process_state *process, uint32_t number)
{
    struct session *session = id_map_get(&process->sessions, number);
    if (!session && number) {
        session = memory_zeroed(1, sizeof *session);
        session->number = number;
        id_map_put(&process->sessions, number, session);
    }
    return session;
}

/* The job of a call, by the strongest rule that applies. pixels or coded bytes lie at source. */
static struct job *job_of(struct event *event, struct session *session, unsigned role, uint64_t source,
                          uint64_t source_bytes)
{
    struct process_state *process = event->process;
    bool reads_file = role == trace_role_HEADER || role == trace_role_DECODE;
    if (session->job)
        return session->job;
    struct job *job = reads_file ? infer_job_of_buffer(process, source, source_bytes, offsetof(struct job, source))
                                 : infer_job_of_buffer(process, source, source_bytes, offsetof(struct job, pixels));
    session->rule = LINK_BUFFER;
    if (!job) {
        session->rule = LINK_ADJACENCY;
        job = infer_job_adjacent(event);
        /* A decoder that no file was read for, after the image is complete: an image from memory. */
        if (job && reads_file && job->output_closed)
            job = NULL;
    }
    if (job && job->output_closed && (role == trace_role_ENCODE || role == trace_role_TRANSFORM))
        job = infer_job_again(event, job);
    if (!job) {
        session->rule = LINK_NONE;
        job = infer_job_new(event, event->start_ns);
    }
    session->job = job;
    return job;
}

/* An output whose head came while the call was running: now it is known whose it is. */
static void settle_output(struct event *event, struct session *session)
{
    if (!session->waiting_output || !session->job)
        return;
    struct description *d = infer_description(event->process, session->waiting_output);
    session->waiting_output = 0;
    if (!d)
        return;
    session->job->writer = session;
    infer_add_output(event, session->job, d, &session->waiting_facts, LINK_NESTING);
}

static void encodes(struct job *job, struct session *session)
{
    if (!session->counted)
        job->attempts++;
    session->counted = true;
    job->encode_seen = true;
    job->encoder = session;
    job->rule = session->rule ? session->rule : job->rule;
}

/* Takes the stage of a call's own time; DESTROY counts as cleanup only once the output is done. */
static void stage_time(struct job *job, unsigned role, uint64_t ns)
{
    switch (role) {
    case trace_role_HEADER: job->stage_ns[STAGE_VALIDATION] += ns; break;
    case trace_role_DECODE: job->stage_ns[STAGE_DECODE] += ns; break;
    case trace_role_TRANSFORM: job->stage_ns[STAGE_TRANSFORM] += ns; break;
    case trace_role_ENCODE:
    case trace_role_MUX: job->stage_ns[STAGE_ENCODE] += ns; break;
    case trace_role_DESTROY: *(job->write_seen ? &job->stage_ns[STAGE_CLEANUP] : &job->other_ns) += ns; break;
    default: job->other_ns += ns; break;
    }
}

static void seen(struct job *job, struct session *session, unsigned role)
{
    switch (role) {
    case trace_role_HEADER: job->header_seen = true; break;
    case trace_role_DECODE: job->decode_seen = true; break;
    case trace_role_TRANSFORM: job->transform_seen = true; break;
    case trace_role_ENCODE: encodes(job, session); break;
    default: break;
    }
    if (session->codec == trace_codec_PALETTE)
        job->palette = session;
}

static void codec_record(struct event *event)
{
    const struct trace_codec_call *call = &event->record->codec_call;
    struct session *session = infer_session(event->process, call->session);
    if (!session)
        return;
    session->codec = call->codec;
    if (call->role == trace_role_SETUP) {
        if (call->source && call->codec != trace_codec_NONE && !session->job) {
            session->job =
                infer_job_of_buffer(event->process, call->source, call->source_bytes, offsetof(struct job, source));
            session->rule = session->job ? LINK_BUFFER : LINK_NONE;
        }
        if (session->codec == trace_codec_PALETTE && !session->job)
            session->job = infer_job_adjacent(event);
        if (session->codec == trace_codec_PALETTE && session->job)
            session->job->palette = session;
        return;
    }
    if (call->role == trace_role_DESTROY && !session->job)
        return;
    struct job *job = job_of(event, session, call->role, call->source, call->source_bytes);
    enum gap before = infer_job_phase(job);
    settle_output(event, session); /* first: the open of that output may lie in the gap before this call */
    if (before == GAP_TAIL && (call->role == trace_role_ENCODE || call->role == trace_role_MUX))
        infer_job_goes_on(event, job, GAP_ENCODING, event->start_ns);
    else if (before != GAP_TAIL && call->depth == 0)
        infer_time_lead(event->thread, job, before, event->start_ns);
    if (call->depth == 0) {
        uint64_t own = call->duration_ns > call->io_ns ? call->duration_ns - call->io_ns : 0;
        uint64_t twice = infer_time_codec(event, job, call->io_ns);
        stage_time(job, call->role, own > twice ? own - twice : 0);
    } else {
        infer_job_touch(event, job);
    }
    seen(job, session, call->role);
    if (call->role == trace_role_DECODE || call->role == trace_role_TRANSFORM)
        infer_range_add(&job->pixels, call->target, call->target_bytes);
    if (call->role == trace_role_ENCODE || call->role == trace_role_MUX)
        infer_range_add(&job->coded, call->target, call->target_bytes);
    if (call->role >= trace_role_HEADER && call->role <= trace_role_MUX)
        job->failed = call->outcome == trace_outcome_FAILED || call->outcome == trace_outcome_UNWOUND;
}

static void rows_record(struct event *event)
{
    const struct trace_rows *rows = &event->record->rows;
    struct session *session = infer_session(event->process, rows->session);
    if (!session)
        return;
    session->codec = rows->codec;
    bool decoding = rows->role == trace_role_DECODE;
    struct job *job = job_of(event, session, rows->role, decoding ? 0 : rows->buffer, 1);
    enum gap gap = infer_job_phase(job);
    if (decoding && (gap == GAP_BEFORE_READ || gap == GAP_BEFORE_CODEC)) {
        /* The calls began a while ago: what was taken for preparation since the last reading went on between them. */
        for (unsigned i = 0; i < event->thread->pending_count; i++)
            if (event->thread->pending[i].job == job && event->thread->pending[i].gap == gap)
                event->thread->pending[i].gap = GAP_DECODED;
        gap = GAP_DECODED;
    }
    if (!decoding) {
        infer_job_goes_on(event, job, GAP_ENCODING, event->thread->last_ns);
        gap = GAP_ENCODING;
    } else if (gap == GAP_TAIL) {
        gap = job->encode_seen ? GAP_ENCODING : GAP_DECODED;
    }
    settle_output(event, session);
    if (rows->depth == 0) {
        infer_time_rows(event, job, rows->duration_ns, rows->io_ns, gap);
        stage_time(job, rows->role, rows->duration_ns > rows->io_ns ? rows->duration_ns - rows->io_ns : 0);
        if (rows->first_ns < job->start_ns)
            job->start_ns = rows->first_ns;
    }
    seen(job, session, rows->role);
    if (decoding)
        infer_range_add(&job->pixels, rows->buffer, 1);
}

/* A session of no image (an encoder of libheif, the threads of libjxl) lends what was set on it by then. */
static void lend_settings(struct session *session, const struct session *source)
{
    for (int key = 1; key < SETTING_COUNT; key++)
        if (source->known[key]) {
            session->known[key] = true;
            session->value[key] = source->value[key];
        }
}

static void link_record(struct event *event)
{
    const struct trace_session_link *link = &event->record->session_link;
    struct session *session = infer_session(event->process, link->session);
    struct description *d = infer_description(event->process, link->file);
    struct session *source = infer_session(event->process, link->source_session);
    if (!session)
        return;
    if (source && source->job) {
        session->job = source->job;
        session->rule = LINK_PATH;
    } else if (source) {
        lend_settings(session, source);
    }
    if (!d)
        return;
    if (d->in_job && !session->job && link->direction != trace_direction_OUT) {
        session->job = d->in_job;
        session->rule = LINK_PATH;
    } else if (link->direction != trace_direction_IN) {
        d->link_session = link->session;
    }
}

static void setting_record(const struct event *event)
{
    const struct trace_codec_setting *setting = &event->record->codec_setting;
    struct session *session = infer_session(event->process, setting->session);
    if (!session || setting->key >= SETTING_COUNT)
        return;
    session->codec = setting->codec ? setting->codec : session->codec;
    session->known[setting->key] = true;
    session->value[setting->key] = setting->value;
}

static void quantization_record(const struct event *event)
{
    const struct trace_quantization *table = &event->record->quantization;
    struct session *session = infer_session(event->process, table->session);
    if (!session || table->slot > 1 || table->values.bytes != sizeof session->tables[0])
        return;
    memcpy(session->tables[table->slot], table->values.data, sizeof session->tables[0]);
    session->has_table[table->slot] = true;
}

void infer_session_record(struct event *event)
{
    switch (event->record->kind) {
    case TRACE_KIND_codec_call: codec_record(event); break;
    case TRACE_KIND_rows: rows_record(event); break;
    case TRACE_KIND_session_link: link_record(event); break;
    case TRACE_KIND_codec_setting: setting_record(event); break;
    case TRACE_KIND_quantization: quantization_record(event); break;
    default: break;
    }
}
