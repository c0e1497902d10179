/* SPDX-License-Identifier: MIT
 * Owns: sockets and pipes, which carry one image after another: where each begins and ends, which image an answer on a
 * connection belongs to, which image of a pipe's writer its reader reads.
 * Must not know: codecs' calls, figures.
 *
 * An image begins with its head and ends where the direction turns, where the next begins, or with the stream. What a
 * program reads and writes on one connection is request and answer. */
#include <stdlib.h>
#include <sys/stat.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/descriptions.h"
#include "analyzer/infer/parts/images/buffers.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/streams.h"
#include "analyzer/infer/state/state.h"

/* Images of a pipe that only one of its ends has shown by now, oldest first. */
struct infer_pipe {
    uint64_t device, inode;
    unsigned direction; /* of these; the other end has shown none that these lack */
    size_t first, waiting_count, waiting_capacity;
    uint32_t *waiting; /* run->files */
};

static bool is_socket(const struct description *d)
{
    return S_ISSOCK(d->mode);
}

/* The last transfer began with waiting for the other side, and that is nobody's work. */
static bool waited(const struct description *d, const struct event *event)
{
    return is_socket(d) && event->end_ns - event->start_ns >= INFER_BLOCKED_NS;
}

void infer_stream_sizes(struct infer *infer, struct description *d)
{
    struct run *run = infer->run;
    if (!d->stream)
        return;
    /* What the writer wrote is the size, even when its reader reads no more than the front. */
    if (d->in_file != NO_ID && (!infer->written[d->in_file] || run->files[d->in_file].bytes == UNKNOWN))
        run->files[d->in_file].bytes = d->read.bytes;
    if (d->out_file != NO_ID)
        run->files[d->out_file].bytes = d->write.bytes;
}

static void end_in(struct infer *infer, struct description *d)
{
    infer_stream_sizes(infer, d);
    infer_fold_read(infer, d);
    d->in_job = NULL;
    d->in_file = NO_ID;
    d->first_read_ns = UNKNOWN;
    d->kernel_reads = d->small_ops = 0;
    d->read = (struct io_total){0};
    d->read_twice_ns = 0;
    d->buffers = (struct ranges){0};
}

static void end_out(struct infer *infer, struct description *d)
{
    infer_stream_sizes(infer, d);
    infer_fold_write(infer, d);
    infer_stream_output_done(d);
    d->out_job = NULL;
    d->out_file = NO_ID;
    d->link_session = 0;
    d->first_write_ns = UNKNOWN;
    d->kernel_writes = d->small_ops = 0;
    d->write = (struct io_total){0};
    d->write_twice_ns = 0;
}

void infer_stream_output_done(struct description *d)
{
    if (d->out_job && d->out_open && --d->out_job->open_outputs == 0)
        d->out_job->output_closed = true;
    d->out_open = false;
}

void infer_stream_moved(struct event *event, struct description *d, bool reads)
{
    const struct trace_io *io = &event->record->io;
    unsigned direction = reads ? trace_direction_IN : trace_direction_OUT;
    bool turns = d->direction != direction;
    if (turns && reads) {
        end_out(event->infer, d);
        end_in(event->infer, d);
        d->asked = NULL;
        event->process->serving = event->process->serving || is_socket(d);
        d->asked_ns = waited(d, event) ? event->end_ns : event->start_ns;
    } else if (turns) {
        d->asked = d->in_job;
        end_in(event->infer, d);
    }
    d->direction = direction;
    d->last_bytes = io->bytes;
    d->last_start_ns = event->start_ns;
    d->last_ns = io->duration_ns;
    if (turns && waited(d, event)) {
        d->last_start_ns = event->end_ns;
        d->last_ns = 0;
    }
    d->last_buffer = io->buffer;
    if (turns && reads)
        d->first_read_ns = d->last_start_ns;
}

