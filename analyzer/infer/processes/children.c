/* SPDX-License-Identifier: MIT
 * Owns: how processes were started and ended as their parents saw it, and which of them left no record.
 * Must not know: images, what a process did.
 *
 * Whoever starts another makes the trace directory first, so that a program which loads the library leaves at least its
 * beginning and end in it, and a forked child that ends by exit or _exit does, too, unless it did nothing that is
 * recorded: then its parent says so. What remains without a record: a
 * static or setuid program, one that was started without the library in its environment, one whose exec failed in a
 * child of vfork, and what was killed before its first packet was on disk. Those that were told apart have a reason. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/finish.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/parts/resources.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/reader/reader.h"

#define NAMED     3
#define NOT_FOUND 127 /* what a child ends with, by custom, when exec did not find its program */

struct started {
    uint32_t pid;
    char *path; /* or NULL */
    uint64_t start_ns;
    bool seen_start, untraced, collected;
    bool idle;  /* it left word that it had nothing to record */
    uint8_t op; /* of its start, when that was seen */
    int status; /* as wait returned it, when it was collected */
};

static void add(struct infer *infer, uint32_t pid, char *path, const char *reason, uint64_t start_ns)
{
    struct run *run = infer->run;
    void *list = run->untraced;
    memory_grow(&list, &infer->untraced_capacity, run->untraced_count, sizeof *run->untraced);
    run->untraced = list;
    run->untraced[run->untraced_count++] = (struct untraced_child){
        .pid = pid,
        .path = path,
        .reason = reason ? memory_text(reason, strlen(reason)) : NULL,
        .start_ns = start_ns,
    };
}

/* Did a process of this pid, alive since then, leave records? Of several the newest counts. */
static bool traced(const struct infer *infer, uint32_t pid, uint64_t since_ns)
{
    const struct process_state *newest = id_map_get(&infer->by_pid, pid);
    return newest && infer->run->processes[newest->index].end_ns >= since_ns;
}

static void settle(struct infer *infer, struct started *child)
{
    char text[80];
    const char *reason = NULL;
    if (child->idle || traced(infer, child->pid, child->start_ns)) {
        free(child->path);
        free(child);
        return;
    }
    if (child->untraced) {
        reason = "started without the library in its environment";
    } else if (child->collected && WIFSIGNALED(child->status)) {
        snprintf(text, sizeof text, "killed by signal %d before it left a record", WTERMSIG(child->status));
        reason = text;
    } else if (!child->seen_start) {
        reason = "how it was started was not seen";
    } else if (!child->collected) {
        reason = "its end was not seen: it may still run";
    } else if (child->op == trace_spawn_op_VFORK && WIFEXITED(child->status) &&
               WEXITSTATUS(child->status) == NOT_FOUND) {
        reason = "exit 127: as a rule, its program was not found";
    }
    add(infer, child->pid, child->path, reason, child->start_ns);
    free(child);
}

static struct started *new_child(struct infer *infer, uint32_t pid, uint64_t start_ns)
{
    struct started *child = memory_zeroed(1, sizeof *child);
    child->pid = pid;
    child->start_ns = start_ns;
    id_map_put(&infer->children, pid, child);
    return child;
}

static void spawn_record(struct event *event)
{
    const struct trace_spawn *spawn = &event->record->spawn;
    struct infer *infer = event->infer;
    char *path = spawn->path.bytes ? memory_text(spawn->path.data, spawn->path.bytes) : NULL;
    if (spawn->op == trace_spawn_op_EXEC) {
        free(event->process->exec_path);
        event->process->exec_path = path;
        event->process->exec_untraced = spawn->untraced;
        return;
    }
    if (spawn->error || !spawn->pid) {
        free(path);
        return;
    }
    struct started *child = id_map_get(&infer->children, spawn->pid);
    if (child && (child->seen_start || child->start_ns < event->start_ns)) {
        settle(infer, child); /* the kernel gives a number again when its first owner is gone */
        child = NULL;
    }
    if (!child) /* else its end was recorded before the call that started it had returned */
        child = new_child(infer, spawn->pid, event->start_ns);
    child->path = path;
    child->seen_start = true;
    child->untraced = spawn->untraced;
    child->op = spawn->op;
}

