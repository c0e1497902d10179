/* SPDX-License-Identifier: MIT
 * Owns: the table of loaded objects. Must not know: slots, wrappers.
 *
 * Three passes. The first lists the objects; then one real dlsym waits for the loader lock, so that whatever was being
 * loaded is relocated; the second renews the table, the third shows the caller those that were in the list.
 * Several threads may scan at once, each with a list of its own: none may go on to its codec unpatched because another
 * is at it. The loader lets one at a time walk through its objects, which keeps the second and third passes apart; the
 * table's lock is for those who read it elsewhere, and nobody who holds it waits for the loader. */
#include "preload/codecs/patch/objects.h"

#include <string.h>

#include "preload/base/hook.h"
#include "preload/codecs/patch/modules.h"
#include "preload/state/arena.h"
#include "preload/state/lock.h"
#include "preload/state/process_state.h"
#include "preload/guard/thread_cpu.h"
#include "preload/state/thread_state.h"
#include "preload/base/symbols.h"

#define OBJECTS 1024
#define LISTS   4 /* threads that scan at once; a fifth does without */

enum { ATTEMPTS = 50 }; /* of a scan during which others unload */

/* What one thread's scan found before it waited for the loader. */
struct list {
    struct thread_lock lock;
    unsigned long long adds, removes;
    size_t count;
    struct {
        uintptr_t base;
        const char *name;
    } * objects;
};

static struct thread_lock table_lock;
static struct list lists[LISTS];
static _Atomic unsigned walking; /* threads that walk through the loader's objects */
static bool disabled;            /* forked while another thread held the loader's list, which nobody lets go of here */
static _Atomic unsigned long long adds_done, removes_done; /* the loader's counts at the last complete scan */
static unsigned long long removes_known;                   /* at the table's last renewal */
static struct listed *objects, *before;                    /* the table, and as it was before its last renewal */
static size_t object_count, before_count;

bool objects_lock(void)
{
    return !disabled && thread_lock_take(&table_lock);
}

void objects_unlock(void)
{
    thread_lock_give(&table_lock);
}

const struct listed *objects_at(uintptr_t address)
{
    for (size_t i = 0; i < object_count; i++)
        if (address >= objects[i].executable && address < objects[i].executable_end)
            return &objects[i];
    return NULL;
}

static bool is_ours(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return info->dlpi_addr + info->dlpi_phdr[i].p_vaddr == (uintptr_t)_DYNAMIC;
    return false;
}

static void walk(int (*visit)(struct dl_phdr_info *, size_t, void *), void *context)
{
    atomic_fetch_add(&walking, 1);
    dl_iterate_phdr(visit, context);
    atomic_fetch_sub(&walking, 1);
}

static int list_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct list *list = context;
    list->adds = info->dlpi_adds;
    list->removes = info->dlpi_subs;
    if (list->count == OBJECTS)
        return 1;
    list->objects[list->count].base = info->dlpi_addr;
    list->objects[list->count++].name = info->dlpi_name;
    return 0;
}

static bool is_in(const struct list *list, const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->objects[i].base == info->dlpi_addr && list->objects[i].name == info->dlpi_name)
            return true;
    return false;
}

struct scan {
    struct thread *self;
    const struct list *list;
    bool has_table, failed, first;
    bool stale; /* something was removed between the passes */
    objects_gone *gone;
    objects_found *found;
    bool removed; /* since the table's renewal before: what looks the same may be a new object in an old one's place */
};

/* Within a walk; the caller gives the table back after it. */
static bool takes_table(struct scan *scan)
{
    if (!scan->has_table && !scan->failed)
        scan->failed = !(scan->has_table = thread_lock_take(&table_lock));
    return scan->has_table;
}

static void begin_table(struct scan *scan, unsigned long long removes)
{
    struct listed *swap = before;
    before = objects;
    before_count = object_count;
    objects = swap;
    object_count = 0;
    scan->first = before_count == 0;
    scan->removed = removes != removes_known;
    removes_known = removes;
}

