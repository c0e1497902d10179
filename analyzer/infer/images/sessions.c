/* SPDX-License-Identifier: MIT
 * Owns: codec sessions: which job each call belongs to, what stage it counts for.
 * Must not know: figures, formatting. */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/parts/outputs.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

struct session *infer_session(struct process_state *process, uint32_t number)
{
    struct session *session = process->session_at;
    if (!session || session->number != number)
        session = id_map_get(&process->sessions, number);
    if (!session && number) {
        session = memory_zeroed(1, sizeof *session);
        session->number = number;
        id_map_put(&process->sessions, number, session);
    }
    if (!session)
        return NULL;
    process->session_at = session;
    if (process->merged)
        session->job = infer_job_now(session->job);
    return session;
}

void infer_session_free(struct session *session)
{
    free(session->settings);
    free(session->waiting_facts);
    free(session);
}

static bool is_as_long(const struct event *event, const struct job *job, uint64_t bytes)
{
    const struct run *run = event->infer->run;
    return job->read_bytes == bytes || (job->inputs_count == 1 && run->files[job->inputs[0]].bytes == bytes);
}

/* The job of a decoder of a buffer that no read is known to have filled: of a file or pipe as long as that, whose
 * pieces were put together; else one of its own. A server may have many copies of an image at once: the answer will
 * tell which one it was. */
static struct job *job_of_memory(struct event *event, struct session *session, uint64_t source, uint64_t bytes)
{
    const struct process_state *process = event->process;
    struct job *maker = infer_job_of_buffer(process, source, bytes, BUFFER_CODED), *found = NULL;
    if (maker && maker->memory && maker->memory->out.format &&
        maker->memory->out_bytes == bytes) { /* another image's result */
        uint32_t file = infer_memory_output(event->infer, maker);
        found = infer_job_new(event, event->start_ns);
        infer_job_add(&found->inputs, &found->inputs_count, &found->inputs_capacity, file);
        session->rule = LINK_BUFFER;
        return found;
    }
    for (unsigned i = 0; !process->serving && i < process->active_count && !(found && !found->loader_tid); i++) {
        struct job *job = process->active[i];
        if (!job->by_socket && is_as_long(event, job, bytes))
            found = job; /* the first that nobody has loaded, else the newest */
    }
    session->rule = found ? LINK_SIZE : LINK_NONE;
    if (found)
        return found;
    found = infer_job_new(event, event->start_ns);
    found->in_memory = true;
    return found;
}

/* libvips loads for one image on one thread. Again on another, or after the encode, is for another image. */
static struct job *job_of_loader(struct event *event, struct job *job)
{
    uint32_t tid = event->thread->tid;
    if (job && job->loader_tid && (job->loader_tid != tid || job->encode_seen))
        job = job->output_closed || job->inputs_count == 0 ? NULL : infer_job_again(event, job);
    return job;
}

static void loaded(struct event *event, struct job *job)
{
    job->loader_tid = event->thread->tid;
    event->thread->loaded = job;
}

/* What a thread saves is what it has loaded. Saved once more it is another output; but who gives the savers options of
 * their own (sharp) loads for each of them, and has made this one of nothing that was seen. */
static struct job *job_to_save(struct event *event, const struct session *session)
{
    struct job *job = event->thread->loaded;
    if (job && !job->pipeline_seen)
        return job;
    return session->has_handle ? infer_job_new(event, event->start_ns) : infer_job_again(event, job);
}

