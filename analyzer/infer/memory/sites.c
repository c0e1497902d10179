/* SPDX-License-Identifier: MIT
 * Owns: the sites of large blocks: where in the program they were allocated, and what each held when all together were
 * at their highest. Must not know: files, codecs, time.
 *
 * The content of every site at the peak is exact and costs nothing at the peak itself: each new peak only begins a new
 * epoch, and a site that changes for the first time in an epoch keeps what it held before. What has not changed since
 * the last peak holds now what it held then. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"
#include "analyzer/infer/parts/images/jobs.h"
#include "analyzer/infer/parts/paths.h"
#include "analyzer/infer/parts/process.h"
#include "analyzer/infer/parts/sites.h"
#include "analyzer/infer/state/state.h"
#include "analyzer/pack/outside.h"

/* The library stores no more frames; what an invented trace names beyond these limits is told apart no further. */
#define SITES_MAX   65536
#define FRAMES_MAX  65536
#define MODULES_MAX 8192
#define NAMED_MAX   1024 /* the largest sites; the rest is one */
#define STACK_KEY   (UINT64_C(1) << 63)

static uint32_t *place_of(struct process_sites *sites, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (sites->place_count - 1);
    while (sites->places[at] && sites->sites[sites->places[at] - 1].key != key)
        at = (at + 1) & (sites->place_count - 1);
    return &sites->places[at];
}

static uint32_t site_of(struct process_sites *sites, uint64_t key)
{
    if (sites->sites_count * 2 >= sites->place_count) {
        free(sites->places);
        sites->place_count = sites->place_count ? sites->place_count * 2 : 64;
        sites->places = memory_zeroed(sites->place_count, sizeof *sites->places);
        for (uint32_t i = 0; i < sites->sites_count; i++)
            *place_of(sites, sites->sites[i].key) = i + 1;
    }
    uint32_t *place = place_of(sites, key);
    if (!*place && sites->sites_count >= SITES_MAX && key)
        return site_of(sites, 0);
    if (!*place) {
        struct site *site = MEMORY_APPEND(sites, sites);
        site->key = key;
        *place = (uint32_t)sites->sites_count;
    }
    return *place - 1;
}

/* Before a site changes: what it held at the last peak is kept. */
static struct site *changing(struct process_sites *sites, uint32_t index)
{
    struct site *site = &sites->sites[index];
    if (site->epoch != sites->epoch) {
        site->at_peak = site->now;
        site->epoch = sites->epoch;
    }
    return site;
}

uint32_t infer_site_came(struct event *event, uint64_t bytes, struct job *job)
{
    const struct trace_block *block = &event->record->block;
    struct process_sites *sites = &event->process->sites;
    uint32_t index = site_of(sites, block->stack ? block->stack | STACK_KEY : block->caller & ~STACK_KEY);
    struct site *site = changing(sites, index);
    site->now.bytes += bytes;
    site->now.blocks++;
    site->now.job = job;
    sites->now.bytes += bytes;
    sites->now.blocks++;
    if (sites->now.bytes > sites->at_peak.bytes) {
        sites->at_peak = sites->now;
        sites->peak_ns = event->end_ns;
        sites->epoch++;
    }
    return index;
}

void infer_site_went(struct process_state *process, uint32_t index, uint64_t bytes)
{
    struct process_sites *sites = &process->sites;
    struct site *site = changing(sites, index);
    site->now.bytes -= bytes;
    site->now.blocks--;
    sites->now.bytes -= bytes;
    sites->now.blocks--;
}

static void frame_record(struct event *event)
{
    const struct trace_frame *frame = &event->record->frame;
    struct process_sites *sites = &event->process->sites;
    if (!frame->frame || sites->frames_count >= FRAMES_MAX || id_map_get(&sites->frame_at, frame->frame))
        return;
    *MEMORY_APPEND(sites, frames) = (struct stack_frame){frame->parent, frame->address};
    id_map_put(&sites->frame_at, frame->frame, (void *)(uintptr_t)sites->frames_count);
}

static void module_record(struct event *event)
{
    const struct trace_module *module = &event->record->module;
    struct process_sites *sites = &event->process->sites;
    if (sites->modules_count >= MODULES_MAX)
        return;
    struct module *model = MEMORY_APPEND(sites, modules);
    *model = (struct module){.base = module->base, .bytes = module->bytes, .time_ns = event->end_ns};
    const char *exe = event->model->exe ? event->model->exe : "";
    /* The executable has no path of its own, and the loader keeps a relative one as it was given. */
    model->path = module->path.bytes ? infer_absolute(event, &module->path, AT_FDCWD) : memory_text(exe, strlen(exe));
    model->build_id_bytes = module->build_id.bytes < sizeof model->build_id ? (unsigned)module->build_id.bytes
                                                                            : (unsigned)sizeof model->build_id;
    memcpy(model->build_id, module->build_id.data, model->build_id_bytes);
}

