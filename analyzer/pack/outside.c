/* SPDX-License-Identifier: MIT
 * Owns: whether what a report takes from outside of its trace comes from this machine or from the trace's pack.
 * Must not know: records, figures. */
#include "analyzer/pack/outside.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/memory.h"
#include "analyzer/pack/content_hash.h"
#include "analyzer/pack/machine.h"
#include "analyzer/pack/pack_json.h"

struct outside_module {
    struct outside *outside;
    struct symbolizer *local;
    const struct pack_module *packed; /* its names count, not the local ones */
    struct pack_module *collected;    /* or NULL */
};

/* Most of a trace whose files are gone is below one directory that is not here: asked once, not per file. */
struct missing {
    char path[PATH_MAX]; /* the highest directory known to be missing; "" = none */
    size_t bytes;
};

struct outside {
    char *directory;
    struct pack_trace trace;
    bool here; /* recorded on this machine */
    bool pack_tried, hashes;
    struct pack *pack, *collected; /* or NULL */
    char complaint[PATH_MAX + 512];
    struct missing missing;
    struct outside_module **modules;
    size_t modules_count, modules_capacity;
    uint64_t asked, untrusted;
};

struct outside *outside_open(const char *directory, int64_t realtime_offset_ns, uint64_t start_ns,
                             enum outside_collect collect)
{
    struct outside *outside = memory_zeroed(1, sizeof *outside);
    outside->directory = memory_text(directory, strlen(directory));
    outside->trace = (struct pack_trace){.realtime_offset_ns = realtime_offset_ns, .start_ns = start_ns};
    if (collect != OUTSIDE_COLLECT_NOTHING)
        outside->collected = pack_new();
    outside->hashes = collect == OUTSIDE_COLLECT_HASHES;
    return outside;
}

void outside_close(struct outside *outside)
{
    if (!outside)
        return;
    for (size_t i = 0; i < outside->modules_count; i++) {
        symbolize_close(outside->modules[i]->local);
        free(outside->modules[i]);
    }
    free(outside->modules);
    pack_free(outside->pack);
    pack_free(outside->collected);
    free(outside->trace.boot_id);
    free(outside->directory);
    free(outside);
}

void outside_host(struct outside *outside, const char *machine, const char *boot_id, const char *cpu_model)
{
    outside->here = machine_is_this(machine, boot_id, cpu_model);
    free(outside->trace.boot_id);
    outside->trace.boot_id = boot_id ? memory_text(boot_id, strlen(boot_id)) : NULL;
}

static const struct pack *pack_of(struct outside *outside)
{
    if (!outside->pack_tried)
        outside->pack = pack_read(outside->directory, &outside->trace, outside->complaint, sizeof outside->complaint);
    outside->pack_tried = true;
    return outside->pack;
}

static bool is_missing(const struct missing *missing, const char *path)
{
    return missing->bytes && strncmp(path, missing->path, missing->bytes) == 0 && path[missing->bytes] == '/';
}

/* The path was not found: which of its directories is the first that is not there? */
static void look_up(struct missing *missing, const char *path)
{
    char at[sizeof missing->path];
    size_t bytes = strlen(path);
    if (bytes >= sizeof at)
        return;
    memcpy(at, path, bytes + 1);
    struct stat status;
    for (char *slash; (slash = strrchr(at, '/')) && slash != at;) {
        *slash = '\0';
        if (stat(at, &status) == 0 || errno != ENOENT)
            return;
        missing->bytes = (size_t)(slash - at);
        memcpy(missing->path, at, missing->bytes + 1);
    }
}

static bool read_local(struct outside *outside, const char *path, const struct image_file_state *state,
                       enum image_format format, struct image_facts *facts)
{
    struct image_facts found;
    if (!outside->here || is_missing(&outside->missing, path))
        return false;
    errno = 0;
    bool read = image_file_parse(path, state, &found);
    if (!read && errno == ENOENT)
        look_up(&outside->missing, path);
    if (!read || found.format != format)
        return false;
    *facts = found;
    return true;
}

