/* SPDX-License-Identifier: MIT
 * Owns: jobs to images: which of them are images, their stages, settings, status, chains and file roles.
 * Must not know: records, formatting. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/headers/facts/jpeg_quality.h"
#include "analyzer/infer/parts/images/images.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/images/settings.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/parts/sites.h"
#include "analyzer/infer/parts/threads.h"

static const char *codec_name(const struct session *session)
{
    static const char *const names[] = {[trace_codec_JPEG] = "libjpeg",
                                        [trace_codec_PNG] = "libpng",
                                        [trace_codec_WEBP] = "libwebp",
                                        [trace_codec_AVIF] = "libavif",
                                        [trace_codec_PALETTE] = "libimagequant",
                                        [trace_codec_ZLIB] = "zlib",
                                        [trace_codec_HEIF] = "libheif",
                                        [trace_codec_JXL] = "libjxl",
                                        [trace_codec_TIFF] = "libtiff",
                                        [trace_codec_GIF] = "giflib",
                                        [trace_codec_VIPS] = "libvips",
                                        [trace_codec_MAGICK] = "ImageMagick",
                                        [trace_codec_PIXBUF] = "gdk-pixbuf",
                                        [trace_codec_LIBAV] = "libavcodec",
                                        [trace_codec_AOM] = "libaom"};
    if (session && session->graphics)
        return "GraphicsMagick";
    return session && session->codec < sizeof names / sizeof *names ? names[session->codec] : NULL;
}

static void take_settings(struct image_settings *settings, const struct session *session)
{
    for (unsigned key = 1; session && session->settings_known >> key; key++)
        if (infer_setting_known(session, key, &settings->value[key]))
            settings->known[key] = true;
}

/* The encodes did not pay and were thrown away: the output was written by a session that encoded nothing, or by none
 * and is as long as the input. */
static bool is_copy(const struct run *run, const struct job *job)
{
    if (!job->attempts || job->inputs_count != 1 || job->outputs_count != 1)
        return false;
    const struct image_file *in = &run->files[job->inputs[0]], *out = &run->files[job->outputs[0]];
    if (in->facts.format != out->facts.format)
        return false;
    if (job->writer)
        return !job->writer->counted;
    return !job->output_tied && in->bytes != UNKNOWN && in->bytes == out->bytes;
}

/* The output turned out to be PNG, and nobody but zlib was seen to pack anything before it was written. */
static bool packed(const struct run *run, const struct job *job)
{
    return job->packer && !job->encoder && job->outputs_count && run->files[job->outputs[0]].facts.format == FORMAT_PNG;
}

static void settings_of(const struct run *run, struct image_settings *settings, const struct job *job)
{
    settings->quality_rmse = NAN;
    settings->decoder = codec_name(job->decoder);
    settings->copied = is_copy(run, job);
    if (settings->copied)
        return;
    const struct session *encoder = job->encoder, *palette = job->palette;
    if (job->writer && job->writer->counted && job->writer != job->container)
        encoder = job->writer; /* among several, the one whose result was kept */
    if (!encoder && packed(run, job))
        encoder = job->packer;
    settings->encoder = codec_name(encoder);
    take_settings(settings, job->container);
    if (job->container && job->container->codec == trace_codec_VIPS && job->outputs_count)
        infer_settings_of_vips(settings, run->files[job->outputs[0]].facts.format);
    take_settings(settings, palette);
    if (encoder != job->container)
        take_settings(settings, encoder);
    if (job->stripped && !settings->known[SETTING_METADATA]) {
        settings->known[SETTING_METADATA] = true;
        settings->value[SETTING_METADATA] = 0;
    }
    if (job->muxer && infer_setting_known(job->muxer, SETTING_METADATA, &settings->value[SETTING_METADATA]))
        settings->known[SETTING_METADATA] = true;
    if (palette && palette != encoder) /* how many were allowed, not what it came to */
        settings->known[SETTING_PALETTE_COLOURS] =
            infer_setting_known(palette, SETTING_PALETTE_COLOURS, &settings->value[SETTING_PALETTE_COLOURS]);
    if (palette && palette != encoder) {
        if (!encoder)
            settings->encoder = codec_name(palette);
        else if (encoder->codec == trace_codec_PNG)
            settings->encoder = "libimagequant + libpng";
        settings->scale = settings->known[SETTING_QUALITY] ? "libimagequant" : NULL;
    }
    if (!encoder)
        return;
    if (encoder->codec == trace_codec_WEBP)
        settings->scale = "webp";
    if (encoder->codec == trace_codec_AVIF)
        /* Other coders under libavif are asked for the same range, but in ways of their own. */
        settings->scale = settings->known[SETTING_QUANTIZER] && !settings->known[SETTING_QUALITY] ? "aom" : "libavif";
    if (encoder->codec == trace_codec_HEIF)
        settings->scale = "libheif";
    if (encoder->codec == trace_codec_JXL) {
        settings->scale = "jxl";
        if (settings->known[SETTING_LOSSLESS] && settings->value[SETTING_LOSSLESS] == 1)
            settings->known[SETTING_DISTANCE] = false; /* asked for beside it, by cjxl of every JPEG, and not heeded */
    }
    if (encoder->codec != trace_codec_JPEG)
        return;
    settings->scale = "libjpeg";
    const struct quantization_table *luma = encoder->tables[0], *chroma = encoder->tables[1];
    if (luma && !settings->known[SETTING_LOSSLESS]) {
        double quality = jpeg_quality(luma->values, chroma ? chroma->values : NULL, false, &settings->quality_rmse);
        settings->known[SETTING_QUALITY] = !isnan(quality);
        settings->value[SETTING_QUALITY] = quality;
    }
}

