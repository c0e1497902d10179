/* SPDX-License-Identifier: MIT
 * Owns: what a trace takes along of what lies outside of it, and how it is found again.
 * Must not know: files on disk. */
#include "analyzer/pack/pack.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

static char *copy(const char *text)
{
    return text ? memory_text(text, strlen(text)) : NULL;
}

struct pack *pack_new(void)
{
    return memory_zeroed(1, sizeof(struct pack));
}

static void release_symbol(struct pack_symbol *symbol)
{
    free(symbol->function);
    free(symbol->location);
}

void pack_free(struct pack *pack)
{
    if (!pack)
        return;
    for (size_t i = 0; i < pack->files_count; i++)
        free(pack->files[i].path);
    for (size_t i = 0; i < pack->modules_count; i++) {
        struct pack_module *module = pack->modules[i];
        for (size_t k = 0; k < module->symbols_count; k++)
            release_symbol(&module->symbols[k]);
        free(module->symbols);
        free(module->path);
        free(module);
    }
    free(pack->files);
    free(pack->modules);
    free(pack->trace.boot_id);
    free(pack);
}

struct pack_file *pack_add_file(struct pack *pack, const char *path)
{
    struct pack_file *file = MEMORY_APPEND(pack, files);
    *file = (struct pack_file){.path = copy(path), .facts = image_facts_unknown};
    return file;
}

static bool is_module(const struct pack_module *module, const char *path, const void *build_id, unsigned bytes)
{
    return module->build_id_bytes == bytes &&
           (bytes ? memcmp(module->build_id, build_id, bytes) == 0 : strcmp(module->path, path) == 0);
}

const struct pack_module *pack_find_module(const struct pack *pack, const char *path, const void *build_id,
                                           unsigned build_id_bytes)
{
    for (size_t i = 0; i < pack->modules_count; i++) /* those that large blocks come from: a handful */
        if (is_module(pack->modules[i], path, build_id, build_id_bytes))
            return pack->modules[i];
    return NULL;
}

struct pack_module *pack_module(struct pack *pack, const char *path, const void *build_id, unsigned build_id_bytes)
{
    unsigned bytes = build_id_bytes < PACK_BUILD_ID_MAX ? build_id_bytes : PACK_BUILD_ID_MAX;
    struct pack_module *module = (struct pack_module *)pack_find_module(pack, path, build_id, bytes);
    if (module)
        return module;
    module = memory_zeroed(1, sizeof *module);
    module->path = copy(path);
    module->build_id_bytes = bytes;
    if (bytes)
        memcpy(module->build_id, build_id, bytes);
    *MEMORY_APPEND(pack, modules) = module;
    return module;
}

void pack_add_symbol(struct pack_module *module, uint64_t address, const char *function, const char *location)
{
    *MEMORY_APPEND(module, symbols) = (struct pack_symbol){address, copy(function), copy(location)};
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_state(const void *a, const void *b)
{
    const struct pack_file *x = a, *y = b;
    int by = strcmp(x->path, y->path);
    by = by ? by : order(x->state.device, y->state.device);
    by = by ? by : order(x->state.inode, y->state.inode);
    by = by ? by : order(x->state.bytes, y->state.bytes);
    by = by ? by : order(x->state.changed_from_ns, y->state.changed_from_ns);
    return by ? by : order(x->state.changed_to_ns, y->state.changed_to_ns);
}

static int by_address(const void *a, const void *b)
{
    return order(((const struct pack_symbol *)a)->address, ((const struct pack_symbol *)b)->address);
}

void pack_settle(struct pack *pack)
{
    size_t kept = 0;
    if (pack->files_count)
        qsort(pack->files, pack->files_count, sizeof *pack->files, by_state);
    for (size_t i = 0; i < pack->files_count; i++)
        if (kept && by_state(&pack->files[kept - 1], &pack->files[i]) == 0)
            free(pack->files[i].path);
        else
            pack->files[kept++] = pack->files[i];
    pack->files_count = kept;
    for (size_t m = 0; m < pack->modules_count; m++) {
        struct pack_module *module = pack->modules[m];
        kept = 0;
        if (module->symbols_count)
            qsort(module->symbols, module->symbols_count, sizeof *module->symbols, by_address);
        for (size_t i = 0; i < module->symbols_count; i++)
            if (kept && module->symbols[kept - 1].address == module->symbols[i].address)
                release_symbol(&module->symbols[i]);
            else
                module->symbols[kept++] = module->symbols[i];
        module->symbols_count = kept;
    }
}

const struct pack_file *pack_find_file(const struct pack *pack, const char *path, const struct image_file_state *state)
{
    struct pack_file key = {.path = (char *)(uintptr_t)path, .state = *state};
    return pack->files_count ? bsearch(&key, pack->files, pack->files_count, sizeof key, by_state) : NULL;
}

const struct pack_symbol *pack_find_symbol(const struct pack_module *module, uint64_t address)
{
    struct pack_symbol key = {.address = address};
    return module->symbols_count ? bsearch(&key, module->symbols, module->symbols_count, sizeof key, by_address) : NULL;
}