void infer_site_record(struct event *event)
{
    if (event->record->kind == TRACE_KIND_frame)
        frame_record(event);
    if (event->record->kind == TRACE_KIND_module)
        module_record(event);
}

/* ---- at the end: names ---- */

/* The module at an address: the last that was there by the time, else the first that came later. A forked process has
 * its parent's. */
static struct module *module_at(const struct infer *infer, const struct process_state *process, uint64_t address,
                                uint64_t time_ns)
{
    enum { GENERATIONS = 64 };
    for (unsigned i = 0; i < GENERATIONS; i++) {
        struct module *found = NULL;
        for (size_t m = 0; m < process->sites.modules_count; m++) {
            struct module *module = &process->sites.modules[m];
            if (address - module->base < module->bytes && (!found || module->time_ns <= time_ns))
                found = module;
        }
        const struct process *model = &infer->run->processes[process->index];
        if (found || !model->forked || model->parent == NO_ID)
            return found;
        process = infer->processes[model->parent];
    }
    return NULL;
}

static void open_module(struct infer *infer, struct module *module)
{
    enum symbolize_error error;
    module->tried = true;
    module->outside = outside_module(infer->outside, module->path, module->build_id, module->build_id_bytes, &error);
    if (error == SYMBOLIZE_OTHER_BUILD)
        infer_note(infer, "%s is not the file that ran, its build id differs: its functions are not named",
                   module->path);
    if (error == SYMBOLIZE_UNREADABLE)
        infer_note(infer, "%s cannot be read: its functions are not named", module->path);
}

/* A return address is behind its call, which may be the last instruction of its function. */
static struct site_frame frame_of(struct infer *infer, const struct process_state *process, uint64_t address)
{
    struct site_frame frame = {NULL, NULL, NULL};
    char text[64];
    if (!address)
        return frame;
    struct module *module = module_at(infer, process, address - 1, process->sites.peak_ns);
    if (!module) {
        snprintf(text, sizeof text, "0x%llx", (unsigned long long)address);
        frame.location = memory_text(text, strlen(text));
        return frame;
    }
    const char *name = strrchr(module->path, '/') ? strrchr(module->path, '/') + 1 : module->path;
    frame.module = memory_text(name, strlen(name));
    if (!module->tried)
        open_module(infer, module);
    outside_symbol(module->outside, address - module->base - 1, &frame.function, &frame.location);
    if (!frame.location) {
        size_t length = strlen(name) + sizeof text;
        frame.location = memory_zeroed(length, 1);
        snprintf(frame.location, length, "%s+0x%llx", name, (unsigned long long)(address - module->base));
    }
    return frame;
}

void infer_sites_forget_jobs(struct process_state *process)
{
    for (uint32_t i = 0; i < process->sites.sites_count; i++) {
        struct site *site = changing(&process->sites, i); /* now it says what it held at the peak */
        const struct job *job = infer_job_now(site->at_peak.job);
        site->job_start_ns = job ? job->start_ns : UNKNOWN;
        site->job_tid = job ? job->tid : 0;
        site->now.job = site->at_peak.job = NULL;
    }
}

static uint32_t image_of(const struct infer *infer, const struct process_state *process, const struct site *site)
{
    const struct run *run = infer->run;
    size_t low = 0, high = run->image_count; /* images stand in the order of their starts */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (run->images[middle].start_ns < site->job_start_ns)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < run->image_count && run->images[low].start_ns == site->job_start_ns; low++)
        if (run->images[low].process == process->index && run->images[low].tid == site->job_tid)
            return (uint32_t)low;
    return NO_ID;
}

static size_t depth_of(const struct process_sites *sites, uint32_t number)
{
    size_t depth = 0, at;
    while (number && depth < SITE_FRAMES_MAX && (at = (size_t)(uintptr_t)id_map_get(&sites->frame_at, number))) {
        number = sites->frames[at - 1].parent;
        depth++;
    }
    return depth;
}

