/* SPDX-License-Identifier: MIT
 * Owns: the way of each record to the part of inference that owns its subject, and the end of a run.
 * Must not know: what the parts conclude. */
#include "analyzer/infer/infer.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/files.h"
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/images/images.h"
#include "analyzer/infer/parts/images/sessions.h"
#include "analyzer/infer/parts/images/settings.h"
#include "analyzer/infer/parts/marks.h"
#include "analyzer/infer/parts/memory.h"
#include "analyzer/infer/parts/outputs.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/parts/resources.h"
#include "analyzer/infer/parts/sites.h"
#include "analyzer/infer/parts/streams.h"
#include "analyzer/infer/parts/threads.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/reader/ahead.h"
#include "analyzer/reader/reader.h"

#define BYTES_MAX  (UINT64_C(1) << 44)
#define OFFSET_MAX (INT64_C(1) << 62)  /* 146 years */
#define CPU_MAX    (UINT64_C(1) << 60) /* 36 years */

static struct process_state *process_of(struct infer *infer, uint32_t reader_index, uint64_t time_ns)
{
    if (infer->process_of[reader_index])
        return infer->processes[infer->process_of[reader_index] - 1];
    struct run *run = infer->run;
    void *models = run->processes;
    memory_grow(&models, &infer->models_capacity, run->process_count, sizeof *run->processes);
    run->processes = models;
    run->processes[run->process_count] = (struct process){
        .parent = NO_ID,
        .exit_code = -1,
        .start_ns = time_ns,
        .cpu_ns = UNKNOWN,
        .vm_hwm_bytes = UNKNOWN,
        .baseline_rss_bytes = UNKNOWN,
        .heap_peak_bytes = UNKNOWN,
        .kernel_io_bytes = UNKNOWN,
        .own_cost_ns = UNKNOWN,
        .on_cpu_ns = UNKNOWN,
        .run_queue_ns = UNKNOWN,
        .first_image_ns = UNKNOWN,
        .alloc_calls = UNKNOWN,
        .free_calls = UNKNOWN,
        .metadata_calls = UNKNOWN,
        .metadata_ns = UNKNOWN,
    };
    struct process_state *process = memory_zeroed(1, sizeof *process);
    process->index = (uint32_t)run->process_count++;
    process->last_io_bytes = UNKNOWN;
    *MEMORY_APPEND(infer, processes) = process;
    infer->process_of[reader_index] = process->index + 1;
    return process;
}

/* Where records of a kind have their duration, as those do that describe a call; 0 = nowhere. */
#define DURATION_OF(kind) [TRACE_KIND_##kind] = offsetof(struct trace_record, kind.duration_ns)
static const uint8_t duration_at[TRACE_KIND_LIMIT] = {
    DURATION_OF(open),       DURATION_OF(close), DURATION_OF(io),    DURATION_OF(map),  DURATION_OF(path),
    DURATION_OF(codec_call), DURATION_OF(spawn), DURATION_OF(child), DURATION_OF(rows), DURATION_OF(original),
};

static uint64_t *duration_of(struct trace_record *record)
{
    return duration_at[record->kind] ? (void *)((char *)record + duration_at[record->kind]) : NULL;
}

static void limit(uint64_t *value, uint64_t most)
{
    if (*value > most)
        *value = most;
}

/* Sizes stay so small that sums of them do not wrap around. */
static void limit_bytes(uint64_t *bytes)
{
    if (*bytes != TRACE_UNKNOWN)
        limit(bytes, BYTES_MAX);
}

