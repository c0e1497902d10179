/* SPDX-License-Identifier: MIT
 * Owns: workers: threads that owned images, and one-image processes packed into as many lanes as ran at once.
 * Must not know: records, stages. */
#include "analyzer/infer_state.h"

#include <stdlib.h>

/* A thread with its images. */
struct unit {
    uint32_t process, tid, pool;
    uint64_t start_ns, end_ns, init_ns, busy_ns, cpu_ns;
    uint32_t tasks;
    bool packable; /* a process with this one owner thread */
};

/* The pool a process works in: the topmost traced ancestor that did not own images itself. */
static uint32_t pool_of(const struct run *run, uint32_t process)
{
    uint32_t pool = process;
    for (unsigned depth = 0; depth < 64 && run->processes[pool].parent != NO_ID; depth++)
        pool = run->processes[pool].parent;
    return pool;
}

static int by_owner(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    return x->tid < y->tid ? -1 : x->tid > y->tid ? 1 : 0;
}

static int by_start(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns ? 1 : 0;
}

static const struct timeline *timeline_of(const struct process_state *process, uint32_t tid)
{
    for (size_t i = 0; i < process->threads_count; i++)
        if (process->threads[i].tid == tid && process->threads[i].owner)
            return &process->threads[i];
    return NULL;
}

static uint64_t add_known(uint64_t sum, uint64_t part)
{
    return sum == UNKNOWN || part == UNKNOWN ? UNKNOWN : sum + part;
}

static void add_member(struct worker *worker, const struct unit *unit, uint32_t pid)
{
    size_t capacity = worker->member_count;
    void *members = worker->members;
    memory_grow(&members, &capacity, worker->member_count, sizeof *worker->members);
    worker->members = members;
    worker->members[worker->member_count++] = (struct worker_member){pid, unit->tid};
    worker->tasks += unit->tasks;
    worker->init_ns += unit->init_ns;
    worker->active_ns += unit->busy_ns;
    worker->cpu_ns = add_known(worker->cpu_ns, unit->cpu_ns);
}

/* Sums the images by owner thread; returns the number of units. */
static size_t gather(const struct infer *infer, struct unit *units)
{
    const struct run *run = infer->run;
    size_t count = 0;
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        units[i] = (struct unit){.process = image->process,
                                 .tid = image->tid,
                                 .start_ns = image->start_ns,
                                 .end_ns = image->end_ns,
                                 .busy_ns = image->busy_ns,
                                 .cpu_ns = image->cpu_thread_ns,
                                 .tasks = 1};
    }
    qsort(units, run->image_count, sizeof *units, by_owner);
    for (size_t i = 0; i < run->image_count; i++) {
        if (!count || by_owner(&units[count - 1], &units[i]) != 0) {
            units[count++] = units[i];
            continue;
        }
        struct unit *unit = &units[count - 1];
        unit->start_ns = units[i].start_ns < unit->start_ns ? units[i].start_ns : unit->start_ns;
        unit->end_ns = units[i].end_ns > unit->end_ns ? units[i].end_ns : unit->end_ns;
        unit->busy_ns += units[i].busy_ns;
        unit->cpu_ns = add_known(unit->cpu_ns, units[i].cpu_ns);
        unit->tasks++;
    }
    for (size_t i = 0; i < count; i++) {
        struct unit *unit = &units[i];
        const struct process *process = &run->processes[unit->process];
        const struct timeline *thread = timeline_of(infer->processes[unit->process], unit->tid);
        bool neighbours =
            (i && units[i - 1].process == unit->process) || (i + 1 < count && units[i + 1].process == unit->process);
        unit->packable = !neighbours && process->parent != NO_ID;
        unit->pool = unit->packable ? pool_of(run, unit->process) : NO_ID;
        if (thread && thread->first_image_ns != UNKNOWN && thread->first_image_ns > thread->start_ns)
            unit->init_ns = thread->first_image_ns - thread->start_ns;
        if (unit->packable) { /* the lane is taken as long as the process lives */
            unit->start_ns = process->start_ns;
            unit->end_ns = process->end_ns > unit->end_ns ? process->end_ns : unit->end_ns;
        }
    }
    return count;
}

void infer_workers_finish(struct infer *infer)
{
    struct run *run = infer->run;
    struct unit *units = memory_zeroed(run->image_count, sizeof *units);
    size_t count = gather(infer, units);
    uint64_t *lane_end_ns = memory_zeroed(count, sizeof *lane_end_ns);
    uint32_t *lane_pool = memory_zeroed(count, sizeof *lane_pool);
    qsort(units, count, sizeof *units, by_start);
    uint64_t first_ns = UNKNOWN, last_ns = 0;
    for (size_t i = 0; i < run->image_count; i++) {
        first_ns = run->images[i].start_ns < first_ns ? run->images[i].start_ns : first_ns;
        last_ns = run->images[i].end_ns > last_ns ? run->images[i].end_ns : last_ns;
    }
    for (size_t i = 0; i < count; i++) {
        const struct unit *unit = &units[i];
        size_t lane = run->worker_count;
        for (size_t w = 0; unit->packable && w < run->worker_count; w++)
            if (lane_pool[w] == unit->pool && lane_end_ns[w] <= unit->start_ns) {
                lane = w;
                break;
            }
        if (lane == run->worker_count) {
            void *workers = run->workers;
            memory_grow(&workers, &infer->workers_capacity, run->worker_count, sizeof *run->workers);
            run->workers = workers;
            run->worker_count++;
        }
        lane_pool[lane] = unit->packable ? unit->pool : NO_ID - 1;
        lane_end_ns[lane] = unit->end_ns;
        add_member(&run->workers[lane], unit, run->processes[unit->process].pid);
    }
    uint64_t window_ns = last_ns > first_ns ? last_ns - first_ns : 0;
    for (size_t w = 0; w < run->worker_count; w++) {
        struct worker *worker = &run->workers[w];
        worker->idle_ns = window_ns > worker->active_ns ? window_ns - worker->active_ns : 0;
    }
    for (size_t i = 0; i < run->image_count; i++)
        for (size_t w = 0; w < run->worker_count && run->images[i].worker == NO_ID; w++)
            for (size_t m = 0; m < run->workers[w].member_count; m++)
                if (run->workers[w].members[m].tid == run->images[i].tid &&
                    run->workers[w].members[m].pid == run->processes[run->images[i].process].pid)
                    run->images[i].worker = (uint32_t)w;
    free(units);
    free(lane_end_ns);
    free(lane_pool);
}
