/* SPDX-License-Identifier: MIT
 * Owns: processes, host, mapped libraries and what the recording says about itself.
 * Must not know: images, stages. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/parts/resources.h"
#include "analyzer/infer/parts/threads.h"
#include "analyzer/infer/parts/time.h"
#include "analyzer/infer/state/state.h"

void infer_note(struct infer *infer, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    struct run *run = infer->run;
    for (size_t i = 0; i < run->note_count; i++)
        if (strcmp(run->notes[i], text) == 0)
            return;
    if (run->note_count == 64)
        return;
    void *notes = run->notes;
    memory_grow(&notes, &infer->notes_capacity, run->note_count, sizeof *run->notes);
    run->notes = notes;
    run->notes[run->note_count++] = memory_text(text, strlen(text));
}

const char *infer_hook_name(const struct process_state *process, unsigned hook)
{
    const struct hook_info *info = id_map_get(&process->hooks, hook);
    return info ? info->name : "a call that has no name yet";
}

unsigned infer_hook_role(const struct process_state *process, unsigned hook)
{
    const struct hook_info *info = id_map_get(&process->hooks, hook);
    return info ? info->role : 0;
}

void infer_process_has_pid(struct infer *infer, struct process_state *process, uint32_t pid)
{
    struct process *model = &infer->run->processes[process->index];
    if (model->pid || !pid) /* its directory's name, if that says one, is where others look for it */
        return;
    model->pid = pid;
    process->older = id_map_get(&infer->by_pid, pid);
    id_map_put(&infer->by_pid, pid, process);
}

/* Arguments as a shell line, quoted where a shell would need it. */
static char *command_line(char *const *argv, size_t argc)
{
    size_t bytes = 1;
    for (size_t i = 0; i < argc; i++)
        bytes += strlen(argv[i]) * 4 + 3;
    char *line = memory_zeroed(bytes, 1), *at = line;
    for (size_t i = 0; i < argc; i++) {
        if (i)
            *at++ = ' ';
        bool plain = argv[i][0] && !argv[i][strcspn(argv[i], " \t\n'\"\\$`*?[]{}()<>|&;#~!")];
        if (!plain)
            *at++ = '\'';
        for (const char *c = argv[i]; *c; c++) {
            if (*c == '\'') {
                memcpy(at, "'\\''", 4);
                at += 4;
            } else {
                *at++ = *c;
            }
        }
        if (!plain)
            *at++ = '\'';
    }
    return line;
}

static void split_arguments(struct process *model, const struct trace_text *argv)
{
    size_t count = 0;
    for (uint64_t i = 0; i < argv->bytes; i++)
        count += argv->data[i] == '\0';
    if (argv->bytes && argv->data[argv->bytes - 1])
        count++; /* cut off by its length limit */
    model->argv = memory_zeroed(count + 1, sizeof *model->argv);
    for (uint64_t at = 0; at < argv->bytes && model->argc < count;) {
        size_t length = strnlen(argv->data + at, argv->bytes - at);
        model->argv[model->argc++] = memory_text(argv->data + at, length);
        at += length + 1;
    }
    model->command = command_line(model->argv, model->argc);
}

/* The traced process that started this one: its parent's last image so far, or what was there before exec. */
static uint32_t parent_of(const struct infer *infer, const struct trace_process *start, uint32_t self)
{
    /* Processes stand in the order of their first records, so an earlier one has a smaller index. */
    const struct process_state *parent = id_map_get(&infer->by_pid, start->ppid);
    while (parent && parent->index >= self)
        parent = parent->older;
    return parent ? parent->index : NO_ID;
}

/* CPU that the pid had used when this image of it began, as far as the traced image before it has reported it. */
static uint64_t cpu_before(const struct infer *infer, const struct trace_process *start,
                           const struct process_state *self)
{
    const struct process_state *before = self->older;
    while (before &&
           (infer->run->processes[before->index].start_ns >= start->start_ns || before->last_cpu_ns > start->cpu_ns))
        before = before->older;
    return before ? before->last_cpu_ns : 0;
}

static char *base_name(const struct trace_text *path)
{
    const char *slash = memrchr(path->data, '/', path->bytes), *name = slash ? slash + 1 : path->data;
    return memory_text(name, path->bytes - (size_t)(name - path->data));
}

