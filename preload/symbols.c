/* SPDX-License-Identifier: MIT
 * Owns: ELF symbol lookup by GNU hash in loaded objects. Must not know: what is looked for.
 * Source: System V gABI, "Dynamic Section"; GNU hash as ld.so reads it. */
#include "preload/symbols.h"

#include <stdatomic.h>
#include <string.h>

static bool is_vdso(const struct link_map *map)
{
    return map->l_name && strncmp(map->l_name, "linux-", 6) == 0;
}

bool object_from_dynamic(uintptr_t base, const ElfW(Dyn) * dynamic, struct object *object)
{
    memset(object, 0, sizeof *object);
    object->base = base;
    object->dynamic = dynamic;
    size_t soname = 0, slot_bytes = 0;
    bool rela = false;
    for (const ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL; d++) {
        /* ld.so relocates these addresses in place; the vDSO, which it does not, is never passed here. */
        const void *address = (const void *)d->d_un.d_ptr;
        switch (d->d_tag) {
        case DT_SYMTAB: object->symbols = address; break;
        case DT_STRTAB: object->strings = address; break;
        case DT_GNU_HASH: object->gnu_hash = address; break;
        case DT_VERSYM: object->versions = address; break;
        case DT_JMPREL: object->jump_slots = address; break;
        case DT_PLTRELSZ: slot_bytes = d->d_un.d_val; break;
        case DT_PLTREL: rela = d->d_un.d_val == DT_RELA; break;
        case DT_SONAME: soname = d->d_un.d_val; break;
        default: break;
        }
    }
    if (!object->symbols || !object->strings)
        return false;
    object->soname = soname ? object->strings + soname : "";
    object->jump_slot_count = rela && object->jump_slots ? slot_bytes / sizeof(ElfW(Rela)) : 0;
    return true;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static void *address_of(const struct object *object, const ElfW(Sym) * symbol)
{
    void *address = (void *)(object->base + symbol->st_value);
    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC) {
        void *(*resolver)(void);
        memcpy(&resolver, &address, sizeof resolver);
        address = resolver();
    }
    return address;
}

void *object_find(const struct object *object, const char *name)
{
    if (!object->gnu_hash)
        return NULL;
    const uint32_t *table = object->gnu_hash;
    uint32_t buckets = table[0], first = table[1], words = table[2], shift = table[3];
    const ElfW(Addr) *bloom = (const void *)(table + 4);
    const uint32_t *bucket = (const void *)(bloom + words);
    const uint32_t *chain = bucket + buckets;
    if (!buckets || !words)
        return NULL;
    uint32_t hash = gnu_hash(name);
    ElfW(Addr) word = bloom[hash / 64 % words];
    if (!(word >> (hash % 64) & word >> ((hash >> shift) % 64) & 1))
        return NULL;
    uint32_t index = bucket[hash % buckets];
    if (index < first)
        return NULL;
    void *hidden = NULL;
    for (;; index++) {
        uint32_t entry = chain[index - first];
        const ElfW(Sym) *symbol = &object->symbols[index];
        if ((entry | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
            strcmp(object->strings + symbol->st_name, name) == 0) {
            if (!object->versions || !(object->versions[index] & 0x8000))
                return address_of(object, symbol);
            if (!hidden) /* an old version only: better than nothing */
                hidden = address_of(object, symbol);
        }
        if (entry & 1)
            return hidden;
    }
}

static bool is_ours(const struct link_map *map)
{
    return map->l_ld == _DYNAMIC;
}

/* The last object that was there when the program started. Those before it are never unloaded, so the list up to here
 * can be walked without the loader's lock; and what is loaded later is in front of nothing that we forward to. */
static const struct link_map *_Atomic last_at_start;

void symbols_started(void)
{
    const struct link_map *map = _r_debug.r_map;
    while (map && map->l_next)
        map = map->l_next;
    atomic_store(&last_at_start, map);
}

static const struct link_map *after(const struct link_map *map)
{
    return map == atomic_load_explicit(&last_at_start, memory_order_relaxed) ? NULL : map->l_next;
}

static void *find_in(const struct link_map *map, const char *name)
{
    struct object object;
    if (is_vdso(map) || !object_from_dynamic(map->l_addr, map->l_ld, &object))
        return NULL;
    return object_find(&object, name);
}

void *symbols_next(const char *name)
{
    bool behind = false;
    for (const struct link_map *map = _r_debug.r_map; map; map = after(map)) {
        void *found = behind ? find_in(map, name) : NULL;
        if (found)
            return found;
        behind = behind || is_ours(map);
    }
    return NULL;
}

void *symbols_at_start(const char *name)
{
    void *found = NULL;
    for (const struct link_map *map = _r_debug.r_map; map && !found; map = after(map))
        found = is_ours(map) ? NULL : find_in(map, name);
    return found;
}

const char *symbols_next_provider(const char *name)
{
    bool behind = false;
    for (const struct link_map *map = _r_debug.r_map; map; map = after(map)) {
        if (behind && find_in(map, name))
            return map->l_name;
        behind = behind || is_ours(map);
    }
    return NULL;
}

bool symbols_first_is_ours(const char *name)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (find_in(map, name))
            return is_ours(map);
    return false;
}

/* The first definition, and whether there is another. */
static void *definition(const char *name, bool *several)
{
    void *first = NULL;
    *several = false;
    for (const struct link_map *map = _r_debug.r_map; map && !*several; map = map->l_next) {
        void *found = is_ours(map) ? NULL : find_in(map, name);
        *several = found && first;
        first = first ? first : found;
    }
    return first;
}

void *symbols_resolve_for(const struct object *user, const char *name)
{
    bool several;
    void *first = definition(name, &several);
    if (!several)
        return first; /* as a rule; what follows looks through all objects once for each that is needed */
    for (const ElfW(Dyn) *d = user->dynamic; d->d_tag != DT_NULL; d++) {
        if (d->d_tag != DT_NEEDED)
            continue;
        const char *needed = user->strings + d->d_un.d_val;
        for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
            struct object object;
            if (is_vdso(map) || is_ours(map) || !object_from_dynamic(map->l_addr, map->l_ld, &object) ||
                strcmp(object.soname, needed) != 0)
                continue;
            void *found = object_find(&object, name);
            if (found)
                return found;
        }
    }
    return first;
}
