/* SPDX-License-Identifier: MIT
 * Owns: what records tell Perfetto: threads, their calls of codecs and I/O, memory of each process.
 * Must not know: fields of packets, how calls are made to nest. */
#include "analyzer/export/perfetto/perfetto_calls.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/export/perfetto/perfetto_nest.h"

#define FILES_KNOWN 256 /* per process: names of the last files opened, by number */

struct call_stream {
    uint64_t track; /* of the thread whose records come; 0 = none came yet */
    uint32_t process;
    struct nest nest;
    struct lanes rows;
};

struct call_process {
    bool asked;           /* a record came */
    uint32_t index;       /* of the run, + 1; 0 = it is none of the run's */
    uint64_t counters[2]; /* tracks of RSS and heap, or 0 */
    uint32_t *hooks;      /* numbers of names, by hook number */
    size_t hook_count;
    struct known_file {
        uint32_t file, text;
    } * files; /* by file number % FILES_KNOWN */
};

static void *grown(void *array, size_t *capacity, size_t index, size_t size)
{
    if (index < *capacity)
        return array;
    size_t larger = index * 2 + 16;
    char *bytes = memory_checked(reallocarray(array, larger, size));
    memset(bytes + *capacity * size, 0, (larger - *capacity) * size);
    *capacity = larger;
    return bytes;
}

/* Index of the run's process, + 1, that a process of the reader is: both are in the order of their first records,
 * unless the trace grew since the run was read. 0: the run does not know it. */
static uint32_t find_process(struct perfetto *perfetto, uint32_t pid)
{
    const struct run *run = perfetto->metrics->run;
    if (!perfetto->taken)
        perfetto->taken = memory_zeroed(run->process_count, sizeof *perfetto->taken);
    while (perfetto->first_free < run->process_count && perfetto->taken[perfetto->first_free])
        perfetto->first_free++;
    for (uint32_t i = perfetto->first_free; i < run->process_count; i++)
        if (!perfetto->taken[i] && run->processes[i].pid == pid) {
            perfetto->taken[i] = true;
            return i + 1;
        }
    return 0;
}

/* NULL: the run does not know it. */
static struct call_process *process_of(struct perfetto *perfetto, uint32_t reader_index, uint32_t pid)
{
    perfetto->processes =
        grown(perfetto->processes, &perfetto->processes_capacity, reader_index, sizeof *perfetto->processes);
    struct call_process *process = &perfetto->processes[reader_index];
    if (!process->asked) {
        process->asked = true;
        process->index = find_process(perfetto, pid);
    }
    return process->index ? process : NULL;
}

static void end_thread(struct perfetto *perfetto, struct call_stream *stream)
{
    perfetto_nest_flush(perfetto, &stream->nest, stream->track);
    perfetto_nest_release(&stream->nest);
}

static struct call_stream *stream_of(struct perfetto *perfetto, const struct call_process *process,
                                     const struct trace_record *record, uint32_t number)
{
    perfetto->streams = grown(perfetto->streams, &perfetto->streams_capacity, number, sizeof *perfetto->streams);
    struct call_stream *stream = &perfetto->streams[number];
    if (record->kind != TRACE_KIND_thread && stream->track)
        return stream;
    uint32_t index = process->index - 1, tid = record->kind == TRACE_KIND_thread ? record->thread.tid : 0;
    struct trace_text name = record->kind == TRACE_KIND_thread ? record->thread.name : (struct trace_text){NULL, 0};
    uint64_t track = perfetto_thread_track(index, tid);
    if (stream->track != track) {
        end_thread(perfetto, stream);
        *stream = (struct call_stream){.track = track, .process = index};
        perfetto_describe_thread(perfetto, index, tid, name);
    }
    return stream;
}

/* ---- what a process's numbers stand for ---- */

static void know_hook(struct perfetto *perfetto, struct call_process *process, const struct trace_hook *hook)
{
    process->hooks = grown(process->hooks, &process->hook_count, hook->hook, sizeof *process->hooks);
    process->hooks[hook->hook] = perfetto_name(perfetto, hook->name.data, hook->name.bytes);
}

static uint32_t hook_name(struct perfetto *perfetto, const struct call_process *process, uint16_t hook, unsigned kind)
{
    if (hook < process->hook_count && process->hooks[hook])
        return process->hooks[hook];
    const char *name = trace_kind_info(kind)->name;
    return perfetto_name(perfetto, name, strlen(name));
}