static void start_record(struct event *event)
{
    const struct trace_process *start = &event->record->process;
    struct infer *infer = event->infer;
    struct process *model = event->model;
    struct run *run = infer->run;
    if (model->exe)
        return;
    uint32_t self = event->process->index;
    infer_process_has_pid(infer, event->process, start->pid);
    model->ppid = start->ppid;
    model->parent = parent_of(infer, start, self);
    model->exe = memory_text(start->exe.data, start->exe.bytes);
    const char *slash = strrchr(model->exe, '/');
    event->process->is_imgbench = !strcmp(slash ? slash + 1 : model->exe, "imgbench");
    free(model->cwd);
    model->cwd = memory_text(start->cwd.data, start->cwd.bytes);
    split_arguments(model, &start->argv);
    model->start_ns = start->start_ns;
    model->forked = start->forked;
    model->resumed = start->resumed;
    model->usable_cpus = start->usable_cpus;
    event->process->rchar = start->rchar;
    event->process->wchar = start->wchar;
    event->process->io_known = start->rchar != TRACE_UNKNOWN && start->wchar != TRACE_UNKNOWN;
    event->process->last_rss = event->process->is_imgbench ? 0 : start->rss_bytes;
    event->process->last_io_bytes = event->process->io_known ? start->rchar + start->wchar : UNKNOWN;
    event->process->heap_known = true;
    if (start->allocator.bytes) {
        free(model->allocator);
        model->allocator = base_name(&start->allocator);
    }
    infer_resources_process_began(infer, event->process);
    event->process->start_cpu_ns =
        start->resumed ? start->cpu_ns : cpu_before(infer, start, event->process); /* until then it was not recorded */
    event->process->last_cpu_ns = start->cpu_ns;
    event->process->last_cpu_at_ns = start->start_ns;
    event->thread->cpu_at_ns = start->start_ns;
    event->thread->cpu_ns = start->cpu_ns;
    infer_thread_began(event, start->start_ns);
    infer_path_process_began(event);
    if (!run->realtime_offset_ns)
        run->realtime_offset_ns = start->realtime_offset_ns;
    if (start->start_ns < run->start_ns)
        run->start_ns = start->start_ns;
}

static void end_record(struct event *event)
{
    const struct trace_process_end *end = &event->record->process_end;
    struct process *model = event->model;
    uint64_t cpu_ns = end->cpu_user_ns + end->cpu_system_ns;
    model->ended = true;
    model->paused = end->how == trace_ending_PAUSED;
    model->end_ns = event->end_ns;
    if (end->exit_code >= 0)
        model->exit_code = end->exit_code;
    model->cpu_ns = cpu_ns >= event->process->start_cpu_ns ? cpu_ns - event->process->start_cpu_ns : UNKNOWN;
    model->vm_hwm_bytes = end->vm_hwm_bytes;
    model->heap_peak_bytes = end->heap_known && end->heap_peak_bytes >= 0 ? (uint64_t)end->heap_peak_bytes : UNKNOWN;
    event->process->heap_known = event->process->heap_known && end->heap_known;
    model->alloc_calls = end->heap_known ? end->alloc_calls : UNKNOWN;
    model->free_calls = end->heap_known ? end->free_calls : UNKNOWN;
    model->metadata_calls = end->metadata_calls;
    model->metadata_ns = end->metadata_ns;
    if (end->heap_live_bytes < 0)
        infer_note(event->infer, "pid %u freed more heap than it was seen to allocate: its heap figures are too low",
                   model->pid);
    model->minor_faults = end->minor_faults;
    model->major_faults = end->major_faults;
    model->own_cost_ns = end->own_cost_ns;
    model->own_mapped_bytes = end->own_mapped_bytes;
    model->lost_records = end->lost_records;
    const struct process_state *begin = event->process;
    if (begin->io_known && end->rchar != TRACE_UNKNOWN && end->wchar != TRACE_UNKNOWN && end->rchar >= begin->rchar &&
        end->wchar >= begin->wchar) {
        uint64_t kernel = end->rchar - begin->rchar + end->wchar - begin->wchar;
        uint64_t others = end->own_rchar + end->own_wchar + end->reaped_rchar + end->reaped_wchar;
        model->kernel_io_bytes = kernel >= others ? kernel - others : UNKNOWN; /* they contradict each other */
        event->process->last_io_bytes = end->rchar + end->wchar;
    }
    infer_resources_process_cpu(event, cpu_ns);
    infer_resources_process_gone(event->infer, event->process, event->end_ns);
}

/* NULL where it is not known, or was taken out. */
static char *known_text(const struct trace_text *text)
{
    return text->bytes ? memory_text(text->data, text->bytes) : NULL;
}

static void host_record(struct event *event)
{
    const struct trace_host *host = &event->record->host;
    struct host *model = &event->infer->run->host;
    if (model->kernel)
        return;
    model->machine = known_text(&host->machine);
    model->kernel = memory_text(host->kernel.data, host->kernel.bytes); /* also says that the machine was described */
    model->boot_id = known_text(&host->boot_id);
    model->cpu_model = known_text(&host->cpu_model);
    model->cpus = host->cpus;
    model->memory_bytes = host->memory_bytes;
    model->load = host->load_milli == TRACE_UNKNOWN ? (double)NAN : (double)host->load_milli / 1000;
}