static void name_site(struct infer *infer, const struct process_state *process, const struct site *site,
                      struct memory_site *model)
{
    const struct process_sites *sites = &process->sites;
    uint32_t number = (uint32_t)site->key;
    *model = (struct memory_site){.bytes = site->at_peak.bytes,
                                  .blocks = site->at_peak.blocks,
                                  .image = image_of(infer, process, site),
                                  .has_stack = site->key & STACK_KEY && depth_of(sites, number)};
    if (!model->has_stack) {
        model->frame_count = 1;
        model->frames = memory_zeroed(1, sizeof *model->frames);
        *model->frames = frame_of(infer, process, site->key & STACK_KEY ? 0 : site->key);
        return;
    }
    model->frame_count = depth_of(sites, number);
    model->frames = memory_zeroed(model->frame_count, sizeof *model->frames);
    for (size_t i = 0; i < model->frame_count; i++) {
        const struct stack_frame *frame = &sites->frames[(uintptr_t)id_map_get(&sites->frame_at, number) - 1];
        model->frames[i] = frame_of(infer, process, frame->address);
        number = frame->parent;
    }
}

static int same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* Sites without stacks in one function are one site. */
static int by_function(const void *a, const void *b)
{
    const struct memory_site *x = a, *y = b;
    if (x->has_stack != y->has_stack)
        return x->has_stack ? 1 : -1;
    int order = same(x->frames[0].module, y->frames[0].module);
    order = order ? order : same(x->frames[0].function, y->frames[0].function);
    return order ? order : same(x->frames[0].location, y->frames[0].location);
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Names come last: figures stand in the same order whatever the names are. */
static int by_bytes(const void *a, const void *b)
{
    const struct memory_site *x = a, *y = b;
    int by = order(y->bytes, x->bytes);
    by = by ? by : order(y->blocks, x->blocks);
    by = by ? by : order(x->image, y->image);
    by = by ? by : order(x->frame_count, y->frame_count);
    return by ? by : by_function(a, b);
}

static void merge_functions(struct run *run)
{
    size_t kept = 0;
    qsort(run->sites, run->site_count, sizeof *run->sites, by_function);
    for (size_t i = 0; i < run->site_count; i++) {
        struct memory_site *site = &run->sites[i], *last = kept ? &run->sites[kept - 1] : NULL;
        bool one = last && !site->has_stack && !last->has_stack && site->frames[0].function &&
                   same(site->frames[0].function, last->frames[0].function) == 0 &&
                   same(site->frames[0].module, last->frames[0].module) == 0;
        if (!one) {
            run->sites[kept++] = *site;
            continue;
        }
        last->bytes += site->bytes;
        last->blocks += site->blocks;
        last->image = last->image == site->image ? last->image : NO_ID;
        if (same(last->frames[0].location, site->frames[0].location) != 0) {
            free(last->frames[0].location); /* several places in the function */
            last->frames[0].location = NULL;
        }
        memory_site_release(site);
    }
    run->site_count = kept;
}

static int by_peak(const void *a, const void *b)
{
    const struct site *x = a, *y = b;
    return x->at_peak.bytes != y->at_peak.bytes ? (x->at_peak.bytes < y->at_peak.bytes ? 1 : -1)
                                                : (x->key > y->key) - (x->key < y->key);
}

void infer_sites_finish(struct infer *infer)
{
    struct run *run = infer->run;
    struct process_state *highest = NULL;
    for (size_t i = 0; i < infer->processes_count; i++) {
        struct process_state *process = infer->processes[i];
        if (process->sites.at_peak.bytes && (!highest || process->sites.at_peak.bytes > highest->sites.at_peak.bytes))
            highest = process;
    }
    if (!highest)
        return;
    struct process_sites *sites = &highest->sites;
    run->blocks_peak_bytes = sites->at_peak.bytes;
    run->blocks_peak_count = sites->at_peak.blocks;
    run->blocks_peak_ns = sites->peak_ns;
    run->blocks_peak_process = highest->index;
    struct site rest = {.key = 0, .job_start_ns = UNKNOWN};
    qsort(sites->sites, sites->sites_count, sizeof *sites->sites, by_peak);
    run->sites = memory_zeroed(NAMED_MAX + 1, sizeof *run->sites);
    for (size_t i = 0; i < sites->sites_count && sites->sites[i].at_peak.blocks; i++) {
        const struct site_content *content = &sites->sites[i].at_peak;
        if (run->site_count < NAMED_MAX)
            name_site(infer, highest, &sites->sites[i], &run->sites[run->site_count++]);
        else
            rest.at_peak =
                (struct site_content){rest.at_peak.bytes + content->bytes, rest.at_peak.blocks + content->blocks, NULL};
    }
    if (rest.at_peak.blocks)
        name_site(infer, highest, &rest, &run->sites[run->site_count++]);
    merge_functions(run);
    qsort(run->sites, run->site_count, sizeof *run->sites, by_bytes);
}

void infer_sites_release(struct process_sites *sites)
{
    for (size_t i = 0; i < sites->modules_count; i++)
        free(sites->modules[i].path);
    free(sites->modules);
    free(sites->frames);
    id_map_release(&sites->frame_at);
    free(sites->sites);
    free(sites->places);
}
