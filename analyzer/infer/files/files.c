/* SPDX-License-Identifier: MIT
 * Owns: open file descriptions: opens, closes, I/O calls, mappings, image heads; which job reads and writes what.
 * Must not know: codecs' calls, figures. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/memory.h"
#include "analyzer/headers/image_header.h"
#include "analyzer/infer/parts/descriptions.h"
#include "analyzer/infer/parts/files.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/images/job_work.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/parts/outputs.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/streams.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

/* Files stay open when their job turns out to be part of another. */
static void find_jobs_again(struct description *d)
{
    struct job **jobs[] = {&d->in_job, &d->out_job, &d->asked};
    for (unsigned i = 0; i < sizeof jobs / sizeof *jobs; i++)
        if (*jobs[i] && (*jobs[i])->merged_into)
            *jobs[i] = infer_job_now(*jobs[i]);
}

struct description *infer_description(struct process_state *process, uint32_t number)
{
    if (!process->description_at || process->description_at->number != number)
        process->description_at = id_map_get(&process->descriptions, number);
    if (process->description_at && process->merged)
        find_jobs_again(process->description_at);
    return process->description_at;
}

/* A file to be written: the program has named it to a codec before, or a codec call opens it. */
static void link_opened(struct event *event, struct description *d, uint32_t session)
{
    struct process_state *process = event->process;
    for (unsigned i = 0; d->path && i < NAMED_OUTPUTS; i++) {
        struct named_output *named = &process->named[i];
        if (!named->path || strcmp(named->path, d->path) != 0)
            continue;
        d->link_session = named->session;
        d->link = LINKED_BY_PATH;
        d->named_job = infer_job_now(named->job);
        free(named->path);
        *named = (struct named_output){0};
        return;
    }
    d->link_session = session;
    d->link = session ? LINKED_BY_OPEN : LINKED_NOT;
}

void infer_open_record(struct event *event)
{
    const struct trace_open *open = &event->record->open;
    struct process_state *process = event->process;
    if (!open->file || open->origin == trace_origin_DUPLICATED)
        return;
    if (infer_description(process, open->file))
        return;
    struct description *d = memory_zeroed(1, sizeof *d);
    id_map_put(&process->descriptions, open->file, d);
    d->number = open->file;
    d->stream = S_ISSOCK(open->mode) || S_ISFIFO(open->mode);
    d->inherited = open->origin == trace_origin_INHERITED;
    /* What /proc names ("pipe:[1]") starts from no directory. */
    d->path = infer_absolute(event, &open->path, d->inherited ? -1 : open->directory_fd);
    d->inherited = d->inherited || d->stream;
    d->named = open->path.bytes > 0;
    d->device = open->device;
    d->inode = open->inode;
    d->opened_bytes = open->bytes;
    d->mode = open->mode;
    d->flags = open->flags;
    d->fd = open->fd;
    d->open_start_ns = event->start_ns;
    d->open_end_ns = event->end_ns;
    d->open_ns = open->duration_ns;
    d->first_read_ns = d->first_write_ns = UNKNOWN;
    d->in_file = d->out_file = NO_ID;
    d->asked_ns = UNKNOWN;
    d->open_tid = event->thread->tid;
    if ((d->flags & O_ACCMODE) != O_RDONLY && !d->stream)
        link_opened(event, d, open->session);
    if (S_ISDIR(d->mode) && d->fd >= 0)
        id_map_put(&process->directories, (uint32_t)d->fd + 1, d);
}

/* CPU that an I/O call is charged with: all of its time where it does not wait for somebody else. */
static uint64_t io_cpu(const struct description *d, uint64_t duration_ns)
{
    return S_ISREG(d->mode) || duration_ns < INFER_BLOCKED_NS ? duration_ns : 0;
}

/* A call on the description, outside codec calls, is an event of its job. Returns how much of it the job's other calls
 * cover. */
static uint64_t job_event(struct event *event, struct description *d, struct job *job, uint32_t session)
{
    if (job && !session)
        return infer_time_call(event, job, event->start_ns, event->end_ns, io_cpu(d, event->end_ns - event->start_ns));
    if (job)
        infer_job_touch(event, job);
    return 0;
}

void infer_head_record(struct event *event)
{
    const struct trace_head *head = &event->record->head;
    struct description *d = infer_description(event->process, head->file);
    struct image_facts facts;
    if ((!d && head->file) || !image_header_parse(head->data.data, head->data.bytes, &facts))
        return;
    if (!d) {
        infer_memory_head(event, &facts);
        return;
    }
    if (d->stream)
        infer_stream_head(event, d);
    if (head->direction == trace_direction_IN)
        infer_head_in(event, d, &facts);
    else
        infer_head_out(event, d, &facts);
}

