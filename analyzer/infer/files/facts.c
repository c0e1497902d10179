/* SPDX-License-Identifier: MIT
 * Owns: which state of a file an image was in, and what the file says of it when it is still in that state.
 * Must not know: formats, jobs. The first bytes in the trace often do not reach to what is wanted: a long profile
 * stands in front, a directory at the end, frames follow one another. */
#include <sys/stat.h>

#include "analyzer/infer/parts/descriptions.h"
#include "analyzer/infer/parts/outputs.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/pack/outside.h"

/* File systems note a change by a clock that ticks every few milliseconds, or that is another machine's. */
#define CLOCK_SLACK_NS UINT64_C(20000000)
/* What stdio held back is written behind the last record of a process. */
#define EXIT_SLACK_NS UINT64_C(1000000000)

static void changed(struct infer *infer, uint32_t file, uint64_t from_ns, uint64_t to_ns)
{
    if (file == NO_ID)
        return;
    infer->run->files[file].changed_from_ns = from_ns;
    infer->run->files[file].changed_to_ns = to_ns;
}

/* Which image was written may turn out only later: see infer_facts_of_output(). */
static void output_changed(struct infer *infer, struct description *d, uint64_t from_ns, uint64_t to_ns)
{
    d->out_changed = true;
    d->out_changed_from_ns = from_ns;
    d->out_changed_to_ns = to_ns;
    changed(infer, d->out_file, from_ns, to_ns);
}

void infer_facts_of_output(struct infer *infer, const struct description *d)
{
    if (d->out_changed)
        changed(infer, d->out_file, d->out_changed_from_ns, d->out_changed_to_ns);
}

static void state_record(struct event *event)
{
    const struct trace_file_state *state = &event->record->file_state;
    struct description *d = infer_description(event->process, state->file);
    bool reads = state->direction == trace_direction_IN;
    if (!d || !S_ISREG(d->mode))
        return;
    d->close_changes = !reads && state->changed_ns == TRACE_UNKNOWN;
    if (reads)
        changed(event->infer, d->in_file, state->changed_ns, state->changed_ns);
    else
        output_changed(event->infer, d, state->changed_ns, state->changed_ns);
}

static void close_record(struct event *event)
{
    const struct trace_close *close = &event->record->close;
    struct description *d = infer_description(event->process, close->file);
    if (!d || !d->close_changes)
        return;
    uint64_t offset_ns = (uint64_t)event->infer->run->realtime_offset_ns;
    output_changed(event->infer, d, event->start_ns + offset_ns - CLOCK_SLACK_NS,
                   event->end_ns + offset_ns + (close->at_exit ? EXIT_SLACK_NS : CLOCK_SLACK_NS));
}

void infer_facts_record(struct event *event)
{
    if (event->record->kind == TRACE_KIND_file_state)
        state_record(event);
    else if (event->record->kind == TRACE_KIND_close)
        close_record(event);
}

void infer_facts_finish(struct infer *infer)
{
    const struct host *host = &infer->run->host;
    outside_host(infer->outside, host->machine, host->boot_id, host->cpu_model);
    for (size_t i = 0; i < infer->run->file_count; i++) {
        struct image_file *file = &infer->run->files[i];
        if (file->kind != FILE_KIND_FILE || !file->survives || file->bytes == UNKNOWN ||
            file->changed_from_ns == UNKNOWN)
            continue;
        struct image_file_state state = {.device = file->device,
                                         .inode = file->inode,
                                         .bytes = file->bytes,
                                         .changed_from_ns = file->changed_from_ns,
                                         .changed_to_ns = file->changed_to_ns};
        if (outside_facts(infer->outside, infer_path_now(infer, (uint32_t)i), &state, file->facts.format, &file->facts))
            file->facts_from_file = true;
    }
}