/* Which stage the CPU in the gaps counts for follows from what the job turned out to have. */
static void stages_of(struct image *image, const struct job *job)
{
    bool decodes = job->decode_seen, encodes = job->encode_seen;
    uint64_t inferred[STAGE_COUNT] = {0}, opaque = 0, other = 0;
    inferred[STAGE_VALIDATION] += job->gap_ns[GAP_BEFORE_READ];
    /* Without a decoder the tool's own code reads the pixels; without an encoder it makes the output. */
    if (decodes || job->pipeline_seen)
        inferred[STAGE_VALIDATION] += job->gap_ns[GAP_BEFORE_CODEC];
    else if (encodes)
        inferred[STAGE_DECODE] += job->gap_ns[GAP_BEFORE_CODEC];
    else
        opaque += job->gap_ns[GAP_BEFORE_CODEC];
    *(encodes ? &inferred[STAGE_TRANSFORM] : &inferred[STAGE_ENCODE]) += job->gap_ns[GAP_DECODED];
    if (job->encoder && job->encoder->codec == trace_codec_ZLIB) /* who packs by itself filters rows in between */
        inferred[STAGE_ENCODE] += job->gap_ns[GAP_ENCODING];
    else if (job->pipeline_seen)
        opaque += job->gap_ns[GAP_ENCODING];
    else if (encodes)
        inferred[decodes ? STAGE_TRANSFORM : STAGE_DECODE] += job->gap_ns[GAP_ENCODING];
    else if (decodes)
        inferred[STAGE_ENCODE] += job->gap_ns[GAP_ENCODING];
    else
        opaque += job->gap_ns[GAP_ENCODING];
    other += job->gap_ns[GAP_BEFORE_WRITE];
    if (job->write_seen)
        inferred[STAGE_CLEANUP] += job->gap_ns[GAP_TAIL];
    else
        other += job->gap_ns[GAP_TAIL];

    /* What a pipeline spends outside the codecs that were seen in it is changing pixels, if both of them were seen. */
    bool splits = job->decode_seen && job->encoder_seen;
    inferred[STAGE_IMAGE_READ] += job->copied_ns[false];
    inferred[STAGE_IMAGE_WRITE] += job->copied_ns[true];
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        image->inferred_ns[stage] = inferred[stage];
        image->stage_ns[stage] = job->stage_ns[stage] + inferred[stage];
    }
    if (splits)
        image->stage_ns[STAGE_TRANSFORM] += job->pipeline_ns;
    for (enum stage stage = STAGE_DECODE; stage <= STAGE_ENCODE; stage++) {
        image->stage_ns[STAGE_OPTIMIZATION] += image->stage_ns[stage];
        image->inferred_ns[STAGE_OPTIMIZATION] += image->inferred_ns[stage];
    }
    image->stage_ns[STAGE_OPTIMIZATION] += opaque + (splits ? 0 : job->pipeline_ns);
    image->inferred_ns[STAGE_OPTIMIZATION] += opaque;
    image->unattributed_ns = other + job->other_ns;
    image->busy_ns = image->unattributed_ns;
    static const enum stage parts[] = {STAGE_VALIDATION, STAGE_IMAGE_READ, STAGE_OPTIMIZATION, STAGE_IMAGE_WRITE,
                                       STAGE_CLEANUP};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        image->busy_ns += image->stage_ns[parts[i]];

    image->stage_known[STAGE_VALIDATION] = image->stage_known[STAGE_IMAGE_READ] = job->inputs_count > 0;
    image->stage_known[STAGE_IMAGE_WRITE] = image->stage_known[STAGE_CLEANUP] = job->outputs_count > 0;
    image->stage_known[STAGE_OPTIMIZATION] = true;
    /* Without a decoder it is the time between reading and encoding: of an input that was seen. */
    bool decodes_itself = encodes && !job->pipeline_seen && (job->inputs_count || image->stage_ns[STAGE_DECODE]);
    image->stage_known[STAGE_DECODE] = decodes || decodes_itself;
    image->stage_known[STAGE_ENCODE] =
        (job->pipeline_seen ? job->encoder_seen : encodes || decodes) && !(job->cut_in_encode && !job->attempts);
    image->stage_known[STAGE_TRANSFORM] = job->pipeline_seen ? splits : (decodes && encodes) || job->transform_seen;
}