static void add(struct io_total *total, uint64_t ns, uint64_t bytes, uint64_t ops)
{
    total->ns += ns;
    total->bytes += bytes;
    total->ops += ops;
}

static bool is_device(const struct description *d)
{
    return S_ISCHR(d->mode) || S_ISBLK(d->mode);
}

void infer_io_record(struct event *event)
{
    const struct trace_io *io = &event->record->io;
    struct description *d = infer_description(event->process, io->file);
    struct run *run = event->infer->run;
    bool reads = io->op == trace_io_op_READ || io->op == trace_io_op_COPY;
    bool writes = io->op == trace_io_op_WRITE || io->op == trace_io_op_FLUSH || io->op == trace_io_op_SYNC ||
                  io->op == trace_io_op_TRUNCATE;
    if (io->layer != trace_io_layer_UNCOUNTED)
        event->model->seen_io_bytes += io->kernel_bytes;
    if (reads || io->op == trace_io_op_WRITE) {
        run->logical_io_bytes += io->bytes;
        run->uncounted_io_bytes += io->layer == trace_io_layer_UNCOUNTED ? io->bytes : 0;
        run->device_io_bytes += d && is_device(d) ? io->bytes : 0;
    }
    if (reads)
        add(&run->all_read, io->duration_ns, io->bytes, io->calls);
    if (writes)
        add(&run->all_write, io->duration_ns, io->bytes, io->calls);
    if (!d)
        return;
    if (d->stream && io->bytes && (reads || writes))
        infer_stream_moved(event, d, reads);
    struct job *job = reads ? d->in_job : writes ? d->out_job : d->out_job ? d->out_job : d->in_job;
    bool on_write_side = writes || (!reads && d->out_job);
    add(on_write_side ? &d->write : &d->read, io->duration_ns, io->bytes, reads || writes ? io->calls : 0);
    if (io->kernel_bytes && (reads || writes)) {
        *(reads ? &d->kernel_reads : &d->kernel_writes) += 1;
        d->small_ops += io->kernel_bytes < SMALL_IO_BYTES;
        if (writes && event->start_ns < d->first_write_ns)
            d->first_write_ns = event->start_ns;
    }
    if (reads && io->bytes) {
        if (d->first_read_ns == UNKNOWN)
            d->first_read_ns = event->start_ns;
        infer_range_add(job ? infer_job_ranges(job, BUFFER_SOURCE) : &d->buffers, io->buffer, io->bytes, event->end_ns);
    }
    if (job && writes && (io->error == ENOSPC || io->error == EDQUOT || io->error == EFBIG || io->error == EIO))
        job->write_failed = true;
    if (job && reads)
        job->read_bytes += io->bytes;
    if (job && io->op == trace_io_op_WRITE)
        infer_range_add(infer_job_ranges(job, BUFFER_SINK), io->buffer, io->bytes, event->end_ns);
    if (writes && !job)
        d->last_buffer = io->buffer;
    if (!job && !io->session)
        event->thread->loose_cpu_ns += io_cpu(d, io->duration_ns);
    if (job && !io->session)
        infer_job_goes_on_io(event, job, reads, event->start_ns);
    *(on_write_side ? &d->write_twice_ns : &d->read_twice_ns) += job_event(event, d, job, io->session);
}

void infer_map_record(struct event *event)
{
    const struct trace_map *map = &event->record->map;
    struct description *d = infer_description(event->process, map->file);
    if (!d)
        return;
    if (map->op == trace_map_op_SYNC) {
        add(&d->write, map->duration_ns, 0, 1);
        add(&event->infer->run->all_write, map->duration_ns, 0, 1);
        d->write_twice_ns += job_event(event, d, d->out_job, map->session);
        return;
    }
    add(&d->read, map->duration_ns, 0, 0);
    if (map->op == trace_map_op_MAP && !map->error) {
        if (d->first_read_ns == UNKNOWN)
            d->first_read_ns = event->start_ns;
        infer_range_add(d->in_job ? infer_job_ranges(d->in_job, BUFFER_SOURCE) : &d->buffers, map->address, map->bytes,
                        event->end_ns);
        d->read.mapped_bytes += map->bytes;
        event->infer->run->all_read.mapped_bytes += map->bytes;
    }
    d->read_twice_ns += job_event(event, d, d->in_job, map->session);
}

void infer_fold_read(struct infer *infer, const struct description *d)
{
    struct run *run = infer->run;
    if (!d->in_job)
        return;
    d->in_job->stage_ns[STAGE_VALIDATION] += d->inherited ? 0 : d->open_ns;
    d->in_job->stage_ns[STAGE_IMAGE_READ] += d->read.ns - d->read_twice_ns;
    d->in_job->read_ops += d->kernel_reads;
    d->in_job->image_read_bytes += d->read.bytes;
    d->in_job->small_ops += d->small_ops;
    infer_job_enters(d->in_job, STAGE_IMAGE_READ, d->first_read_ns);
    add(&run->image_read, d->read.ns, d->read.bytes, d->read.ops);
    run->image_read.mapped_bytes += d->read.mapped_bytes;
}