bool outside_facts(struct outside *outside, const char *path, const struct image_file_state *state,
                   enum image_format format, struct image_facts *facts)
{
    const struct pack_file *packed = NULL;
    bool local = read_local(outside, path, state, format, facts);
    outside->asked++;
    if (!local) {
        packed = pack_of(outside) ? pack_find_file(outside->pack, path, state) : NULL;
        if (packed && packed->facts.format != format)
            packed = NULL;
        if (packed)
            *facts = packed->facts;
        outside->untrusted += !outside->here && !outside->pack;
    }
    if (outside->collected && (local || packed)) {
        struct pack_file *file = pack_add_file(outside->collected, path);
        file->state = *state;
        file->facts = *facts;
        file->hashed = packed ? packed->hashed : outside->hashes && content_hash(path, state, file->hash);
        if (packed)
            memcpy(file->hash, packed->hash, sizeof file->hash);
    }
    return local || packed;
}

/* Without a build id only the path tells, and that says nothing of another machine's files. */
static struct symbolizer *open_local(const struct outside *outside, const char *path, const void *build_id,
                                     unsigned build_id_bytes, enum symbolize_error *error)
{
    *error = SYMBOLIZE_UNREADABLE;
    return outside->here || build_id_bytes ? symbolize_open(path, build_id, build_id_bytes, error) : NULL;
}

struct outside_module *outside_module(struct outside *outside, const char *path, const void *build_id,
                                      unsigned build_id_bytes, enum symbolize_error *error)
{
    struct outside_module *module = memory_zeroed(1, sizeof *module);
    module->outside = outside;
    *MEMORY_APPEND(outside, modules) = module;
    *error = SYMBOLIZE_UNREADABLE;
    if (outside->here)
        module->local = open_local(outside, path, build_id, build_id_bytes, error);
    if (!module->local && pack_of(outside)) {
        module->packed = pack_find_module(outside->pack, path, build_id, build_id_bytes);
        if (module->packed && (!outside->here || module->packed->error == SYMBOLIZE_OK))
            *error = module->packed->error;
    }
    if (!outside->here && !module->packed)
        module->local = open_local(outside, path, build_id, build_id_bytes, error);
    if (outside->collected) {
        module->collected = pack_module(outside->collected, path, build_id, build_id_bytes);
        module->collected->error = *error;
    }
    return module;
}

static char *copy(const char *text)
{
    return text ? memory_text(text, strlen(text)) : NULL;
}

void outside_symbol(struct outside_module *module, uint64_t address, char **function, char **location)
{
    *function = *location = NULL;
    if (module->local) {
        symbolize_address(module->local, address, function, location);
    } else if (module->packed) {
        const struct pack_symbol *symbol = pack_find_symbol(module->packed, address);
        *function = symbol ? copy(symbol->function) : NULL;
        *location = symbol ? copy(symbol->location) : NULL;
    }
    if (module->collected && (*function || *location))
        pack_add_symbol(module->collected, address, *function, *location);
}

uint64_t outside_untrusted(const struct outside *outside)
{
    return outside->untrusted;
}

const char *outside_complaint(const struct outside *outside)
{
    return *outside->complaint ? outside->complaint : NULL;
}

const char *outside_directory(const struct outside *outside)
{
    return outside->directory;
}

struct pack *outside_collected(struct outside *outside, uint64_t *asked)
{
    struct pack *pack = outside->collected;
    outside->collected = NULL;
    for (size_t i = 0; i < outside->modules_count; i++)
        outside->modules[i]->collected = NULL;
    pack->trace =
        (struct pack_trace){copy(outside->trace.boot_id), outside->trace.realtime_offset_ns, outside->trace.start_ns};
    pack_settle(pack);
    *asked = outside->asked;
    return pack;
}
