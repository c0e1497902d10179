/* SPDX-License-Identifier: MIT
 * Owns: workers: threads that owned images, and one-image processes packed into as many lanes as ran at once.
 * Must not know: records, stages. */
#include <stdlib.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/images.h"
#include "analyzer/infer/state/state.h"

/* A thread with its images. */
struct unit {
    uint32_t process, tid, pool;
    uint64_t start_ns, end_ns, init_ns, busy_ns, wait_ns, cpu_ns, io_ns, run_queue_ns;
    uint64_t first_ns, last_ns;    /* of its images; start_ns and end_ns may be those of its process */
    uint32_t tasks, worker, chain; /* chain: of its only image, or NO_ID */
    bool packable;                 /* a process with this one owner thread */
};

/* The pool a process works in: whoever started its topmost traced ancestor. One-image processes of one pool may follow
 * each other in a lane, whether an xargs that is traced started them or a shell that is not. */
static uint32_t pool_of(const struct run *run, uint32_t process)
{
    uint32_t pool = process;
    for (unsigned depth = 0; depth < 64 && run->processes[pool].parent != NO_ID; depth++)
        pool = run->processes[pool].parent;
    return run->processes[pool].ppid;
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
    return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns ? 1 : by_owner(a, b);
}

/* The process's threads that owned images, by tid. */
static void find_owners(const struct process_state *process, struct id_map *owners)
{
    for (size_t i = process->threads_count; i-- > 0;)
        if (process->threads[i].owner)
            id_map_put(owners, process->threads[i].tid, &process->threads[i]);
}

static uint64_t add_known(uint64_t sum, uint64_t part)
{
    return sum == UNKNOWN || part == UNKNOWN ? UNKNOWN : sum + part;
}

/* The packed processes of a pool that one after the other fill a worker. Those of a pipeline work on one image at the
 * same time: they are one worker, too. */
struct lane {
    uint32_t pool, chain; /* chain: of the last one */
    uint64_t end_ns, busy_until_ns;
    size_t capacity; /* of the worker's members */
};

/* Of the unit's busy time, what lies behind that of those before it in the lane. */
static uint64_t busy_beyond(struct lane *lane, const struct unit *unit)
{
    uint64_t until_ns = lane->busy_until_ns, span_ns = unit->last_ns - unit->first_ns;
    if (unit->last_ns > until_ns)
        lane->busy_until_ns = unit->last_ns;
    if (unit->first_ns >= until_ns || !span_ns)
        return unit->busy_ns;
    if (unit->last_ns <= until_ns)
        return 0;
    return (uint64_t)((double)unit->busy_ns * (double)(unit->last_ns - until_ns) / (double)span_ns);
}

static bool is_member(const struct worker *worker, uint32_t pid, uint32_t tid)
{
    for (size_t i = 0; i < worker->member_count; i++)
        if (worker->members[i].pid == pid && worker->members[i].tid == tid)
            return true;
    return false;
}

static void add_member(struct worker *worker, struct lane *lane, const struct unit *unit, uint32_t pid)
{
    if (!worker->member_count || unit->first_ns < worker->start_ns)
        worker->start_ns = unit->first_ns;
    if (unit->last_ns > worker->end_ns)
        worker->end_ns = unit->last_ns;
    bool known = is_member(worker, pid, unit->tid); /* of an earlier stretch of the recording */
    worker->io_ns += unit->io_ns;
    worker->wait_ns += unit->wait_ns;
    worker->run_queue_ns = add_known(worker->run_queue_ns, unit->run_queue_ns);
    if (!known) {
        void *members = worker->members;
        memory_grow(&members, &lane->capacity, worker->member_count, sizeof *worker->members);
        worker->members = members;
        worker->members[worker->member_count++] = (struct worker_member){pid, unit->tid};
        worker->init_ns = add_known(worker->init_ns, unit->init_ns);
    }
    worker->tasks += unit->tasks;
    worker->active_ns += busy_beyond(lane, unit);
    worker->cpu_ns = add_known(worker->cpu_ns, unit->cpu_ns);
}

/* The scheduler counts in the thread's life. A thread waits for a CPU as often as it uses one: its images have the part
 * of that time that they have of its CPU. */
static uint64_t run_queue_of(const struct timeline *thread, uint64_t images_cpu_ns)
{
    if (!thread || thread->run_queue_ns == UNKNOWN || images_cpu_ns == UNKNOWN || !thread->on_cpu_ns)
        return UNKNOWN;
    double part = (double)images_cpu_ns / (double)thread->on_cpu_ns;
    return (uint64_t)((double)thread->run_queue_ns * (part < 1 ? part : 1));
}

