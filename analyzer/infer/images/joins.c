/* SPDX-License-Identifier: MIT
 * Owns: which jobs are one image: trials of one output, several inputs of one output, copies on the way.
 * Must not know: records' fields, figures. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/images.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/state/state.h"

/* What passing bytes on may cost beside the transfers that did not wait, and for each byte. */
#define COPY_CPU_NS      5000000
#define COPY_CPU_BYTE_NS 5

/* Pairs of an input and an output in all images of one process that are told by nothing but their order. */
#define PAIRS_MAX 1000000

static struct job *root_of(struct job *job)
{
    for (struct job *first; (first = infer_job_now(job->again_of)) && first != job;)
        job = first;
    return job;
}

static bool all_gone(const struct run *run, const struct job *job)
{
    for (size_t i = 0; i < job->outputs_count; i++)
        if (run->files[job->outputs[i]].survives)
            return false;
    return job->outputs_count > 0;
}

static bool looks_alike(const struct image_facts *a, const struct image_facts *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height;
}

/* The part's work counts, but what the job's own codecs were told is what its output has. */
static void merge(struct process_state *process, struct job *part, struct job *job)
{
    struct session *encoder = job->encoder, *palette = job->palette, *container = job->container;
    infer_job_merge(process, part, job);
    if (!encoder) /* until it encodes itself */
        job->encoder_depth = part->encoder_depth;
    job->encoder = encoder ? encoder : job->encoder;
    job->palette = palette ? palette : job->palette;
    job->container = container ? container : job->container;
    job->start_ns = part->start_ns < job->start_ns ? part->start_ns : job->start_ns;
    job->first_read_ns = part->first_read_ns < job->first_read_ns ? part->first_read_ns : job->first_read_ns;
}

/* A search for a quality writes one output after the other, each in the place of the one before or after its removal:
 * attempts of one image. Its settings are those of the last. */
void infer_joins_trial(struct event *event, struct job *job)
{
    struct run *run = event->infer->run;
    struct job *trial = infer_job_now(job->again_of);
    if (!trial || trial == job || trial->tid != job->tid || !trial->encode_seen || !trial->output_closed ||
        job->outputs_count != 1 || !all_gone(run, trial) ||
        !looks_alike(&run->files[trial->outputs[0]].facts, &run->files[job->outputs[0]].facts))
        return;
    for (size_t i = 0; i < trial->outputs_count; i++)
        run->files[trial->outputs[i]].role = FILE_ROLE_INTERMEDIATE;
    struct ranges *coded = infer_job_ranges(job, BUFFER_CODED), last_coded = coded ? *coded : (struct ranges){0};
    merge(event->process, trial, job);
    if (coded)
        *coded = last_coded;
    job->trials += trial->trials + 1;
    job->again_of = trial->again_of;
    if (trial->rule && trial->rule < job->rule)
        job->rule = trial->rule;
}

/* Loaded twice, as by those that ask for the size first, and only the second time for an output: one image. */
static void merge_unused(struct process_state *process)
{
    for (struct job *job = process->jobs; job; job = job->next) {
        struct job *first = infer_job_now(job->again_of);
        if (first && first != job && !job->merged_into && !first->outputs_count && !first->encode_seen &&
            first->inputs_count) {
            job->read_seen |= first->read_seen;
            infer_job_merge(process, first, job);
            job->start_ns = first->start_ns < job->start_ns ? first->start_ns : job->start_ns;
        }
    }
}

/* The jobs of a process as reading came before writing: those that only decoded, and those of the one that was made. */
struct parts {
    struct job **unused, **made;
    size_t unused_count, made_count;
};

