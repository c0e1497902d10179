/* SPDX-License-Identifier: MIT
 * Owns: patching the jump slots of loaded objects. Must not know: what wrappers record.
 *
 * Only slots whose value lies in an executable segment of a known object. Calls inside one library are left alone, weak
 * zero slots skipped, lazily bound slots resolved for the object that has them. */
#include "preload/codecs/patch/slots.h"

#include <dlfcn.h>
#include <string.h>

#include "preload/base/hook.h"
#include "preload/base/system.h"
#include "preload/codecs/calls/targets.h"
#include "preload/codecs/calls/versions.h"
#include "preload/state/arena.h"
#include "preload/state/clock.h"
#include "preload/state/thread_state.h"
#include "preload/guard/threads.h"
#include "preload/codecs/patch/objects.h"
#include "preload/record/packet.h"
#include "preload/base/symbols.h"

#define BUCKETS 512

static int16_t buckets[BUCKETS], chain[CODEC_ROW_COUNT]; /* row by name, -1 ends */
static uint32_t hashes[CODEC_ROW_COUNT];                 /* of the names: hardly any slot is for one of them */
static bool buckets_filled;
static uint64_t fronts[16]; /* a bit for the first three bytes of each: nearly all other names fail this already */

static unsigned front_of(const char *name)
{
    unsigned front = 0;
    for (unsigned i = 0; i < 3 && name[i]; i++)
        front = front * 37 + (unsigned char)name[i];
    return front % (sizeof fronts * 8);
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static void fill_buckets(void)
{
    memset(buckets, 0xff, sizeof buckets);
    for (int row = 0; row < CODEC_ROW_COUNT; row++) {
        const char *name = hook_name(codec_rows[row].hook);
        fronts[front_of(name) / 64] |= UINT64_C(1) << front_of(name) % 64;
        hashes[row] = hash_of(name);
        chain[row] = buckets[hashes[row] % BUCKETS];
        buckets[hashes[row] % BUCKETS] = (int16_t)row;
    }
    buckets_filled = true;
}

static int row_of(const char *name)
{
    if (!buckets_filled || !(fronts[front_of(name) / 64] >> front_of(name) % 64 & 1))
        return -1;
    uint32_t hash = hash_of(name);
    for (int row = buckets[hash % BUCKETS]; row >= 0; row = chain[row])
        if (hashes[row] == hash && strcmp(hook_name(codec_rows[row].hook), name) == 0)
            return row;
    return -1;
}

bool slots_is_codec_name(const char *name)
{
    return name && row_of(name) >= 0;
}

/* Whether a function at this address is the family's own. Where a family's names are words that any program may use
 * (ReadImage, compress), only a library of the right name, or with a less common function of the family, counts. */
static bool belongs(unsigned family, uintptr_t address)
{
    const struct listed *owner = objects_at(address);
    struct object object;
    if (!owner || (family != trace_codec_MAGICK && family != trace_codec_ZLIB))
        return owner != NULL;
    if (!owner->dynamic || !object_from_dynamic(owner->module.base, owner->dynamic, &object))
        return false;
    return family == trace_codec_ZLIB ? object_find(&object, "zlibVersion") : strstr(object.soname, "Magick");
}

/* True when any thread is inside this wrapper instance: then it is not recycled. */
static bool in_flight(unsigned row, unsigned instance)
{
    for (const struct thread *t = thread_list(); t; t = t->next)
        for (unsigned i = 0; i < t->frame_count && i < THREAD_FRAMES; i++)
            if (t->frames[i].row == row && t->frames[i].instance == instance)
                return true;
    return false;
}

/* Also of an instance that is there already: another library may have come to lie where its own did. */
static void find_version(unsigned row, unsigned instance, const struct listed *library)
{
    void *function =
        library ? codec_version_function(codec_rows[row].family, library->module.base, library->dynamic) : NULL;
    atomic_store(&codec_targets[row][instance].version_function, (uintptr_t)function);
}

/* Wrapper for the function at real; instances are keyed by (row, real address). */
static void *wrapper_for(struct thread *self, unsigned row, void *address)
{
    int free_instance = -1;
    for (int i = 0; i < CODEC_INSTANCES; i++) {
        void *owner = atomic_load(&codec_targets[row][i].real);
        if (owner == address)
            find_version(row, (unsigned)i, objects_at((uintptr_t)address));
        if (owner == address || address == codec_wrapper(row, (unsigned)i))
            return codec_wrapper(row, (unsigned)i);
        if (!owner && free_instance < 0)
            free_instance = i;
    }
    if (free_instance < 0) {
        struct trace_notice notice = {
            .what = trace_note_NO_WRAPPER_LEFT,
            .text = {hook_name(codec_rows[row].hook), strlen(hook_name(codec_rows[row].hook))}};
        packet_put(self, TRACE_KIND_notice, thread_now_ns(), &notice);
        return address;
    }
    const struct listed *library = objects_at((uintptr_t)address);
    struct codec_target *target = &codec_targets[row][free_instance];
    void *none = NULL;
    if (!atomic_compare_exchange_strong(&target->real, &none, address))
        return none == address ? codec_wrapper(row, (unsigned)free_instance) : address; /* another thread took it */
    if (library && library->module.name && !(target->library && strcmp(target->library, library->module.name) == 0)) {
        size_t bytes = strlen(library->module.name) + 1;
        char *copy = arena_allocate(bytes); /* the loader's own string goes with the object */
        if (copy)
            memcpy(copy, library->module.name, bytes);
        target->library = copy;
    }
    find_version(row, (unsigned)free_instance, library);
    return codec_wrapper(row, (unsigned)free_instance);
}

void *slots_wrapper(struct thread *self, const char *name, void *address)
{
    int row = row_of(name);
    if (row < 0 || !objects_lock())
        return address;
    bool known = belongs(codec_rows[row].family, (uintptr_t)address);
    void *wrapper = known ? wrapper_for(self, (unsigned)row, address) : address;
    objects_unlock();
    return wrapper;
}

/* Makes the read-only-after-relocation part of an object writable, or read-only again. */
static void protect(const struct dl_phdr_info *info, int protection)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_GNU_RELRO)
            continue;
        uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(uintptr_t)4095;
        uintptr_t end = (info->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(uintptr_t)4095;
        if (end > start)
            (void)SYSTEM3(SYS_mprotect, start, end - start, protection);
    }
}