/* Sums the images by owner thread; returns the number of units. */
static size_t gather(const struct infer *infer, struct unit *units)
{
    const struct run *run = infer->run;
    size_t count = 0;
    for (size_t i = 0; i < run->image_count; i++) {
        const struct image *image = &run->images[i];
        uint64_t span_ns = image->end_ns - image->start_ns;
        units[i] = (struct unit){.process = image->process,
                                 .tid = image->tid,
                                 .start_ns = image->start_ns,
                                 .end_ns = image->end_ns,
                                 .busy_ns = image->busy_ns,
                                 .wait_ns = span_ns > image->busy_ns ? span_ns - image->busy_ns : 0,
                                 .cpu_ns = image->cpu_thread_ns,
                                 .io_ns = image->stage_ns[STAGE_IMAGE_READ] + image->stage_ns[STAGE_IMAGE_WRITE],
                                 .chain = image->chain,
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
        unit->wait_ns += units[i].wait_ns;
        unit->io_ns += units[i].io_ns;
        unit->cpu_ns = add_known(unit->cpu_ns, units[i].cpu_ns);
        unit->chain = NO_ID;
        unit->tasks++;
    }
    struct id_map owners = {NULL, 0, 0};
    for (size_t i = 0; i < count; i++) {
        struct unit *unit = &units[i];
        const struct process *process = &run->processes[unit->process];
        if (!i || units[i - 1].process != unit->process) {
            id_map_release(&owners);
            find_owners(infer->processes[unit->process], &owners);
        }
        const struct timeline *thread = id_map_get(&owners, unit->tid);
        bool neighbours =
            (i && units[i - 1].process == unit->process) || (i + 1 < count && units[i + 1].process == unit->process);
        unit->packable = !neighbours;
        unit->first_ns = unit->start_ns;
        unit->last_ns = unit->end_ns;
        unit->pool = unit->packable ? pool_of(run, unit->process) : NO_ID;
        unit->run_queue_ns = run_queue_of(thread, unit->cpu_ns);
        if (thread && thread->first_image_ns != UNKNOWN && thread->first_image_ns > thread->start_ns)
            unit->init_ns = thread->first_image_ns - thread->start_ns;
        if (process->resumed && !(thread && thread->start_ns > process->start_ns))
            unit->init_ns = UNKNOWN; /* it had begun before it was recorded */
        if (unit->packable) {        /* the lane is taken as long as the process lives */
            unit->start_ns = process->start_ns;
            unit->end_ns = process->end_ns > unit->end_ns ? process->end_ns : unit->end_ns;
        }
    }
    id_map_release(&owners);
    return count;
}

/* The lane that the unit continues, or a new one. */
static size_t lane_of(struct infer *infer, struct lane *lanes, const struct unit *unit)
{
    struct run *run = infer->run;
    const struct process *process = &run->processes[unit->process];
    for (size_t i = 0; process->resumed && i < run->worker_count; i++)
        if (is_member(&run->workers[i], process->pid, unit->tid))
            return i;
    for (size_t i = 0; unit->packable && unit->chain != NO_ID && i < run->worker_count; i++)
        if (lanes[i].pool == unit->pool && lanes[i].chain == unit->chain)
            return i;
    for (size_t i = 0; unit->packable && i < run->worker_count; i++)
        if (lanes[i].pool == unit->pool && lanes[i].end_ns <= unit->start_ns)
            return i;
    void *workers = run->workers;
    memory_grow(&workers, &infer->workers_capacity, run->worker_count, sizeof *run->workers);
    run->workers = workers;
    lanes[run->worker_count].pool = unit->packable ? unit->pool : NO_ID;
    return run->worker_count++;
}

static void name_workers(struct run *run, const struct unit *units, size_t count)
{
    for (size_t i = 0; i < run->image_count; i++) {
        struct unit key = {.process = run->images[i].process, .tid = run->images[i].tid};
        const struct unit *unit = bsearch(&key, units, count, sizeof *units, by_owner);
        run->images[i].worker = unit->worker;
    }
}

void infer_workers_finish(struct infer *infer)
{
    struct run *run = infer->run;
    struct unit *units = memory_zeroed(run->image_count, sizeof *units);
    size_t count = gather(infer, units);
    struct lane *lanes = memory_zeroed(count, sizeof *lanes);
    qsort(units, count, sizeof *units, by_start);
    uint64_t first_ns = UNKNOWN, last_ns = 0;
    for (size_t i = 0; i < run->image_count; i++) {
        first_ns = run->images[i].start_ns < first_ns ? run->images[i].start_ns : first_ns;
        last_ns = run->images[i].end_ns > last_ns ? run->images[i].end_ns : last_ns;
    }
    for (size_t i = 0; i < count; i++) {
        size_t lane = lane_of(infer, lanes, &units[i]);
        lanes[lane].end_ns = units[i].end_ns > lanes[lane].end_ns ? units[i].end_ns : lanes[lane].end_ns;
        lanes[lane].chain = units[i].packable ? units[i].chain : NO_ID;
        add_member(&run->workers[lane], &lanes[lane], &units[i], run->processes[units[i].process].pid);
        units[i].worker = (uint32_t)lane;
    }
    uint64_t window_ns = last_ns > first_ns ? last_ns - first_ns : 0;
    for (size_t p = 1; p < run->period_count && window_ns; p++) { /* a pause is nobody's idle time */
        uint64_t from_ns = run->periods[p - 1][1], to_ns = run->periods[p][0];
        from_ns = from_ns > first_ns ? from_ns : first_ns;
        to_ns = to_ns < last_ns ? to_ns : last_ns;
        window_ns -= to_ns > from_ns ? to_ns - from_ns : 0;
    }
    for (size_t w = 0; w < run->worker_count; w++) {
        struct worker *worker = &run->workers[w];
        worker->idle_ns = window_ns > worker->active_ns ? window_ns - worker->active_ns : 0;
    }
    qsort(units, count, sizeof *units, by_owner);
    name_workers(run, units, count);
    free(units);
    free(lanes);
}