static int by_start(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static int by_write(const void *a, const void *b)
{
    uint64_t x = (*(struct job *const *)a)->phase_ns[STAGE_IMAGE_WRITE],
             y = (*(struct job *const *)b)->phase_ns[STAGE_IMAGE_WRITE];
    return x < y ? -1 : x > y;
}

/* Nothing was made of it for itself: an encode within another's call is of what that call makes. */
static bool only_decoded(const struct job *job)
{
    return job->decode_seen && !job->attempts && !job->outputs_count && !job->failed && job->inputs_count == 1 &&
           !job->again_of;
}

/* All that is seen of the inputs of those that bring their own codec, or need none. */
static bool only_read(const struct job *job)
{
    return job->read_seen && !job->decode_seen && !job->encode_seen && !job->outputs_count && !job->failed &&
           job->inputs_count == 1 && !job->again_of;
}

static bool without_codec(const struct job *job)
{
    return !job->decode_seen && !job->encode_seen && !job->pipeline_seen;
}

/* False: the process goes from image to image. What it decoded and made nothing of, it may have left out. */
static bool reads_before_it_writes(const struct infer *infer, const struct process_state *process)
{
    const struct job *made = NULL;
    uint64_t first_write_ns = UNKNOWN, last_read_ns = 0;
    for (struct job *job = process->jobs; job; job = job->next) {
        if (job->merged_into)
            continue;
        if (job->outputs_count) {
            const struct job *root = root_of(job);
            if (made && made != root)
                return false;
            made = root;
            if (job->phase_ns[STAGE_IMAGE_WRITE] < first_write_ns)
                first_write_ns = job->phase_ns[STAGE_IMAGE_WRITE];
        }
        if (!job->again_of && job->inputs_count && !infer->written[job->inputs[0]] && job->start_ns > last_read_ns)
            last_read_ns = job->start_ns;
    }
    return made && last_read_ns < first_write_ns;
}

static void find_parts(const struct process_state *process, bool opaque, struct parts *parts)
{
    for (struct job *job = process->jobs; job; job = job->next) {
        if (job->merged_into)
            continue;
        if (opaque ? only_read(job) : only_decoded(job))
            parts->unused[parts->unused_count++] = job;
        else if (job->outputs_count)
            parts->made[parts->made_count++] = job;
    }
    qsort(parts->unused, parts->unused_count, sizeof(struct job *), by_start);
    qsort(parts->made, parts->made_count, sizeof(struct job *), by_write);
}

static void takes(struct process_state *process, struct job *job, struct job *part)
{
    job->rule = LINK_ADJACENCY; /* the weakest of its inputs' */
    merge(process, part, job);
}

/* Frames go through libavcodec's threads in order: as many came out as went in. One call codes several of them, so
 * its time stays with the first. */
static void pair_frames(struct process_state *process, const struct parts *parts)
{
    struct job *first = parts->made[0];
    uint32_t own = first->inputs[0];
    uint64_t own_start_ns = first->start_ns;
    for (size_t i = 0, next = 0, own_left = 1; i < parts->made_count; i++) {
        bool mine = own_left && (next == parts->unused_count || own_start_ns < parts->unused[next]->start_ns);
        struct job *job = parts->made[i], *part = mine ? NULL : parts->unused[next++];
        own_left -= mine;
        job->inputs_count = 0;
        infer_job_add(&job->inputs, &job->inputs_count, &job->inputs_capacity, part ? part->inputs[0] : own);
        job->encoder = job->encoder ? job->encoder : first->encoder;
        job->container = job->container ? job->container : first->container;
        job->encode_seen = job->encode_seen || first->encode_seen;
        job->attempts = job->attempts ? job->attempts : 1;
        if (part)
            takes(process, job, part);
    }
}

/* The parts' inputs in the order in which they were begun, each once. */
static size_t inputs_of(const struct infer *infer, const struct parts *parts, uint32_t *inputs)
{
    const struct job *first = parts->made[0];
    bool *seen = memory_zeroed(infer->run->file_count, sizeof *seen);
    size_t count = 0, own = 0;
    for (size_t i = 0; i < parts->unused_count || own < 1;) {
        bool mine = own < 1 && (i == parts->unused_count || first->start_ns < parts->unused[i]->start_ns);
        const struct job *next = mine ? first : parts->unused[i++];
        own += mine;
        for (size_t k = 0; k < next->inputs_count; k++)
            if (!seen[next->inputs[k]]) {
                seen[next->inputs[k]] = true;
                inputs[count++] = next->inputs[k];
            }
    }
    free(seen);
    return count;
}

/* All that a process decoded before it wrote its only output is in that: animations, montages, composites. The same
 * for the further outputs of what it made; not for so many that each with all would be a claim about millions. */
static void gather_inputs(const struct infer *infer, struct process_state *process, const struct parts *parts)
{
    struct job *first = parts->made[0];
    size_t most = first->inputs_count;
    for (size_t i = 0; i < parts->unused_count; i++)
        most += parts->unused[i]->inputs_count;
    uint32_t *inputs = memory_zeroed(most, sizeof *inputs);
    size_t count = inputs_of(infer, parts, inputs);
    if (parts->made_count == 1 || count * parts->made_count <= PAIRS_MAX) {
        for (size_t i = 0; i < parts->unused_count; i++)
            takes(process, first, parts->unused[i]);
        for (size_t m = 0; m < parts->made_count; m++) {
            struct job *job = parts->made[m];
            free(job->inputs);
            job->inputs = memory_zeroed(count, sizeof *inputs);
            memcpy(job->inputs, inputs, count * sizeof *inputs);
            job->inputs_count = job->inputs_capacity = count;
            job->rule = LINK_ADJACENCY;
        }
    }
    free(inputs);
}

static void join_inputs(const struct infer *infer, struct process_state *process)
{
    size_t unused = 0;
    bool opaque = true;
    for (struct job *job = process->jobs; job; job = job->next) {
        unused += !job->merged_into && (only_decoded(job) || only_read(job));
        opaque = opaque && (job->merged_into || without_codec(job));
    }
    if (!unused || process->serving || !reads_before_it_writes(infer, process))
        return;
    struct parts parts = {.unused = memory_zeroed(process->jobs_count, sizeof *parts.unused),
                          .made = memory_zeroed(process->jobs_count, sizeof *parts.made)};
    find_parts(process, opaque, &parts);
    const struct session *container = parts.made[0]->container;
    if (container && container->codec == trace_codec_LIBAV && parts.made_count == parts.unused_count + 1 &&
        parts.made[0]->inputs_count == 1)
        pair_frames(process, &parts);
    else if (parts.unused_count)
        gather_inputs(infer, process, &parts);
    free(parts.unused);
    free(parts.made);
}

/* cat, tee, dd: what was read was written from where it had been read to, and begins alike; no codec was called, and it
 * took next to no CPU beside the transfers: a tool with a codec of its own may also write what it has read, but not
 * before it has tried. */
bool infer_is_copy(const struct infer *infer, const struct job *job)
{
    if (!job->passes_on || job->inputs_count != 1 || !job->outputs_count || job->attempts || job->header_seen ||
        job->decode_seen || job->transform_seen || job->encode_seen || job->pipeline_seen)
        return false;
    uint64_t gaps_ns = 0;
    for (int gap = 0; gap < GAP_COUNT; gap++)
        gaps_ns += job->gap_ns[gap];
    const struct image_file *files = infer->run->files;
    return gaps_ns <= COPY_CPU_NS + COPY_CPU_BYTE_NS * job->image_read_bytes &&
           looks_alike(&files[job->inputs[0]].facts, &files[job->outputs[0]].facts);
}

static bool is_pipe(const struct infer *infer, uint32_t file)
{
    enum file_kind kind = infer->run->files[file].kind;
    return kind == FILE_KIND_PIPE || kind == FILE_KIND_STDIN;
}

/* Its CPU, not its calls: those on a pipe wait for the other side. */
static void time_goes_to(struct job *job, const struct job *copy, bool behind)
{
    job->copied_ns[behind] += copy->cpu_ns + copy->copied_ns[false] + copy->copied_ns[true];
    job->start_ns = copy->start_ns < job->start_ns ? copy->start_ns : job->start_ns;
    job->end_ns = copy->end_ns > job->end_ns ? copy->end_ns : job->end_ns;
}

static void replace(uint32_t **list, size_t *count, size_t *capacity, uint32_t file, const uint32_t *by,
                    size_t by_count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if ((*list)[i] != file)
            (*list)[kept++] = (*list)[i];
    *count = kept;
    for (size_t i = 0; i < by_count; i++)
        infer_job_add(list, count, capacity, by[i]);
}

/* Who is at the other end of a pipe that a copy reads or writes has what the copy has at its own. It is not merged:
 * jobs of different processes go at different times. */
static void leave_out(struct infer *infer, struct job *copy, struct job **writers, struct job **readers)
{
    uint32_t in = copy->inputs[0], out = copy->outputs[0];
    struct job *writer = is_pipe(infer, in) ? writers[in] : NULL;
    struct job *reader = is_pipe(infer, out) ? readers[out] : NULL;
    if (writer && writer != copy) {
        infer->run->files[in].role = FILE_ROLE_INTERMEDIATE;
        replace(&writer->outputs, &writer->outputs_count, &writer->outputs_capacity, in, copy->outputs,
                copy->outputs_count);
        for (size_t i = 0; i < copy->outputs_count; i++)
            writers[copy->outputs[i]] = writer;
        time_goes_to(writer, copy, true);
    } else if (reader && reader != copy && infer->run->files[in].bytes == infer->run->files[out].bytes) {
        infer->run->files[out].role = FILE_ROLE_INTERMEDIATE;
        replace(&reader->inputs, &reader->inputs_count, &reader->inputs_capacity, out, &in, 1);
        readers[in] = reader;
        time_goes_to(reader, copy, false);
    }
}

static void join_copies(struct infer *infer)
{
    struct job **copies = NULL;
    size_t count = 0, capacity = 0;
    for (size_t p = 0; p < infer->processes_count; p++)
        for (struct job *job = infer->processes[p]->jobs; job; job = job->next)
            if (!job->merged_into && infer_is_copy(infer, job)) {
                void *grown = copies;
                memory_grow(&grown, &capacity, count, sizeof(struct job *));
                copies = grown;
                copies[count++] = job;
            }
    if (!count)
        return;
    struct job **writers = memory_zeroed(infer->run->file_count, sizeof(struct job *));
    struct job **readers = memory_zeroed(infer->run->file_count, sizeof(struct job *));
    for (size_t p = 0; p < infer->processes_count; p++)
        for (struct job *job = infer->processes[p]->jobs; job; job = job->next) {
            if (job->merged_into)
                continue;
            for (size_t i = 0; i < job->inputs_count; i++)
                readers[job->inputs[i]] = job;
            for (size_t i = 0; i < job->outputs_count; i++)
                writers[job->outputs[i]] = job;
        }
    for (size_t i = 0; i < count; i++)
        leave_out(infer, copies[i], writers, readers);
    free(copies);
    free(writers);
    free(readers);
}

void infer_joins_finish(struct infer *infer)
{
    for (size_t p = 0; p < infer->processes_count; p++) {
        merge_unused(infer->processes[p]);
        for (struct job *job = infer->processes[p]->jobs; job; job = job->next)
            if (!job->merged_into)
                infer_memory_settle(infer, job);
        join_inputs(infer, infer->processes[p]);
    }
    join_copies(infer);
}