static int renew_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct scan *scan = context;
    bool begins = !scan->has_table;
    if (!takes_table(scan))
        return 1;
    if (begins)
        begin_table(scan, info->dlpi_subs);
    if (object_count == OBJECTS || is_ours(info))
        return 0;
    struct listed *listed = &objects[object_count++];
    *listed = (struct listed){.executable = UINTPTR_MAX, .module = {.base = info->dlpi_addr, .name = info->dlpi_name}};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_DYNAMIC)
            listed->dynamic = (const void *)(info->dlpi_addr + segment->p_vaddr);
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        uintptr_t start = info->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
        listed->executable = start < listed->executable ? start : listed->executable;
        listed->executable_end = end > listed->executable_end ? end : listed->executable_end;
    }
    for (size_t i = 0; i < before_count; i++)
        if (before[i].module.base == listed->module.base && before[i].module.name == listed->module.name)
            *listed = before[i];
    if (scan->removed)
        listed->relocated = listed->patched = false;
    /* Where something was removed since the list was made, what looks like an object of it may be a new one in its
     * place, which is being relocated now: it must be left alone. */
    if (is_in(scan->list, info) && scan->list->removes == info->dlpi_subs)
        listed->relocated = true;
    return 0;
}

static int visit_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct scan *scan = context;
    struct listed *listed = NULL;
    scan->stale = scan->list->removes != info->dlpi_subs;
    if (scan->stale || !takes_table(scan))
        return 1;
    for (size_t i = 0; i < object_count && !listed; i++)
        if (objects[i].module.base == info->dlpi_addr && objects[i].module.name == info->dlpi_name)
            listed = &objects[i];
    if (!listed || !listed->relocated || strncmp(info->dlpi_name, "linux-", 6) == 0)
        return 0;
    bool unchanged = listed->patched && !listed->pending; /* bound slots stay */
    listed->module.at_start = listed->module.at_start || scan->first;
    if (!unchanged || listed->module.recorded_for != process.start_ns)
        module_describe(&listed->module, info);
    if (process.told)
        module_put(scan->self, &listed->module);
    if (unchanged)
        return 0;
    listed->patched = true;
    scan->found(scan->self, listed, info);
    return 0;
}

static void give_table(struct scan *scan)
{
    if (scan->has_table)
        thread_lock_give(&table_lock);
    scan->has_table = false;
}

static bool has_memory(struct list *list)
{
    if (!list->objects)
        list->objects = arena_allocate(OBJECTS * sizeof *list->objects);
    if (!list->objects || !thread_lock_take(&table_lock))
        return false;
    if (!objects && !before) {
        objects = arena_allocate(OBJECTS * sizeof *objects);
        before = arena_allocate(OBJECTS * sizeof *before);
    }
    bool has = objects && before;
    thread_lock_give(&table_lock);
    return has;
}

/* False when it has to be done once more. */
static bool scan_with(struct scan scan, struct list *list)
{
    bool starts = object_count == 0; /* then no load is under way */
    list->count = 0;
    walk(list_object, list);
    if (!starts && REAL(dlsym))
        (void)real.dlsym(RTLD_DEFAULT, "malloc"); /* returns when no load is under way */
    walk(renew_object, &scan);
    if (scan.has_table && scan.removed)
        scan.gone();
    give_table(&scan);
    if (!scan.failed)
        walk(visit_object, &scan);
    give_table(&scan);
    if (!scan.failed && !scan.stale) {
        atomic_store(&adds_done, list->adds);
        atomic_store(&removes_done, list->removes);
    }
    return !scan.stale;
}

void objects_scan(struct thread *self, objects_gone *gone, objects_found *found)
{
    unsigned long long changes[2] = {0, 0};
    if (disabled)
        return;
    walk(symbols_count_changes, changes);
    if (object_count && changes[0] == atomic_load(&adds_done) && changes[1] == atomic_load(&removes_done))
        return;
    for (unsigned i = 0; i < LISTS; i++)
        if (thread_lock_try(&lists[i].lock)) {
            thread_slow_begin(self);
            struct scan scan = {.self = self, .list = &lists[i], .gone = gone, .found = found};
            bool done = !has_memory(&lists[i]);
            for (unsigned attempt = 0; !done && attempt < ATTEMPTS; attempt++)
                done = scan_with(scan, &lists[i]);
            thread_slow_end(self);
            thread_lock_give(&lists[i].lock);
            return;
        }
}

void objects_put_modules(struct thread *self)
{
    if (disabled || !thread_lock_try(&table_lock))
        return;
    for (size_t i = 0; i < object_count; i++)
        module_put_known(self, &objects[i].module);
    thread_lock_give(&table_lock);
}

void objects_reset_after_fork(void)
{
    disabled = disabled || atomic_exchange(&walking, 0) != 0 || atomic_exchange(&table_lock.holder, 0) != 0;
    for (unsigned i = 0; i < LISTS; i++)
        atomic_store(&lists[i].lock.holder, 0);
}