/* The job of a call, by the strongest rule that applies. pixels or coded bytes lie at source. */
static struct job *job_of(struct event *event, struct session *session, unsigned role, uint64_t source,
                          uint64_t source_bytes)
{
    struct process_state *process = event->process;
    bool reads_file = role == trace_role_HEADER || role == trace_role_DECODE;
    bool vips = session->codec == trace_codec_VIPS;
    if (session->job) {
        if (vips && reads_file)
            loaded(event, session->job);
        /* Its first call had no pixels to show; this one does. */
        if (session->rule == LINK_ADJACENCY && role == trace_role_ENCODE &&
            infer_range_known(infer_job_ranges(session->job, BUFFER_PIXELS), source, source_bytes))
            session->rule = LINK_BUFFER;
        return session->job;
    }
    struct job *job = reads_file ? infer_job_of_buffer(process, source, source_bytes, BUFFER_SOURCE)
                                 : infer_job_of_buffer(process, source, source_bytes, BUFFER_PIXELS);
    session->rule = LINK_BUFFER;
    if (job && reads_file && vips && !is_as_long(event, job, source_bytes))
        job = NULL; /* what was read into that memory is gone: libvips is given all of an image */
    /* Copies are made unseen, at addresses of images long written: one that this thread has at hand is likelier. */
    const struct job *at_hand = infer_job_adjacent(event);
    if (job && job->output_closed && (!reads_file || infer_knows_by_address(session->codec)) && at_hand &&
        (at_hand->decode_seen || at_hand->loader_tid) && !at_hand->output_closed)
        job = NULL;
    if (!job && reads_file && source && vips)
        job = job_of_memory(event, session, source, source_bytes);
    if (!job) {
        session->rule = LINK_ADJACENCY;
        job = infer_job_adjacent(event);
        /* What saves is lazy: it makes the image that its thread has loaded. How that is tied, the output will tell. */
        if (vips && role == trace_role_PIPELINE && (event->thread->loaded || session->has_handle)) {
            job = job_to_save(event, session);
            session->rule = LINK_NONE;
        }
        /* A decoder that no file was read for, after the image is complete: an image from memory. */
        if (job && reads_file && (job->output_closed || (vips && job->encode_seen)))
            job = NULL;
    }
    if (vips && reads_file)
        job = job_of_loader(event, job);
    /* A call that lasts from before its output is closed, as libvips' do, is no next image. */
    if (job && job->output_closed && event->start_ns >= job->end_ns &&
        (role == trace_role_ENCODE || role == trace_role_TRANSFORM || role == trace_role_PIPELINE))
        job = infer_job_again(event, job);
    if (!job) {
        session->rule = LINK_NONE;
        job = infer_job_new(event, event->start_ns);
    }
    if (vips && reads_file)
        loaded(event, job);
    session->job = job;
    return job;
}

/* Attempts are outermost calls: a container's counts unless it shows that encoders of other libraries did the work. */
static void encodes(const struct event *event, struct job *job, struct session *session, unsigned depth)
{
    bool container = infer_is_container(session->codec);
    bool others = container && job->encoded_ns > event->start_ns;
    if (!session->counted && depth == 0 && !(others && job->pipeline_seen))
        job->attempts++;
    session->counted = true;
    session->calls_others = session->calls_others || others;
    job->encode_seen = true;
    if (!container)
        job->encoded_ns = event->end_ns;
    /* What a codec asks of another one is its detail. */
    if (job->encoder && !infer_is_container(job->encoder->codec) && depth > job->encoder_depth)
        return;
    job->encoder_depth = depth;
    if (session->rule && (depth == 0 || !job->rule)) /* what encodes inside another's call follows that one */
        job->rule = session->rule;
    if (container)
        job->container = session;
    if (!session->calls_others)
        job->encoder = session;
    job->encoder_seen = job->encoder_seen || !container;
}

/* DESTROY counts as cleanup only once the output is done; before, a session's end belongs to what it did. */
static uint64_t *end_of(struct job *job, const struct session *session)
{
    if (job->write_seen)
        return &job->stage_ns[STAGE_CLEANUP];
    if (session->counted)
        return &job->stage_ns[STAGE_ENCODE];
    return session->decoded ? &job->stage_ns[STAGE_DECODE] : &job->other_ns;
}

/* Takes the stage of a call's own time. */
static void stage_time(struct job *job, const struct session *session, unsigned role, uint64_t ns)
{
    switch (role) {
    case trace_role_HEADER: job->stage_ns[STAGE_VALIDATION] += ns; break;
    case trace_role_DECODE: job->stage_ns[STAGE_DECODE] += ns; break;
    case trace_role_TRANSFORM: job->stage_ns[STAGE_TRANSFORM] += ns; break;
    case trace_role_ENCODE:
    case trace_role_MUX: job->stage_ns[STAGE_ENCODE] += ns; break;
    case trace_role_PIPELINE: job->pipeline_ns += ns; break;
    case trace_role_DESTROY: *end_of(job, session) += ns; break;
    default: job->other_ns += ns; break;
    }
}

/* Frameworks call others to decode. libaom never reads a file by itself. */
static unsigned decoder_rank(unsigned codec)
{
    if (codec == trace_codec_NONE || codec == trace_codec_AOM)
        return 0;
    return infer_is_container(codec) ? 1 : 2;
}