static void child_record(struct event *event)
{
    const struct trace_child *child = &event->record->child;
    struct infer *infer = event->infer;
    struct run *run = infer->run;
    int status = (int)child->status;
    if (!child->pid || (!WIFEXITED(status) && !WIFSIGNALED(status)))
        return;
    struct started *started = id_map_get(&infer->children, child->pid);
    struct process_state *state = id_map_get(&infer->by_pid, child->pid);
    while (state && run->processes[state->index].start_ns > event->end_ns)
        state = state->older;
    if (state && started && run->processes[state->index].end_ns < started->start_ns)
        state = NULL; /* another one, that had this number before */
    if (!state && !started)
        started = new_child(infer, child->pid, event->end_ns);
    if (started) {
        started->collected = true;
        started->status = status;
    }
    if (!state)
        return;
    struct process *process = &run->processes[state->index];
    if (WIFEXITED(status))
        process->exit_code = WEXITSTATUS(status);
    else
        process->signal = WTERMSIG(status);
    /* The kernel adds a child's I/O to its parent's when it is collected. */
    if (event->process->last_io_bytes != UNKNOWN && state->last_io_bytes != UNKNOWN)
        event->process->last_io_bytes += state->last_io_bytes;
    infer_resources_process_gone(infer, state, event->end_ns); /* killed: nobody else says so */
}

/* A child that ended in the step of time that begins at ended_ns, and had nothing to record. */
static void idle_child(struct infer *infer, uint32_t pid, uint64_t ended_ns, uint64_t cpu_ns, bool may_be_new)
{
    uint64_t latest_ns = ended_ns + TRACE_IDLE_END_NS - 1;
    struct started *child = id_map_get(&infer->children, pid);
    infer->run->idle_children++;
    infer->run->idle_children_cpu_ns += cpu_ns;
    if (!child && may_be_new) /* its start is recorded later, or by nobody */
        child = new_child(infer, pid, latest_ns);
    if (child && child->start_ns <= latest_ns) /* else the number is another one's by now */
        child->idle = true;
}

static void idle_child_record(struct event *event)
{
    const struct trace_idle_child *record = &event->record->idle_child;
    if (record->pid)
        idle_child(event->infer, record->pid, record->ended_ns, record->cpu_ns, true);
}

/* Children that nobody collected: their word is still in the control page. */
static void find_idle(struct infer *infer)
{
    const struct trace_control *control = reader_control(infer->reader);
    for (unsigned i = 0; i < TRACE_IDLE_CHILDREN; i++) {
        struct trace_idle left = trace_idle_unpack(control->idle_children[i]);
        if (left.pid)
            idle_child(infer, left.pid, control->start_ns + left.ended_ns, left.cpu_ns, false);
    }
}

void infer_child_record(struct event *event)
{
    switch (event->record->kind) {
    case TRACE_KIND_process_end:
        event->process->exec_tid = event->record->process_end.how == trace_ending_REPLACED ? event->thread->tid : 0;
        break;
    case TRACE_KIND_spawn: spawn_record(event); break;
    case TRACE_KIND_child: child_record(event); break;
    case TRACE_KIND_idle_child: idle_child_record(event); break;
    default: break;
    }
}

/* Programs that replaced a traced one and left no record of their own. */
static void find_replacements(struct infer *infer)
{
    for (size_t i = 0; i < infer->processes_count; i++) {
        struct process_state *process = infer->processes[i];
        const struct process *model = &infer->run->processes[i];
        if (!process->exec_tid || !model->pid || id_map_get(&infer->by_pid, model->pid) != process)
            continue;
        add(infer, model->pid, process->exec_path,
            process->exec_untraced ? "started without the library in its environment" : NULL, model->end_ns);
        process->exec_path = NULL;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct untraced_child *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void say(struct infer *infer)
{
    const struct run *run = infer->run;
    char names[400];
    size_t used = 0;
    for (size_t i = 0; i < run->untraced_count && i < NAMED; i++) {
        const struct untraced_child *child = &run->untraced[i];
        char number[24];
        snprintf(number, sizeof number, "pid %" PRIu32, child->pid);
        int length = snprintf(names + used, sizeof names - used, "%s%.60s%s%s%s", i ? ", " : "",
                              child->path ? child->path : number, child->reason ? " (" : "",
                              child->reason ? child->reason : "", child->reason ? ")" : "");
        used += length > 0 && (size_t)length < sizeof names - used ? (size_t)length : 0;
    }
    names[used] = '\0';
    size_t count = run->untraced_count;
    char more[32] = "";
    if (count > NAMED)
        snprintf(more, sizeof more, ", and %zu more", count - NAMED);
    infer_note(infer, "%zu child%s left no record (static, setuid, started without the library, or killed early): %s%s",
               count, count == 1 ? "" : "ren", names, more);
}

void infer_children_finish(struct infer *infer)
{
    struct started *child;
    find_idle(infer);
    for (size_t at = 0; (child = id_map_next(&infer->children, &at));)
        settle(infer, child);
    id_map_release(&infer->children);
    find_replacements(infer);
    if (!infer->run->untraced_count)
        return;
    qsort(infer->run->untraced, infer->run->untraced_count, sizeof *infer->run->untraced, by_start);
    say(infer);
}
