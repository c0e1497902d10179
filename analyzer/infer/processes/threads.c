/* SPDX-License-Identifier: MIT
 * Owns: the threads of a process: which one a stream records, their names and ends.
 * Must not know: images, stages, what a thread's time is spent on. */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/threads.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

/* A place in the list that the report shows, as long as there is one. */
static void list(struct timeline *thread, struct process *model)
{
    if (!thread->tid) /* a stream that does not say whose records it holds */
        return;
    model->threads_total++;
    if (model->thread_count == THREADS_LISTED)
        return;
    if (!model->threads)
        model->threads = memory_zeroed(THREADS_LISTED, sizeof *model->threads);
    model->threads[model->thread_count++] = (struct process_thread){
        .tid = thread->tid,
        .start_ns = thread->start_ns,
        .end_ns = UNKNOWN,
        .cpu_ns = UNKNOWN,
        .alloc_calls = UNKNOWN,
        .free_calls = UNKNOWN,
    };
    thread->listed = (uint32_t)model->thread_count;
}

struct timeline *infer_thread(struct process_state *process, struct process *model, uint32_t tid, uint64_t start_ns)
{
    size_t known = (size_t)(uintptr_t)id_map_get(&process->live_threads, tid);
    if (known && process->threads[known - 1].start_ns == start_ns)
        return &process->threads[known - 1];
    struct timeline *thread = MEMORY_APPEND(process, threads);
    *thread = (struct timeline){
        .tid = tid, .start_ns = start_ns, .first_image_ns = UNKNOWN, .on_cpu_ns = UNKNOWN, .run_queue_ns = UNKNOWN};
    list(thread, model);
    id_map_put(&process->live_threads, tid, (void *)(uintptr_t)process->threads_count);
    return thread;
}

static struct process_thread *listed(const struct event *event, const struct timeline *thread)
{
    return thread->listed ? &event->model->threads[thread->listed - 1] : NULL;
}

void infer_thread_began(struct event *event, uint64_t start_ns)
{
    struct process_thread *shown = listed(event, event->thread);
    event->thread->start_ns = start_ns;
    if (shown)
        shown->start_ns = start_ns;
}

static void name(struct event *event, const struct timeline *thread, const struct trace_text *text)
{
    struct process_thread *shown = listed(event, thread);
    if (!shown || !text->bytes)
        return;
    free(shown->name);
    shown->name = memory_text(text->data, text->bytes);
}

/* A thread may name another one. */
static void name_record(struct event *event)
{
    const struct trace_thread_name *record = &event->record->thread_name;
    size_t known = (size_t)(uintptr_t)id_map_get(&event->process->live_threads, record->tid);
    if (known)
        name(event, &event->process->threads[known - 1], &record->name);
}

static void end_record(struct event *event)
{
    const struct trace_thread_end *end = &event->record->thread_end;
    struct timeline *thread = event->thread;
    bool main = thread->tid == event->model->pid;
    infer_time_reading(event, end->cpu_ns);
    /* The main thread's life is the program's start and its waiting, not help for an image. */
    if (!thread->owner && !main)
        event->process->helper_cpu_ns += end->cpu_ns;
    /* The main thread's record comes at the end of the process, which may go on with another thread's. */
    thread->ended = !main;
    if (thread->ended && id_map_get(&event->process->live_threads, thread->tid) ==
                             (void *)(uintptr_t)(thread - event->process->threads + 1))
        id_map_remove(&event->process->live_threads, thread->tid);
    struct process_thread *shown = listed(event, thread);
    if (!shown)
        return;
    /* What the pid used before exec was another program's. */
    uint64_t before_ns = main ? event->process->start_cpu_ns : 0;
    shown->end_ns = event->end_ns;
    shown->cpu_ns = end->cpu_ns >= before_ns ? end->cpu_ns - before_ns : UNKNOWN;
    shown->alloc_calls = end->alloc_calls;
    shown->free_calls = end->free_calls;
    shown->heap_bytes = end->heap_bytes;
}

/* Also of a thread that is still running when the process ends: the one that ends it tells of all. */
static void schedule_record(struct event *event)
{
    const struct trace_thread_schedule *record = &event->record->thread_schedule;
    size_t known = (size_t)(uintptr_t)id_map_get(&event->process->live_threads, record->tid);
    if (!known)
        return;
    struct timeline *thread = &event->process->threads[known - 1];
    thread->on_cpu_ns = record->on_cpu_ns;
    thread->run_queue_ns = record->run_queue_ns;
}

/* What the scheduler says of the threads that worked on images. A main thread that owned none only waited for them. */
static void add_schedule(struct process *model, const struct timeline *thread)
{
    if (thread->on_cpu_ns == UNKNOWN || (thread->tid == model->pid && !thread->owner))
        return;
    model->on_cpu_ns = (model->on_cpu_ns == UNKNOWN ? 0 : model->on_cpu_ns) + thread->on_cpu_ns;
    model->run_queue_ns = (model->run_queue_ns == UNKNOWN ? 0 : model->run_queue_ns) + thread->run_queue_ns;
}

/* CPU of the process that neither its main thread nor owners of images used. Helpers often outlive the last image, so
 * that no end of theirs tells what they used: it is what is left of the process's. */
static uint64_t helpers_of(const struct process_state *process, const struct process *model)
{
    uint64_t others_ns = model->own_cost_ns == UNKNOWN ? 0 : model->own_cost_ns;
    size_t helpers = 0;
    for (size_t i = 0; i < process->threads_count; i++) {
        const struct timeline *thread = &process->threads[i];
        bool main = thread->tid == model->pid;
        if (!main && !thread->owner) {
            helpers++;
            continue;
        }
        uint64_t used_ns = thread->cpu_ns;
        if (thread->on_cpu_ns != UNKNOWN && thread->on_cpu_ns > used_ns)
            used_ns = thread->on_cpu_ns;
        if (main) /* what the pid used before exec was another program's */
            used_ns -= process->start_cpu_ns < used_ns ? process->start_cpu_ns : used_ns;
        others_ns += used_ns;
    }
    if (helpers && model->cpu_ns == UNKNOWN)
        return UNKNOWN;
    if (!helpers || model->cpu_ns < others_ns)
        return process->helper_cpu_ns;
    uint64_t left_ns = model->cpu_ns - others_ns;
    return left_ns > process->helper_cpu_ns ? left_ns : process->helper_cpu_ns;
}

void infer_threads_finish(struct event *event)
{
    for (size_t i = 0; i < event->process->threads_count; i++)
        add_schedule(event->model, &event->process->threads[i]);
    event->process->helpers_cpu_ns = helpers_of(event->process, event->model);
    for (size_t i = 0; !event->process->heap_known && i < event->model->thread_count; i++)
        event->model->threads[i].alloc_calls = event->model->threads[i].free_calls = UNKNOWN;
}

void infer_thread_record(struct event *event)
{
    switch (event->record->kind) {
    case TRACE_KIND_thread: name(event, event->thread, &event->record->thread.name); break;
    case TRACE_KIND_thread_name: name_record(event); break;
    case TRACE_KIND_thread_end: end_record(event); break;
    case TRACE_KIND_thread_schedule: schedule_record(event); break;
    default: break;
    }
}
