/* SPDX-License-Identifier: MIT
 * Owns: ELF symbol lookup by GNU hash in loaded objects. Must not know: what is looked for.
 * Source: System V gABI, "Dynamic Section"; GNU hash as ld.so reads it. */
#include "preload/base/symbols.h"

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

/* Hash of the version that a symbol of the object is defined with, or is asked for with; 0 = none. The addresses of
 * these tables ld.so leaves as they were. */
static uint32_t version_of(const struct object *object, uint32_t index)
{
    unsigned wanted = object->versions ? object->versions[index] & 0x7fff : 0;
    const ElfW(Verdef) *defined = NULL;
    const ElfW(Verneed) *needed = NULL;
    for (const ElfW(Dyn) *d = object->dynamic; wanted > VER_NDX_GLOBAL && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_VERDEF)
            defined = (const void *)(object->base + d->d_un.d_ptr);
        if (d->d_tag == DT_VERNEED)
            needed = (const void *)(object->base + d->d_un.d_ptr);
    }
    while (defined && defined->vd_ndx != wanted)
        defined = defined->vd_next ? (const void *)((const char *)defined + defined->vd_next) : NULL;
    if (defined)
        return defined->vd_hash;
    for (; needed; needed = needed->vn_next ? (const void *)((const char *)needed + needed->vn_next) : NULL) {
        const ElfW(Vernaux) *part = (const void *)((const char *)needed + needed->vn_aux);
        for (unsigned i = 0; i < needed->vn_cnt; i++) {
            if (part->vna_other == wanted)
                return part->vna_hash;
            part = (const void *)((const char *)part + part->vna_next);
        }
    }
    return 0;
}

static bool serves(const struct object *object, uint32_t index, uint32_t version)
{
    uint32_t defined = version ? version_of(object, index) : 0;
    return !defined || defined == version;
}

/* version 0: the default one. */
static void *find_version(const struct object *object, const char *name, uint32_t version)
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
            strcmp(object->strings + symbol->st_name, name) == 0 && serves(object, index, version)) {
            if (version || !object->versions || !(object->versions[index] & 0x8000))
                return address_of(object, symbol);
            if (!hidden) /* an old version only: better than nothing */
                hidden = address_of(object, symbol);
        }
        if (entry & 1)
            return hidden;
    }
}

void *object_find(const struct object *object, const char *name)
{
    return find_version(object, name, 0);
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

void *symbols_in_libc(const char *name)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = after(map)) {
        struct object object;
        if (!is_vdso(map) && object_from_dynamic(map->l_addr, map->l_ld, &object) &&
            strcmp(object.soname, "libc.so.6") == 0)
            return object_find(&object, name);
    }
    return NULL;
}

/* The object that symbols_next finds the name in, or NULL. */
static const struct link_map *next_with(const char *name)
{
    bool behind = false;
    for (const struct link_map *map = _r_debug.r_map; map; map = after(map)) {
        if (behind && find_in(map, name))
            return map;
        behind = behind || is_ours(map);
    }
    return NULL;
}

const char *symbols_next_provider(const char *name)
{
    const struct link_map *map = next_with(name);
    return map ? map->l_name : NULL;
}

bool symbols_next_has(const char *name, const char *beside)
{
    const struct link_map *map = next_with(name);
    return map && find_in(map, beside);
}

bool symbols_first_is_ours(const char *name)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (find_in(map, name))
            return is_ours(map);
    return false;
}

/* In what every object of the program sees first: the objects that were there at the start, in their order. */
static void *find_global(const struct object *user, const char *name, uint32_t version, bool *is_global)
{
    void *found = NULL;
    for (const struct link_map *map = _r_debug.r_map; map; map = after(map)) {
        struct object object;
        *is_global = *is_global || map->l_ld == user->dynamic;
        if (!found && !is_vdso(map) && !is_ours(map) && object_from_dynamic(map->l_addr, map->l_ld, &object))
            found = find_version(&object, name, version);
    }
    return found;
}

/* In what the user itself asked to be loaded. */
static void *find_needed(const struct object *user, const char *name, uint32_t version)
{
    for (const ElfW(Dyn) *d = user->dynamic; d->d_tag != DT_NULL; d++) {
        if (d->d_tag != DT_NEEDED)
            continue;
        const char *needed = user->strings + d->d_un.d_val;
        for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
            struct object object;
            if (is_vdso(map) || is_ours(map) || !object_from_dynamic(map->l_addr, map->l_ld, &object) ||
                strcmp(object.soname, needed) != 0)
                continue;
            void *found = find_version(&object, name, version);
            if (found)
                return found;
        }
    }
    return NULL;
}

void *symbols_resolve_for(const struct object *user, const ElfW(Sym) * symbol, void *value)
{
    const char *name = user->strings + symbol->st_name;
    uint32_t version = version_of(user, (uint32_t)(symbol - user->symbols));
    void *own = symbol->st_shndx == SHN_UNDEF ? NULL : (void *)(user->base + symbol->st_value);
    if (own == value)
        return own;
    bool is_global = false;
    void *global = find_global(user, name, version, &is_global);
    if (global && is_global)
        return global; /* as a rule; what follows looks through all objects once for each that is needed */
    void *local = own ? own : find_needed(user, name, version);
    if (global && local && global != local)
        return NULL;
    if (global || local)
        return global ? global : local;
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        void *found = is_ours(map) ? NULL : find_in(map, name);
        if (found)
            return found;
    }
    return NULL;
}

int symbols_count_changes(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    unsigned long long *changes = context;
    changes[0] = info->dlpi_adds;
    changes[1] = info->dlpi_subs;
    return 1;
}