static uint32_t know_file(struct perfetto *perfetto, struct call_process *process, uint32_t file,
                          struct trace_text path)
{
    uint32_t text = path.bytes ? perfetto_text(perfetto, path.data, path.bytes) : 0;
    if (!process->files)
        process->files = memory_zeroed(FILES_KNOWN, sizeof *process->files);
    if (file)
        process->files[file % FILES_KNOWN] = (struct known_file){file, text};
    return text;
}

static uint32_t file_name(const struct call_process *process, uint32_t file)
{
    const struct known_file *known = process->files ? &process->files[file % FILES_KNOWN] : NULL;
    return file && known && known->file == file ? known->text : 0;
}

/* ---- calls ---- */

static void add_number(struct call *call, enum perfetto_argument argument, uint64_t value)
{
    unsigned i = 0;
    while (i < CALL_NUMBERS - 1 && call->arguments[i])
        i++;
    call->arguments[i] = (unsigned char)argument;
    call->numbers[i] = value;
}

static void add_known(struct call *call, enum perfetto_argument argument, uint64_t value)
{
    if (value != TRACE_UNKNOWN)
        add_number(call, argument, value);
}

static void add_some(struct call *call, enum perfetto_argument argument, uint64_t value)
{
    if (value)
        add_number(call, argument, value);
}

/* Fills a call from a record. Returns false where the record is of none. */
static bool call_of(struct perfetto *perfetto, struct call_process *process, const struct trace_record *record,
                    struct call *call)
{
    uint64_t duration_ns;
    uint16_t hook = 0;
    call->category = CATEGORY_IO;
    switch (record->kind) {
    case TRACE_KIND_codec_call:
        duration_ns = record->codec_call.duration_ns;
        hook = record->codec_call.hook;
        call->category = CATEGORY_CODEC;
        call->role = record->codec_call.role;
        call->outcome = record->codec_call.outcome;
        call->session = record->codec_call.session;
        add_some(call, ARGUMENT_IO_NS, record->codec_call.io_ns);
        add_some(call, ARGUMENT_SOURCE_BYTES, record->codec_call.source_bytes);
        add_some(call, ARGUMENT_TARGET_BYTES, record->codec_call.target_bytes);
        break;
    case TRACE_KIND_open:
        duration_ns = record->open.duration_ns;
        hook = record->open.hook;
        call->session = record->open.session;
        call->file = know_file(perfetto, process, record->open.file, record->open.path);
        add_known(call, ARGUMENT_BYTES, record->open.bytes);
        add_some(call, ARGUMENT_ERROR, record->open.error);
        break;
    case TRACE_KIND_close:
        duration_ns = record->close.duration_ns;
        hook = record->close.hook;
        call->session = record->close.session;
        call->file = file_name(process, record->close.file);
        add_known(call, ARGUMENT_BYTES, record->close.bytes);
        add_some(call, ARGUMENT_ERROR, record->close.error);
        break;
    case TRACE_KIND_io:
        duration_ns = record->io.duration_ns;
        hook = record->io.hook;
        call->session = record->io.session;
        call->file = file_name(process, record->io.file);
        add_number(call, ARGUMENT_BYTES, record->io.bytes);
        add_known(call, ARGUMENT_OFFSET, record->io.offset);
        if (record->io.calls > 1)
            add_number(call, ARGUMENT_CALLS, record->io.calls);
        add_some(call, ARGUMENT_ERROR, record->io.error);
        break;
    case TRACE_KIND_map:
        duration_ns = record->map.duration_ns;
        hook = record->map.hook;
        call->session = record->map.session;
        call->file = file_name(process, record->map.file);
        call->category = record->map.file ? CATEGORY_IO : CATEGORY_MEMORY;
        add_number(call, ARGUMENT_BYTES, record->map.bytes);
        add_some(call, ARGUMENT_ERROR, record->map.error);
        break;
    case TRACE_KIND_path:
        duration_ns = record->path.duration_ns;
        hook = record->path.hook;
        call->session = record->path.session;
        call->file = perfetto_text(perfetto, record->path.from.data, record->path.from.bytes);
        add_some(call, ARGUMENT_ERROR, record->path.error);
        break;
    case TRACE_KIND_spawn:
        duration_ns = record->spawn.duration_ns;
        call->category = CATEGORY_PROCESS;
        add_some(call, ARGUMENT_PID, record->spawn.pid);
        add_some(call, ARGUMENT_ERROR, record->spawn.error);
        if (record->spawn.path.bytes)
            call->file = perfetto_text(perfetto, record->spawn.path.data, record->spawn.path.bytes);
        break;
    case TRACE_KIND_child:
        duration_ns = record->child.duration_ns;
        call->category = CATEGORY_PROCESS;
        add_number(call, ARGUMENT_PID, record->child.pid);
        break;
    default: return false;
    }
    call->name = hook_name(perfetto, process, hook, record->kind);
    call->end_ns = record->time_ns;
    call->start_ns = duration_ns < record->time_ns ? record->time_ns - duration_ns : 0;
    return true;
}