/* The first that decoded, a framework only where nobody inside it did; until then the first that read a header. */
static void note_decoder(struct job *job, struct session *session, bool decodes)
{
    unsigned rank = decoder_rank(session->codec), known = job->decoder ? decoder_rank(job->decoder->codec) : 0;
    if (rank > known || (rank && rank == known && decodes && !job->decoder_decoded)) {
        job->decoder = session;
        job->decoder_decoded = decodes;
    }
}

static void seen(const struct event *event, struct job *job, struct session *session, unsigned role, unsigned depth,
                 uint64_t from_ns)
{
    static const enum stage stage_of[] = {[trace_role_HEADER] = STAGE_VALIDATION,
                                          [trace_role_DECODE] = STAGE_DECODE,
                                          [trace_role_TRANSFORM] = STAGE_TRANSFORM,
                                          [trace_role_ENCODE] = STAGE_ENCODE,
                                          [trace_role_PIPELINE] = STAGE_OPTIMIZATION};
    if (role < sizeof stage_of / sizeof *stage_of && role >= trace_role_HEADER && role != trace_role_MUX &&
        role != trace_role_DESTROY)
        infer_job_enters(job, stage_of[role], from_ns);
    switch (role) {
    case trace_role_HEADER: job->header_seen = true; break;
    case trace_role_DECODE: job->decode_seen = true; break;
    case trace_role_TRANSFORM: job->transform_seen = true; break;
    case trace_role_PIPELINE: job->pipeline_seen = true; /* fall through */
    case trace_role_ENCODE: encodes(event, job, session, depth); break;
    case trace_role_MUX: job->muxer = session; break;
    default: break;
    }
    session->decoded = session->decoded || role == trace_role_DECODE;
    if (session->codec == trace_codec_PALETTE)
        job->palette = session;
}

/* A call that will encode says so before it begins: what happens inside it has an owner. */
static void announced(struct event *event, struct session *session)
{
    const struct trace_codec_call *call = &event->record->codec_call;
    unsigned role = infer_hook_role(event->process, call->hook);
    session->announced = infer_is_container(call->codec) && role == trace_role_ENCODE;
    if (session->announced)
        infer_job_touch(event, job_of(event, session, role, call->source, call->source_bytes));
}

static bool is_graphics(const struct event *event, unsigned hook)
{
    const struct hook_info *info = id_map_get(&event->process->hooks, hook);
    return info && info->graphics;
}

static uint64_t less(uint64_t ns, uint64_t part_ns)
{
    return ns > part_ns ? ns - part_ns : 0;
}

/* An outermost call: what came before it and its own time. */
static void call_time(struct event *event, struct job *job, const struct session *session, enum gap before,
                      bool encodes)
{
    const struct trace_codec_call *call = &event->record->codec_call;
    if (before != GAP_TAIL)
        infer_time_lead(event->thread, job, before, event->start_ns);
    else if (encodes)
        infer_job_goes_on(event, job, GAP_ENCODING, event->start_ns);
    uint64_t own_ns = less(call->duration_ns, call->io_ns + call->inner_ns);
    uint64_t twice_ns = infer_time_codec(event, job, call->io_ns);
    stage_time(job, session, call->role, less(own_ns, twice_ns));
}

/* One inside another's: detail, which a pipeline leaves its part of the time to. The outer's record places it. */
static void inner_time(struct event *event, struct job *job, const struct session *session)
{
    const struct trace_codec_call *call = &event->record->codec_call;
    if (call->inside && call->depth == 0 && call->role != trace_role_PIPELINE)
        stage_time(job, session, call->role, less(call->duration_ns, call->io_ns));
    infer_job_touch(event, job);
}