/* Fields may hold anything. What no process can have done in its life until then is cut down to that life. */
static void tame(struct trace_record *record, uint64_t born_ns)
{
    uint64_t now_ns = record->time_ns, life_ns = now_ns > born_ns ? now_ns - born_ns : now_ns;
    uint64_t *duration_ns = duration_of(record);
    if (duration_ns)
        limit(duration_ns, life_ns);
    switch (record->kind) {
    case TRACE_KIND_process: limit(&record->process.start_ns, now_ns); break;
    case TRACE_KIND_thread: limit(&record->thread.start_ns, now_ns); break;
    case TRACE_KIND_thread_cpu: limit(&record->thread_cpu.cpu_ns, now_ns); break;
    case TRACE_KIND_thread_schedule:
        limit(&record->thread_schedule.on_cpu_ns, now_ns);
        limit(&record->thread_schedule.run_queue_ns, now_ns);
        break;
    case TRACE_KIND_thread_end: limit(&record->thread_end.cpu_ns, now_ns); break;
    case TRACE_KIND_codec_call: limit(&record->codec_call.io_ns, *duration_ns); break;
    case TRACE_KIND_rows:
        limit(&record->rows.io_ns, *duration_ns);
        if (record->rows.first_ns > now_ns || record->rows.first_ns < now_ns - life_ns)
            record->rows.first_ns = now_ns;
        break;
    case TRACE_KIND_open: limit_bytes(&record->open.bytes); break;
    case TRACE_KIND_close:
        limit_bytes(&record->close.bytes);
        limit(&record->close.pending_bytes, BYTES_MAX);
        limit(&record->close.stdio_bytes, BYTES_MAX);
        limit(&record->close.stdio_calls, BYTES_MAX);
        break;
    case TRACE_KIND_io:
        limit(&record->io.bytes, BYTES_MAX);
        limit(&record->io.kernel_bytes, BYTES_MAX);
        break;
    case TRACE_KIND_map:
        if (record->map.file)
            limit(&record->map.bytes, BYTES_MAX);
        break;
    case TRACE_KIND_block: limit(&record->block.bytes, BYTES_MAX); break;
    case TRACE_KIND_original: limit(&record->original.bytes, BYTES_MAX); break;
    case TRACE_KIND_allocator:
        limit(&record->allocator.allocated, BYTES_MAX);
        limit(&record->allocator.active, BYTES_MAX);
        limit(&record->allocator.resident, BYTES_MAX);
        limit(&record->allocator.retained, BYTES_MAX);
        break;
    case TRACE_KIND_idle_child:
        limit(&record->idle_child.cpu_ns, life_ns);
        limit(&record->idle_child.ended_ns, now_ns);
        break;
    case TRACE_KIND_sample:
        limit_bytes(&record->sample.rss_bytes);
        limit_bytes(&record->sample.rchar);
        limit_bytes(&record->sample.wchar);
        limit_bytes(&record->sample.threads);
        limit(&record->sample.cpu_user_ns, CPU_MAX);
        limit(&record->sample.cpu_system_ns, CPU_MAX);
        break;
    case TRACE_KIND_process_end:
        limit(&record->process_end.cpu_user_ns, CPU_MAX);
        limit(&record->process_end.cpu_system_ns, CPU_MAX);
        limit_bytes(&record->process_end.vm_hwm_bytes);
        limit(&record->process_end.metadata_calls, BYTES_MAX);
        limit(&record->process_end.metadata_ns, CPU_MAX);
        limit(&record->process_end.lost_records, BYTES_MAX);
        break;
    default: break;
    }
}

/* The thread that a stream records now; a `thread` record changes it. */
static struct timeline *thread_of(struct infer *infer, struct process_state *process, const struct trace_record *record,
                                  uint32_t stream)
{
    while (infer->streams_capacity <= stream) {
        size_t capacity = infer->streams_capacity;
        void *threads = infer->stream_threads;
        memory_grow(&threads, &infer->streams_capacity, capacity, sizeof *infer->stream_threads);
        infer->stream_threads = threads;
        memset(infer->stream_threads + capacity, 0,
               (infer->streams_capacity - capacity) * sizeof *infer->stream_threads);
    }
    if (record->kind == TRACE_KIND_thread || !infer->stream_threads[stream]) {
        uint32_t tid = record->kind == TRACE_KIND_thread ? record->thread.tid : 0;
        uint64_t start_ns = record->kind == TRACE_KIND_thread ? record->thread.start_ns : record->time_ns;
        struct timeline *thread = infer_thread(process, &infer->run->processes[process->index], tid, start_ns);
        /* A thread begins with no CPU used; the main one's process says what it had. */
        if (record->kind == TRACE_KIND_thread && record->thread.creator_tid && !thread->cpu_at_ns)
            thread->cpu_at_ns = start_ns;
        infer->stream_threads[stream] = (uint32_t)(thread - process->threads) + 1;
    }
    return &process->threads[infer->stream_threads[stream] - 1];
}