/* Row calls are added up: their slice goes from the first to the last one, and may overlap that of other rows. */
static void add_rows(struct perfetto *perfetto, const struct call_process *process, struct call_stream *stream,
                     const struct trace_record *record)
{
    const struct trace_rows *rows = &record->rows;
    if (rows->first_ns > rows->last_ns || rows->last_ns > record->time_ns)
        return; /* no such stretch */
    struct call call = {.start_ns = rows->first_ns,
                        .end_ns = rows->last_ns,
                        .category = CATEGORY_ROWS,
                        .role = rows->role,
                        .name = hook_name(perfetto, process, rows->hook, record->kind),
                        .session = rows->session};
    add_number(&call, ARGUMENT_CALLS, rows->calls);
    add_number(&call, ARGUMENT_BUSY_NS, rows->duration_ns);
    add_some(&call, ARGUMENT_IO_NS, rows->io_ns);
    perfetto_beside(perfetto, &stream->rows, stream->track, "row calls, first to last", &call);
}

static void count_memory(struct perfetto *perfetto, struct call_process *process, unsigned which, uint64_t time_ns,
                         uint64_t bytes)
{
    if (bytes > INT64_MAX)
        return; /* unknown */
    if (!process->counters[which]) {
        process->counters[which] = perfetto_new_track(perfetto);
        perfetto_describe_counter(perfetto, process->counters[which], perfetto_process_track(process->index - 1),
                                  which ? "Heap" : "RSS", COUNTER_BYTES);
    }
    perfetto_count(perfetto, process->counters[which], time_ns, bytes);
}

static void end_process(struct call_process *process)
{
    free(process->hooks);
    free(process->files);
    process->hooks = NULL;
    process->files = NULL;
    process->hook_count = 0;
}

void perfetto_calls_record(struct perfetto *perfetto, const struct trace_record *record,
                           const struct reader_origin *origin)
{
    struct call_process *process = process_of(perfetto, origin->process, origin->pid);
    if (!process)
        return;
    struct call_stream *stream = stream_of(perfetto, process, record, origin->stream);
    struct call call = {.start_ns = 0};
    if (call_of(perfetto, process, record, &call)) {
        const struct trace_codec_call *codec = &record->codec_call;
        /* One without a length is a note that the call around it makes as it begins. */
        bool outermost = record->kind == TRACE_KIND_codec_call && !codec->depth && !codec->inside && codec->duration_ns;
        perfetto_nest(perfetto, &stream->nest, stream->track, &call, outermost);
        return;
    }
    switch (record->kind) {
    case TRACE_KIND_rows: add_rows(perfetto, process, stream, record); break;
    case TRACE_KIND_hook: know_hook(perfetto, process, &record->hook); break;
    case TRACE_KIND_sample: count_memory(perfetto, process, 0, record->time_ns, record->sample.rss_bytes); break;
    case TRACE_KIND_heap: count_memory(perfetto, process, 1, record->time_ns, (uint64_t)record->heap.live_bytes); break;
    case TRACE_KIND_thread_name:
        perfetto_describe_thread(perfetto, process->index - 1, record->thread_name.tid, record->thread_name.name);
        break;
    case TRACE_KIND_thread_end: end_thread(perfetto, stream); break;
    case TRACE_KIND_process_end: end_thread(perfetto, stream); break;
    default: break;
    }
}

void perfetto_calls_finish(struct perfetto *perfetto)
{
    for (size_t i = 0; i < perfetto->streams_capacity; i++)
        end_thread(perfetto, &perfetto->streams[i]);
    for (size_t i = 0; i < perfetto->processes_capacity; i++)
        end_process(&perfetto->processes[i]);
    free(perfetto->streams);
    free(perfetto->processes);
    free(perfetto->taken);
}
