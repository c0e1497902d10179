/* SPDX-License-Identifier: MIT
 * Owns: the names of the model's enumerations, and freeing a run.
 * Must not know: records, statistics, formatting. */
#include "analyzer/model/model.h"

#include <stdlib.h>

#define NAME_OF(names, value) ((size_t)(value) < sizeof(names) / sizeof *(names) ? (names)[value] : "unknown")

const char *stage_name(enum stage stage)
{
    static const char *const names[STAGE_COUNT] = {
        [STAGE_VALIDATION] = "validation", [STAGE_WORKER_INIT] = "worker_init",
        [STAGE_IMAGE_READ] = "image_read", [STAGE_OPTIMIZATION] = "optimization",
        [STAGE_DECODE] = "decode",         [STAGE_TRANSFORM] = "transform",
        [STAGE_ENCODE] = "encode",         [STAGE_IMAGE_WRITE] = "image_write",
        [STAGE_CLEANUP] = "cleanup",
    };
    return NAME_OF(names, stage);
}

const char *file_kind_name(enum file_kind kind)
{
    static const char *const names[] = {"file", "stdin", "pipe", "socket", "memory"};
    return NAME_OF(names, kind);
}

const char *file_role_name(enum file_role role)
{
    static const char *const names[] = {"source", "intermediate", "final"};
    return NAME_OF(names, role);
}

const char *image_status_name(enum image_status status)
{
    static const char *const names[] = {"ok", "failed", "discarded", "unfinished"};
    return NAME_OF(names, status);
}

const char *link_rule_name(enum link_rule rule)
{
    static const char *const names[] = {"none", "path", "nesting", "buffer", "connection", "size", "adjacency"};
    return NAME_OF(names, rule);
}

const char *mark_kind_name(enum mark_kind kind)
{
    static const char *const names[] = {"mark", "begin", "end"};
    return NAME_OF(names, kind);
}

const char *span_rule_name(enum span_rule rule)
{
    static const char *const names[] = {"thread", "process", "run"};
    return NAME_OF(names, rule);
}

static void free_process(struct process *process)
{
    free(process->exe);
    free(process->command);
    for (size_t i = 0; i < process->argc; i++)
        free(process->argv[i]);
    free(process->argv);
    free(process->cwd);
    free(process->in_flight);
    free(process->allocator);
    for (size_t i = 0; i < process->thread_count; i++)
        free(process->threads[i].name);
    free(process->threads);
}

static void free_host(struct host *host)
{
    free(host->machine);
    free(host->kernel);
    free(host->boot_id);
    free(host->cpu_model);
}

void memory_site_release(struct memory_site *site)
{
    for (size_t i = 0; i < site->frame_count; i++) {
        free(site->frames[i].module);
        free(site->frames[i].function);
        free(site->frames[i].location);
    }
    free(site->frames);
}

static void free_marks(struct run *run)
{
    for (size_t i = 0; i < run->mark_name_count; i++) {
        free(run->mark_names[i].name);
        free(run->mark_names[i].lengths_ns);
    }
    for (size_t i = 0; i < run->mark_count; i++)
        free(run->marks[i].data);
    for (size_t i = 0; i < run->span_count; i++)
        free(run->spans[i].data);
    free(run->mark_names);
    free(run->marks);
    free(run->spans);
}

void run_free(struct run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->process_count; i++)
        free_process(&run->processes[i]);
    for (size_t i = 0; i < run->file_count; i++)
        free(run->files[i].path);
    for (size_t i = 0; i < run->image_count; i++) {
        free(run->images[i].inputs);
        free(run->images[i].outputs);
    }
    for (size_t i = 0; i < run->settings_count; i++)
        free(run->settings[i]);
    for (size_t i = 0; i < run->worker_count; i++)
        free(run->workers[i].members);
    for (size_t i = 0; i < run->library_count; i++) {
        free(run->libraries[i].name);
        free(run->libraries[i].version);
        free(run->libraries[i].build_id);
    }
    for (size_t i = 0; i < run->untraced_count; i++) {
        free(run->untraced[i].path);
        free(run->untraced[i].reason);
    }
    for (size_t i = 0; i < run->unhooked_count; i++)
        free(run->unhooked_codecs[i]);
    for (size_t i = 0; i < run->note_count; i++)
        free(run->notes[i]);
    for (size_t i = 0; i < sizeof run->missing / sizeof *run->missing; i++)
        free(run->missing[i]);
    for (size_t i = 0; i < run->site_count; i++)
        memory_site_release(&run->sites[i]);
    free_host(&run->host);
    free_marks(run);
    free(run->processes);
    free(run->files);
    free(run->images);
    free(run->settings);
    free(run->workers);
    free(run->libraries);
    free(run->samples);
    free(run->untraced);
    free(run->sites);
    free(run->unhooked_codecs);
    free(run->notes);
    free(run->trace_path);
    free(run->pack_complaint);
    free(run->originals.missed);
    free(run);
}