/* Who looks at a record of each kind, in this order; NULL behind the last. */
typedef void looker(struct event *event);
#define LOOKERS 2
static looker *const lookers[TRACE_KIND_LIMIT][LOOKERS + 1] = {
    [TRACE_KIND_process] = {infer_process_record},
    [TRACE_KIND_host] = {infer_process_record},
    [TRACE_KIND_cgroup] = {infer_process_record},
    [TRACE_KIND_process_end] = {infer_process_record, infer_child_record},
    [TRACE_KIND_thread] = {infer_thread_record},
    [TRACE_KIND_thread_end] = {infer_thread_record},
    [TRACE_KIND_thread_cpu] = {infer_process_record},
    [TRACE_KIND_spawn] = {infer_child_record},
    [TRACE_KIND_child] = {infer_child_record},
    [TRACE_KIND_idle_child] = {infer_child_record},
    [TRACE_KIND_open] = {infer_open_record},
    [TRACE_KIND_close] = {infer_facts_record, infer_close_record}, /* in this order: it may end the description */
    [TRACE_KIND_io] = {infer_io_record},
    [TRACE_KIND_map] = {infer_map_record, infer_mapping_record},
    [TRACE_KIND_path] = {infer_path_record},
    [TRACE_KIND_chdir] = {infer_path_record},
    [TRACE_KIND_head] = {infer_head_record},
    [TRACE_KIND_hook] = {infer_process_record},
    [TRACE_KIND_codec_call] = {infer_codec_record},
    [TRACE_KIND_rows] = {infer_rows_record},
    [TRACE_KIND_session_link] = {infer_link_record},
    [TRACE_KIND_codec_setting] = {infer_setting_record},
    [TRACE_KIND_quantization] = {infer_quantization_record},
    [TRACE_KIND_block] = {infer_block_record},
    [TRACE_KIND_heap] = {infer_heap_record},
    [TRACE_KIND_sample] = {infer_sample_record},
    [TRACE_KIND_module] = {infer_process_record, infer_site_record},
    [TRACE_KIND_notice] = {infer_process_record},
    [TRACE_KIND_thread_name] = {infer_thread_record},
    [TRACE_KIND_allocator] = {infer_allocator_record},
    [TRACE_KIND_heap_sizes] = {infer_allocator_record},
    [TRACE_KIND_frame] = {infer_site_record},
    [TRACE_KIND_file_state] = {infer_facts_record},
    [TRACE_KIND_thread_schedule] = {infer_thread_record},
    [TRACE_KIND_mark] = {infer_mark_record},
    [TRACE_KIND_original] = {infer_original_record},
};

static void handle(struct infer *infer, struct trace_record *record, const struct reader_origin *origin)
{
    if (record->kind == TRACE_KIND_tree_sample) { /* of `imgbench run`, which is no part of the run */
        infer_tree_sample(infer, &record->tree_sample, record->time_ns);
        return;
    }
    if (!infer->run->records)
        infer->run->start_ns = record->time_ns; /* an earlier process start moves it back */
    struct process_state *process = process_of(infer, origin->process, record->time_ns);
    tame(record, infer->run->processes[process->index].start_ns);
    const uint64_t *duration_ns = duration_of(record);
    struct event event = {
        .infer = infer,
        .record = record,
        .process = process,
        .model = &infer->run->processes[process->index],
        .end_ns = record->time_ns,
        .start_ns = record->time_ns - (duration_ns && record->kind != TRACE_KIND_rows ? *duration_ns : 0),
    };
    event.thread = thread_of(infer, process, record, origin->stream);
    if (!event.model->pid && origin->pid)
        infer_process_has_pid(infer, process, origin->pid);
    event.model->records++;
    infer->run->records++;
    infer->last_ns = record->time_ns;
    if (!event.model->ended || record->time_ns > event.model->end_ns)
        event.model->end_ns = record->time_ns;
    if (process->exec_tid && event.thread->tid == process->exec_tid && record->kind != TRACE_KIND_process_end)
        process->exec_tid = 0; /* exec failed: the program goes on */
    for (looker *const *look = lookers[record->kind]; *look; look++)
        (*look)(&event);
}

static void finish_process(struct infer *infer, uint32_t reader_index)
{
    if (!infer->process_of[reader_index])
        return;
    struct process_state *process = infer->processes[infer->process_of[reader_index] - 1];
    struct process *model = &infer->run->processes[process->index];
    struct event event = {.infer = infer, .process = process, .model = model, .end_ns = model->end_ns};
    uint64_t since_ns;
    uint32_t hook = reader_in_flight(infer->reader, reader_index, &since_ns);
    uint64_t discarded = reader_discarded(infer->reader, reader_index);
    model->damaged = reader_process_damages(infer->reader, reader_index) > 0 || (!model->ended && discarded);
    if (!model->ended) {
        model->lost_records = discarded;
        if (hook) {
            const char *name = infer_hook_name(process, hook);
            model->in_flight = memory_text(name, strlen(name));
            unsigned role = infer_hook_role(process, hook);
            if (process->latest && (role == trace_role_ENCODE || role == trace_role_PIPELINE))
                process->latest->encode_seen = process->latest->cut_in_encode =
                    true; /* what came before was no encoding */
        }
        if (!model->signal && !model->damaged)
            infer_note(infer, "pid %u has no recorded end (killed, or still running): what it did last may be missing",
                       model->pid);
        if (process->last_cpu_ns > process->start_cpu_ns) /* up to its last sample */
            model->cpu_ns = process->last_cpu_ns - process->start_cpu_ns;
    }
    infer->run->lost_records += model->lost_records;
    infer_threads_finish(&event);
    infer_files_finish(&event);
}