static void cgroup_record(struct event *event)
{
    const struct trace_cgroup *cgroup = &event->record->cgroup;
    struct host *model = &event->infer->run->host;
    model->cgroup_quota_us = cgroup->quota_us;
    model->cgroup_period_us = cgroup->period_us;
    model->cgroup_throttled_us = cgroup->throttled_us;
    model->cgroup_memory_limit = cgroup->memory_limit;
    model->cgroup_memory_peak = cgroup->memory_peak;
    model->cgroup_oom_kills = cgroup->oom_kills;
}

static void module_record(struct event *event)
{
    const struct trace_module *module = &event->record->module;
    struct run *run = event->infer->run;
    if (!module->path.bytes)
        return; /* the executable: named by its process */
    char *path = memory_text(module->path.data, module->path.bytes);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    for (const char *known = "libjemalloc\0libtcmalloc\0libmimalloc\0"; *known; known += strlen(known) + 1)
        if (strncmp(name, known, strlen(known)) == 0 && !event->model->allocator)
            event->model->allocator = memory_text(name, strlen(name));
    infer_unhooked_module(event, name);
    char build_id[65] = "";
    for (size_t i = 0; i < module->build_id.bytes && i < 32; i++)
        snprintf(build_id + 2 * i, 3, "%02x", (unsigned char)module->build_id.data[i]);
    bool known = false;
    for (size_t i = 0; i < run->library_count && !known; i++)
        known = strcmp(run->libraries[i].name, name) == 0 &&
                strcmp(run->libraries[i].build_id ? run->libraries[i].build_id : "", build_id) == 0;
    if (!known && run->library_count < 4096) {
        void *libraries = run->libraries;
        memory_grow(&libraries, &event->infer->libraries_capacity, run->library_count, sizeof *run->libraries);
        run->libraries = libraries;
        const char *version = strstr(name, ".so."); /* a single number behind it is that of the interface */
        version = version && strchr(version + 4, '.') ? version + 4 : NULL;
        run->libraries[run->library_count++] = (struct library){
            .name = memory_text(name, strlen(name)),
            .version = version ? memory_text(version, strlen(version)) : NULL,
            .build_id = build_id[0] ? memory_text(build_id, strlen(build_id)) : NULL,
        };
    }
    free(path);
}

static void notice_record(struct event *event)
{
    const struct trace_notice *notice = &event->record->notice;
    int length = (int)notice->text.bytes;
    const char *text = notice->text.data;
    switch (notice->what) {
    case trace_note_BAD_SETTING:
        infer_note(event->infer, "%.*s has a value that could not be used and was ignored", length, text);
        break;
    case trace_note_OWN_MALLOC:
        event->process->heap_known = false;
        infer_note(event->infer,
                   "%s brings a malloc of its own, or one that does not tell sizes: its heap was not seen",
                   event->model->exe ? event->model->exe : "a program");
        break;
    case trace_note_NO_WRAPPER_LEFT:
        infer_note(event->infer, "too many copies of a library: %.*s was left unwatched in one", length, text);
        break;
    case trace_note_UNKNOWN_LAYOUT:
        infer_note(event->infer, "this version of %.*s is not known: its settings were not read", length, text);
        break;
    case trace_note_SECCOMP:
        infer_note(event->infer, "pid %u entered a system call filter: recording ended before it", event->model->pid);
        break;
    case trace_note_IO_URING:
        event->infer->run->io_uring = true;
        infer_note(event->infer, "pid %u made an io_uring: its I/O may bypass the recording", event->model->pid);
        break;
    case trace_note_NO_STACKS:
        infer_note(event->infer, "call stacks were asked for, but libunwind could not be loaded in pid %u",
                   event->model->pid);
        break;
    default: break;
    }
}

static void hook_record(struct event *event)
{
    const struct trace_hook *hook = &event->record->hook;
    struct id_map *hooks = &event->process->hooks;
    if (!hook->hook || id_map_get(hooks, hook->hook))
        return;
    struct hook_info *info = memory_zeroed(1, sizeof *info);
    static const char graphics[] = "GraphicsMagick";
    const struct trace_text *library = &hook->library;
    *info = (struct hook_info){
        .name = memory_text(hook->name.data, hook->name.bytes),
        .role = hook->role,
        .graphics = library->bytes && memmem(library->data, library->bytes, graphics, sizeof graphics - 1),
    };
    id_map_put(hooks, hook->hook, info);
}

void infer_process_record(struct event *event)
{
    switch (event->record->kind) {
    case TRACE_KIND_process: start_record(event); break;
    case TRACE_KIND_process_end: end_record(event); break;
    case TRACE_KIND_thread_cpu: infer_time_reading(event, event->record->thread_cpu.cpu_ns); break;
    case TRACE_KIND_host: host_record(event); break;
    case TRACE_KIND_cgroup: cgroup_record(event); break;
    case TRACE_KIND_module: module_record(event); break;
    case TRACE_KIND_notice: notice_record(event); break;
    case TRACE_KIND_hook: hook_record(event); break;
    default: break;
    }
}