void infer_fold_write(struct infer *infer, const struct description *d)
{
    if (!d->out_job)
        return;
    d->out_job->stage_ns[STAGE_IMAGE_WRITE] += d->write.ns - d->write_twice_ns;
    d->out_job->write_ops += d->kernel_writes;
    d->out_job->write_bytes += d->write.bytes;
    d->out_job->small_ops += d->in_job ? 0 : d->small_ops; /* of one that is read, too, they are the reader's */
    infer_job_enters(d->out_job, STAGE_IMAGE_WRITE, d->first_write_ns);
    add(&infer->run->image_write, d->write.ns, d->write.bytes, d->write.ops);
}

static void forget(struct process_state *process, struct description *d)
{
    id_map_remove(&process->descriptions, d->number);
    process->description_at = NULL;
    if (id_map_get(&process->directories, (uint32_t)d->fd + 1) == d)
        id_map_remove(&process->directories, (uint32_t)d->fd + 1);
    free(d->path);
    free(d);
}

void infer_close_record(struct event *event)
{
    const struct trace_close *close = &event->record->close;
    struct description *d = infer_description(event->process, close->file);
    if (!d)
        return;
    bool writes = (d->flags & O_ACCMODE) != O_RDONLY;
    add(writes ? &d->write : &d->read, 0, close->stdio_bytes, close->stdio_calls);
    add(writes ? &event->infer->run->all_write : &event->infer->run->all_read, 0, close->stdio_bytes,
        close->stdio_calls);
    if (!close->at_exit) /* libc writes those after the kernel's counters were read */
        event->model->seen_io_bytes += close->pending_bytes;
    event->infer->run->logical_io_bytes += close->stdio_bytes;
    event->infer->run->device_io_bytes += is_device(d) ? close->stdio_bytes : 0;
    infer_stream_sizes(event->infer, d);
    if (close->last || close->at_exit)
        infer_output_waits_no_more(event, d);
    if (d->out_file != NO_ID) {
        struct image_file *file = &event->infer->run->files[d->out_file];
        file->bytes = close->bytes != TRACE_UNKNOWN ? close->bytes : d->write.bytes;
    }
    if (!close->last && !close->at_exit)
        return;
    struct job *job = d->out_job ? d->out_job : d->in_job;
    if (job && !close->at_exit && !S_ISSOCK(d->mode)) { /* a connection outlives its images */
        bool output = d->out_job != NULL;
        if (output && close->pending_bytes) {
            /* Writes the buffer's rest: the end of the image write. */
            if (!close->session)
                infer_job_goes_on_io(event, job, false, event->start_ns);
            d->write.ns += close->duration_ns;
            infer_job_enters(job, STAGE_IMAGE_WRITE, event->start_ns);
            infer_job_enters(job, STAGE_CLEANUP, event->end_ns);
        } else if (output || job->write_seen) {
            job->stage_ns[STAGE_CLEANUP] += close->duration_ns;
            infer_job_enters(job, STAGE_CLEANUP, event->start_ns);
        } else if (!job->decode_seen && !job->encode_seen) {
            job->stage_ns[STAGE_VALIDATION] += close->duration_ns;
        } else {
            job->other_ns += close->duration_ns;
        }
        job_event(event, d, job, close->session);
    }
    infer_stream_output_done(d);
    infer_fold_read(event->infer, d);
    infer_fold_write(event->infer, d);
    forget(event->process, d);
}

static struct timeline *thread_of(struct process_state *process, uint32_t tid)
{
    for (size_t i = 0; i < process->threads_count; i++)
        if (process->threads[i].tid == tid)
            return &process->threads[i];
    return NULL;
}

void infer_files_finish(struct event *event)
{
    struct description *d;
    for (size_t at = 0; (d = id_map_next(&event->process->descriptions, &at));) {
        infer_stream_sizes(event->infer, d);
        if (d->waiting && (event->thread = thread_of(event->process, d->open_tid)))
            infer_output_waits_no_more(event, d);
    }
    for (size_t at = 0; (d = id_map_next(&event->process->descriptions, &at));) { /* nobody looks one up any more */
        find_jobs_again(d);
        if (d->out_file != NO_ID && event->infer->run->files[d->out_file].bytes == UNKNOWN)
            event->infer->run->files[d->out_file].bytes = d->write.bytes;
        infer_fold_read(event->infer, d);
        infer_fold_write(event->infer, d);
        free(d->path);
        free(d);
    }
    id_map_release(&event->process->descriptions);
    event->process->description_at = NULL;
}