/* Whether a call through this slot is one of those that are wrapped. Inside a library calls are its own business, but
 * libvips builds its operations through its own slots, and all of GraphicsMagick's tools lie inside its library. And
 * what libpng asks of zlib is part of libpng's work. */
static bool counts_here(const struct object *object, const ElfW(Sym) * symbol, unsigned family, int *owns_png)
{
    if (family == trace_codec_ZLIB && *owns_png < 0)
        *owns_png = object_find(object, "png_create_read_struct") != NULL;
    if (family == trace_codec_ZLIB && *owns_png)
        return false;
    return symbol->st_shndx == SHN_UNDEF || family == trace_codec_VIPS || family == trace_codec_MAGICK;
}

/* What every program has, and calls no codec. */
static bool is_runtime(const struct object *object)
{
    static const char *const sonames[] = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"};
    for (unsigned i = 0; i < sizeof sonames / sizeof *sonames; i++)
        if (strcmp(object->soname, sonames[i]) == 0)
            return true;
    return false;
}

/* Names are all over the place, and as a rule nobody has looked at them yet: each would be waited for. */
static inline void prefetch_names(const struct object *object, size_t i)
{
    enum { AHEAD = 8 };
    if (i + 2 * AHEAD >= object->jump_slot_count)
        return;
    __builtin_prefetch(&object->symbols[ELF64_R_SYM(object->jump_slots[i + 2 * AHEAD].r_info)]);
    __builtin_prefetch(object->strings + object->symbols[ELF64_R_SYM(object->jump_slots[i + AHEAD].r_info)].st_name);
}

static void patch_object(struct thread *self, struct listed *listed, const struct dl_phdr_info *info)
{
    bool writable = false;
    int owns_png = -1; /* not looked for yet */
    struct object own, *object = &own;
    if (!buckets_filled)
        fill_buckets();
    listed->pending = false;
    if (!listed->dynamic || !object_from_dynamic(listed->module.base, listed->dynamic, object) || is_runtime(object))
        return;
    for (size_t i = 0; i < object->jump_slot_count; i++) {
        prefetch_names(object, i);
        const ElfW(Rela) *relocation = &object->jump_slots[i];
        if (ELF64_R_TYPE(relocation->r_info) != ARCH_JUMP_SLOT)
            continue;
        const ElfW(Sym) *symbol = &object->symbols[ELF64_R_SYM(relocation->r_info)];
        const char *name = object->strings + symbol->st_name;
        int row = row_of(name);
        if (row < 0 || !counts_here(object, symbol, codec_rows[row].family, &owns_png))
            continue;
        void *_Atomic *slot = (void *_Atomic *)(object->base + relocation->r_offset);
        void *value = atomic_load(slot);
        if (value && (uintptr_t)value >= listed->executable && (uintptr_t)value < listed->executable_end)
            value = symbols_resolve_for(object, symbol, value); /* its own, or still the lazy binding stub */
        listed->pending = listed->pending || !value;
        if (!value || !belongs(codec_rows[row].family, (uintptr_t)value))
            continue; /* absent, already ours, or nothing that is known */
        void *wrapper = wrapper_for(self, (unsigned)row, value);
        if (wrapper == value)
            continue;
        if (!writable) {
            protect(info, PROT_READ | PROT_WRITE);
            writable = true;
        }
        atomic_store(slot, wrapper);
        if (symbol->st_shndx != SHN_UNDEF)
            atomic_store(&codec_own_calls[codec_rows[row].family], true);
    }
    if (writable)
        protect(info, PROT_READ);
}

static void recycle(void)
{
    for (unsigned row = 0; row < CODEC_ROW_COUNT; row++)
        for (unsigned i = 0; i < CODEC_INSTANCES; i++) {
            void *real_function = atomic_load(&codec_targets[row][i].real);
            if (real_function && !objects_at((uintptr_t)real_function) && !in_flight(row, i)) {
                atomic_store(&codec_targets[row][i].version_function, 0);
                atomic_store(&codec_targets[row][i].real, NULL);
            }
        }
}

void slots_scan(struct thread *self)
{
    objects_scan(self, recycle, patch_object);
}