/* False: the job was no image, only somebody looking at one. */
static bool status_of(const struct infer *infer, const struct job *job, enum image_status *status)
{
    const struct process *process = &infer->run->processes[job->process];
    if (job->merged_into || infer_is_copy(infer, job))
        return false;
    bool killed = infer_is_cut_off(infer, job);
    bool survives = false, failed = job->failed && process->exit_code > 0;
    for (size_t i = 0; i < job->outputs_count; i++)
        survives = survives || infer->run->files[job->outputs[i]].survives;
    if (job->outputs_count && survives && !(killed && !job->output_closed)) {
        *status = failed || job->write_failed ? IMAGE_FAILED : IMAGE_OK;
        return true;
    }
    if (killed && (job->decode_seen || job->header_seen || job->encode_seen || job->outputs_count)) {
        *status = IMAGE_UNFINISHED;
        return true;
    }
    if (!job->outputs_count && job->failed && (job->attempts || job->decode_seen)) {
        *status = IMAGE_FAILED; /* programs go on with the next image: their exit code says nothing of this one */
        return true;
    }
    if (job->outputs_count || (job->attempts && process->exit_code == 0)) {
        *status = failed || job->write_failed ? IMAGE_FAILED : IMAGE_DISCARDED;
        return true;
    }
    if ((job->header_seen || job->decode_seen || job->encode_seen) && process->exit_code > 0) {
        *status = IMAGE_FAILED;
        return true;
    }
    return false;
}

static uint32_t *copy_ids(const uint32_t *ids, size_t count)
{
    uint32_t *copy = memory_zeroed(count, sizeof *copy);
    if (count)
        memcpy(copy, ids, count * sizeof *copy);
    return copy;
}

/* OPTIMIZATION begins with the first call of a codec; where none was seen, after the reading, as the gaps say. */
static void phases_of(struct image *image, const struct job *job)
{
    memcpy(image->phase_start_ns, job->phase_ns, sizeof image->phase_start_ns);
    uint64_t *at = image->phase_start_ns;
    if (job->inputs_count && job->start_ns < at[STAGE_VALIDATION])
        at[STAGE_VALIDATION] = job->start_ns;
    for (enum stage stage = STAGE_DECODE; stage <= STAGE_ENCODE; stage++)
        if (at[stage] < at[STAGE_OPTIMIZATION])
            at[STAGE_OPTIMIZATION] = at[stage];
    image->read_ops = job->read_ops;
    image->read_bytes = job->image_read_bytes;
    image->write_ops = job->write_ops;
    image->write_bytes = job->write_bytes;
    image->small_ops = job->small_ops;
}

/* What encodes inside another's call counts no attempt of its own; each trial was one. */
static uint32_t attempts_of(const struct run *run, const struct job *job)
{
    uint32_t attempts = job->attempts + (!job->attempts && packed(run, job));
    return job->trials && attempts <= job->trials ? job->trials + 1 : attempts;
}

/* CPU of helpers that could not be told to belong to one image: by busy time, as the owner waits for them. */
static void share_helpers(struct process_state *process, struct image *images, size_t count)
{
    uint64_t left_ns = process->helpers_cpu_ns;
    double busy_ns = 0;
    if (left_ns == UNKNOWN) {
        for (size_t i = 0; i < count; i++)
            images[i].helpers_cpu_ns = UNKNOWN;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t own_ns = images[i].cpu_ns == UNKNOWN ? 0 : images[i].cpu_ns - images[i].cpu_thread_ns;
        left_ns -= own_ns < left_ns ? own_ns : left_ns;
        busy_ns += (double)images[i].busy_ns;
    }
    if (!left_ns)
        return;
    if (count == 1 && images->cpu_ns != UNKNOWN)
        images->cpu_ns += left_ns;
    else if (busy_ns > 0)
        for (size_t i = 0; i < count; i++)
            images[i].helpers_cpu_ns = (uint64_t)((double)left_ns * (double)images[i].busy_ns / busy_ns);
}