void infer_codec_record(struct event *event)
{
    const struct trace_codec_call *call = &event->record->codec_call;
    struct session *session = infer_session(event->process, call->session);
    if (!session)
        return;
    session->codec = call->codec;
    session->source_bytes = call->source_bytes;
    session->target_bytes = call->target_bytes;
    session->has_handle = call->handle != 0;
    session->graphics = is_graphics(event, call->hook);
    if (call->role == trace_role_SETUP) {
        announced(event, session);
        if (call->source && call->codec != trace_codec_NONE && !session->job) {
            session->job = infer_job_of_buffer(event->process, call->source, call->source_bytes, BUFFER_SOURCE);
            session->rule = session->job ? LINK_BUFFER : LINK_NONE;
        }
        return;
    }
    if (call->role == trace_role_DESTROY && !session->job)
        return;
    bool reads = call->role == trace_role_DECODE;
    if (call->codec == trace_codec_ZLIB &&
        !infer_codes_png(event, session, call->role, reads ? call->source : call->target,
                         reads ? call->source_bytes : call->target_bytes, true))
        return;
    struct job *job = job_of(event, session, call->role, call->source, call->source_bytes);
    enum gap before = infer_job_phase(job);
    bool encodes = call->role == trace_role_ENCODE || call->role == trace_role_MUX || call->role == trace_role_PIPELINE;
    infer_output_settle(event, session); /* first: the open of that output may lie in the gap before this call */
    if (call->depth == 0 && !call->inside)
        call_time(event, job, session, before, encodes);
    else
        inner_time(event, job, session);
    if (call->inside && call->role == trace_role_PIPELINE)
        return;
    /* Who tries every decoder's look at the header until one succeeds has not decoded with those that failed. */
    bool looks = call->role == trace_role_HEADER && call->outcome != trace_outcome_FAILED;
    if (looks || call->role == trace_role_DECODE)
        note_decoder(job, session, call->role == trace_role_DECODE);
    seen(event, job, session, call->role, call->depth, event->start_ns);
    if (call->role == trace_role_DECODE || call->role == trace_role_TRANSFORM)
        infer_range_add(infer_job_ranges(job, BUFFER_PIXELS), call->target, call->target_bytes, event->end_ns);
    if (encodes)
        infer_range_add(infer_job_ranges(job, BUFFER_CODED), call->target, call->target_bytes, event->end_ns);
    if ((call->role >= trace_role_HEADER && call->role <= trace_role_MUX) || call->role == trace_role_PIPELINE)
        job->failed = call->outcome == trace_outcome_FAILED || call->outcome == trace_outcome_UNWOUND;
}

void infer_rows_record(struct event *event)
{
    const struct trace_rows *rows = &event->record->rows;
    struct session *session = infer_session(event->process, rows->session);
    if (!session)
        return;
    session->codec = rows->codec;
    bool decoding = rows->role == trace_role_DECODE, packs = rows->codec == trace_codec_ZLIB;
    if (packs && !infer_codes_png(event, session, rows->role, rows->buffer, 1, false))
        return;
    struct job *job = job_of(event, session, rows->role, decoding ? 0 : rows->buffer, 1);
    enum gap gap = infer_job_phase(job);
    if (decoding && (gap == GAP_BEFORE_READ || gap == GAP_BEFORE_CODEC)) {
        /* The calls began a while ago: what was taken for preparation since the last reading went on between them. */
        infer_time_regap(event->thread, job, gap, GAP_DECODED, UNKNOWN);
        gap = GAP_DECODED;
    }
    if (!decoding) {
        /* A chunk's length may be written before its rows are told of: what seemed to lie before that write went on
         * between the rows. */
        if (!rows->inside && rows->depth == 0 && rows->first_ns >= event->thread->cpu_at_ns)
            infer_time_regap(event->thread, job, GAP_BEFORE_WRITE, GAP_ENCODING, less(rows->last_ns, rows->first_ns));
        if (!rows->inside && rows->depth == 0)
            infer_job_goes_on(event, job, GAP_ENCODING, event->thread->last_ns);
        gap = GAP_ENCODING;
    } else if (gap == GAP_TAIL) {
        gap = job->encode_seen ? GAP_ENCODING : GAP_DECODED;
    }
    infer_output_settle(event, session);
    if (rows->depth == 0)
        stage_time(job, session, rows->role, less(rows->duration_ns, rows->io_ns));
    if (rows->depth == 0 && rows->inside) {
        infer_job_touch(event, job);
    } else if (rows->depth == 0) {
        infer_time_rows(event, job, rows->first_ns, rows->duration_ns, rows->io_ns, gap);
        if (rows->first_ns < job->start_ns)
            job->start_ns = rows->first_ns;
    }
    if (decoding)
        note_decoder(job, session, true);
    seen(event, job, session, rows->role, rows->depth, rows->first_ns);
    if (decoding && !packs) /* zlib's is that of its input */
        infer_range_add(infer_job_ranges(job, BUFFER_PIXELS), rows->buffer, 1, event->end_ns);
}