void infer_stream_head(struct event *event, struct description *d)
{
    const struct trace_head *head = &event->record->head;
    bool in = head->direction == trace_direction_IN;
    bool again = in ? d->in_job != NULL : d->out_job != NULL;
    uint64_t first_read_ns = again ? UNKNOWN : d->first_read_ns;
    struct io_total *total = in ? &d->read : &d->write;
    bool moved = d->direction == head->direction && d->last_bytes;
    if (again && moved) { /* the transfer that this image begins in is not the last one's */
        total->bytes -= d->last_bytes;
        total->ns -= d->last_ns < total->ns ? d->last_ns : total->ns;
        total->ops -= total->ops > 0;
    }
    if (again && in)
        end_in(event->infer, d);
    else if (again)
        end_out(event->infer, d);
    if (!moved)
        return; /* stdio still holds the bytes back */
    int64_t bytes = (int64_t)d->last_bytes - head->before;
    *total = (struct io_total){.ns = d->last_ns, .bytes = bytes > 0 ? (uint64_t)bytes : 0, .ops = 1};
    if (in) {
        d->first_read_ns = first_read_ns != UNKNOWN ? first_read_ns : d->last_start_ns;
        d->buffers = (struct ranges){0};
        infer_range_add(&d->buffers, d->last_buffer, d->last_bytes, event->end_ns);
    }
    d->last_bytes = 0;
}

/* A job that read its input since the request came, more often than it was an answer, and is no other connection's:
 * one without output before others, then one of this thread, then the oldest. */
static struct job *unanswered(const struct event *event, const struct description *d)
{
    const struct process_state *process = event->process;
    struct job *found = NULL;
    int best = -1;
    for (unsigned i = 0; i < process->active_count; i++) {
        struct job *job = process->active[i];
        if (!job->readings || job->by_socket || job->reading_ns < d->asked_ns)
            continue;
        int worth = 2 * !job->outputs_count + (job->tid == event->thread->tid);
        if (worth <= best)
            continue;
        best = worth;
        found = job;
    }
    if (found)
        found->readings--;
    return found;
}

bool infer_stream_answers(const struct event *event, const struct description *d, struct job **job,
                          enum link_rule *rule)
{
    if (!is_socket(d) || d->asked_ns == UNKNOWN)
        return false;
    *rule = d->asked ? LINK_CONNECTION : LINK_ADJACENCY;
    *job = d->asked ? d->asked : unanswered(event, d);
    return true;
}

bool infer_stream_done_with(const struct process_state *process, const struct job *job, const struct description *d)
{
    return process->serving && job->read_bytes >= d->opened_bytes;
}

void infer_stream_began(const struct event *event, struct description *d, bool reads)
{
    if (reads) {
        d->in_job->readings++;
        d->in_job->read_bytes += d->read.bytes;
        d->in_job->reading_ns = event->end_ns;
        d->in_job->by_socket = d->in_job->by_socket || is_socket(d);
    } else if (is_socket(d)) /* more of it may come, or not: nobody would say so before the next request */
        infer_stream_output_done(d);
}

static struct infer_pipe *pipe_of(struct infer *infer, const struct description *d)
{
    uint32_t folded = (uint32_t)(d->inode ^ d->inode >> 32), key = folded ? folded : 1; /* the map has no place 0 */
    struct infer_pipe *pipe = id_map_get(&infer->pipes, key);
    if (!pipe) {
        pipe = memory_zeroed(1, sizeof *pipe);
        pipe->device = d->device;
        pipe->inode = d->inode;
        id_map_put(&infer->pipes, key, pipe);
    }
    return pipe->device == d->device && pipe->inode == d->inode ? pipe : NULL;
}

uint32_t infer_stream_file(struct infer *infer, const struct description *d, const struct image_facts *facts,
                           bool reads)
{
    struct infer_pipe *pipe = is_socket(d) ? NULL : pipe_of(infer, d);
    unsigned direction = reads ? trace_direction_IN : trace_direction_OUT;
    uint32_t file = NO_ID;
    while (pipe && pipe->direction != direction && pipe->first < pipe->waiting_count) {
        file = pipe->waiting[pipe->first++];
        if (infer->run->files[file].facts.format != facts->format)
            continue;
        infer->written[file] = true;
        infer->run->files[file].kind = FILE_KIND_PIPE; /* not just somebody's standard input */
        return file;
    }
    file = infer_new_file(infer, d, facts);
    infer->written[file] = !reads;
    if (!pipe)
        return file;
    if (pipe->first == pipe->waiting_count)
        pipe->first = pipe->waiting_count = 0;
    pipe->direction = direction;
    *MEMORY_APPEND(pipe, waiting) = file;
    return file;
}

void infer_streams_release(struct infer *infer)
{
    struct infer_pipe *pipe;
    for (size_t at = 0; (pipe = id_map_next(&infer->pipes, &at));) {
        free(pipe->waiting);
        free(pipe);
    }
    id_map_release(&infer->pipes);
}