static void find_usable_cpus(struct run *run)
{
    run->host.usable_cpus = NAN;
    for (size_t i = 0; i < run->process_count; i++)
        if (run->processes[i].usable_cpus && !(run->host.usable_cpus >= run->processes[i].usable_cpus))
            run->host.usable_cpus = run->processes[i].usable_cpus;
    if (run->host.cgroup_quota_us != UNKNOWN && run->host.cgroup_period_us != UNKNOWN && run->host.cgroup_period_us &&
        run->host.cgroup_quota_us) {
        double quota = (double)run->host.cgroup_quota_us / (double)run->host.cgroup_period_us;
        if (!(run->host.usable_cpus <= quota))
            run->host.usable_cpus = quota;
    }
}

static void free_state(struct infer *infer)
{
    for (size_t i = 0; infer->path_now && i < infer->run->file_count; i++)
        free(infer->path_now[i]);
    free(infer->path_now);
    free(infer->written);
    for (size_t p = 0; p < infer->processes_count; p++) {
        struct process_state *process = infer->processes[p];
        struct hook_info *hook;
        for (size_t at = 0; (hook = id_map_next(&process->hooks, &at));) {
            free(hook->name);
            free(hook);
        }
        free(process->threads);
        id_map_release(&process->hooks);
        id_map_release(&process->live_threads);
        id_map_release(&process->directories);
        free(process->blocks);
        tdestroy(process->mappings, free);
        free(process->root);
        free(process->exec_path);
        for (unsigned k = 0; k < NAMED_OUTPUTS; k++)
            free(process->named[k].path);
        infer_sites_release(&process->sites);
        free(process);
    }
    free(infer->processes);
    free(infer->alive);
    infer_streams_release(infer);
    infer_tables_release(infer);
    free(infer->settings_at);
    id_map_release(&infer->by_pid);
    free(infer->process_of);
    free(infer->stream_threads);
    free(infer->inode_heads);
    free(infer->inode_links);
    free(infer->path_heads);
    free(infer->path_links);
}

struct run *infer_run_with(struct reader *reader, struct outside *outside, const char *trace_path,
                           infer_progress *progress, void *context)
{
    struct infer infer = {.reader = reader, .outside = outside, .run = memory_zeroed(1, sizeof *infer.run)};
    struct run *run = infer.run;
    run->trace_path = memory_text(trace_path, strlen(trace_path));
    run->realtime_offset_ns = reader_control(reader)->realtime_offset_ns;
    run->originals.wanted = reader_control(reader)->keeps != 0;
    run->host = (struct host){.load = NAN,
                              .memory_bytes = UNKNOWN,
                              .cgroup_quota_us = UNKNOWN,
                              .cgroup_period_us = UNKNOWN,
                              .cgroup_throttled_us = UNKNOWN,
                              .cgroup_memory_limit = UNKNOWN,
                              .cgroup_memory_peak = UNKNOWN,
                              .cgroup_oom_kills = UNKNOWN};
    run->peak_rss_bytes = run->peak_rss_ns = UNKNOWN;
    run->peak_composition = (struct memory_composition){UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    run->peak_process = run->allocator.process = run->blocks_peak_process = NO_ID;
    run->blocks_peak_bytes = run->blocks_peak_ns = UNKNOWN;
    infer.process_of = memory_zeroed(reader_process_count(reader), sizeof *infer.process_of);
    struct reader_ahead *ahead = memory_checked(reader_ahead_begin(reader));
    for (struct reader_batch *batch; (batch = reader_ahead_next(ahead));) {
        for (size_t i = 0; i < batch->count; i++)
            handle(&infer, &batch->records[i], &batch->origins[i]);
        if (progress)
            progress(context, batch->done_ratio);
    }
    reader_ahead_end(ahead);
    infer_missing(&infer);
    for (uint32_t i = 0; i < reader_process_count(reader); i++)
        finish_process(&infer, i);
    /* A moment is this plus a time of the trace: the sum must fit. */
    if (run->realtime_offset_ns > OFFSET_MAX || run->realtime_offset_ns < -OFFSET_MAX)
        run->realtime_offset_ns = 0;
    infer_children_finish(&infer);
    infer_periods(run);
    infer_pauses(&infer);
    find_usable_cpus(run);
    infer_resources_finish(&infer);
    infer_facts_finish(&infer);
    infer_images_finish(&infer);
    infer_workers_finish(&infer);
    infer_unhooked_finish(&infer);
    infer_sites_finish(&infer);
    infer_marks_finish(&infer);
    infer_outside_finish(&infer);
    free_state(&infer);
    return run;
}