static void image_of(struct infer *infer, const struct job *job, enum image_status status, bool alone)
{
    struct run *run = infer->run;
    struct image *image = &run->images[run->image_count];
    struct process *process = &run->processes[job->process];
    uint64_t cpu_ns = job->cpu_ns + job->copied_ns[false] + job->copied_ns[true];
    *image = (struct image){
        .inputs = copy_ids(job->inputs, job->inputs_count),
        .input_count = job->inputs_count,
        .outputs = copy_ids(job->outputs, job->outputs_count),
        .output_count = job->outputs_count,
        .read_with = infer_job_read_with(run, job),
        .process = job->process,
        .worker = NO_ID,
        .tid = job->tid,
        .start_ns = job->start_ns,
        .end_ns = job->end_ns,
        .cpu_thread_ns = cpu_ns,
        .cpu_ns = alone ? cpu_ns + job->helper_end_ns - job->helper_start_ns : UNKNOWN,
        .peak_heap_bytes = UNKNOWN,
        .large_block_peak_bytes = UNKNOWN,
        .attempts = attempts_of(run, job),
        .link_rule = job->rule,
        .status = status,
    };
    run->image_count++;
    phases_of(image, job);
    if (job->heap_known && alone && job->heap_peak) {
        image->peak_heap_bytes = job->heap_peak > job->heap_start ? job->heap_peak - job->heap_start : 0;
        image->heap_scope = "process";
    } else if (job->heap_known && job->blocks_peak) {
        image->large_block_peak_bytes = job->blocks_peak;
        image->heap_scope = "large blocks";
    }
    stages_of(image, job);
    struct image_settings settings;
    memset(&settings, 0, sizeof settings); /* they are compared as bytes */
    settings_of(run, &settings, job);
    image->settings = infer_settings_shared(infer, &settings);
    process->images++;
}

/* Jobs of one process overlap when one starts before another has ended. They are sorted by start. */
static void find_overlaps(struct job **jobs, size_t count, bool *overlaps)
{
    size_t latest = 0;
    for (size_t i = 1; i < count; i++) {
        if (jobs[i]->start_ns < jobs[latest]->end_ns)
            overlaps[i] = overlaps[latest] = true;
        if (jobs[i]->end_ns > jobs[latest]->end_ns)
            latest = i;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns ? 1 : 0;
}

/* The images have all that their jobs and sessions knew. */
static void forget_jobs(struct process_state *process)
{
    struct session *session;
    for (size_t at = 0; (session = id_map_next(&process->sessions, &at));)
        infer_session_free(session);
    id_map_release(&process->sessions);
    process->session_at = NULL;
    infer_sites_forget_jobs(process);
    for (struct job *job = process->jobs, *next; job; job = next) {
        next = job->next;
        infer_job_free(job);
    }
    process->jobs = NULL;
}

void infer_images_finish(struct infer *infer)
{
    struct run *run = infer->run;
    size_t unused = 0, most = 0; /* unused: decoded, and nothing seen to come of it */
    for (size_t p = 0; p < infer->processes_count; p++)
        most += infer->processes[p]->jobs_count;
    infer_joins_finish(infer);
    run->images = memory_checked(reallocarray(NULL, most + 1, sizeof *run->images));
    for (size_t p = 0; p < infer->processes_count; p++) {
        struct process_state *process = infer->processes[p];
        size_t count = process->jobs_count;
        struct job **jobs = memory_zeroed(count, sizeof *jobs);
        enum image_status *status = memory_zeroed(count, sizeof *status);
        bool *overlaps = memory_zeroed(count, sizeof *overlaps);
        count = 0;
        for (struct job *job = process->jobs; job; job = job->next) {
            enum image_status ignored;
            if (status_of(infer, job, &ignored))
                jobs[count++] = job;
            else
                unused += job->decode_seen && !job->failed && !job->merged_into;
        }
        qsort(jobs, count, sizeof *jobs, by_start);
        find_overlaps(jobs, count, overlaps);
        if (count) /* helpers that ended behind the last image worked for it, if for any */
            jobs[count - 1]->helper_end_ns = process->helper_cpu_ns;
        for (size_t i = 0; i < count; i++)
            jobs[i]->image_place = (uint32_t)(run->image_count + i + 1);
        for (size_t i = 0; i < count; i++) {
            status_of(infer, jobs[i], &status[i]);
            image_of(infer, jobs[i], status[i], !overlaps[i]);
        }
        share_helpers(process, run->images + run->image_count - count, count);
        free(jobs);
        free(status);
        free(overlaps);
        forget_jobs(process);
    }
    infer_images_in_order(run);
    if (unused && run->image_count)
        infer_note(infer,
                   "%zu decoded image%s made no output that was seen: should it have been one of several inputs of "
                   "an output, that one's ratio is wrong",
                   unused, unused == 1 ? "" : "s");
}
