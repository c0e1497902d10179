/* SPDX-License-Identifier: MIT
 * Owns: looking into loaded ELF objects: symbols and jump slots. Unlike dlsym it allocates nothing, sets no dlerror
 * state and works before the constructor. Must not know: what is looked for. */
#ifndef PRELOAD_SYMBOLS_H
#define PRELOAD_SYMBOLS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tables of one loaded object; valid while it stays loaded. */
struct object {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const uint16_t *versions;
    const ElfW(Rela) * jump_slots;
    size_t jump_slot_count;
    const char *soname;
    const ElfW(Dyn) * dynamic;
};

/* False when the object has no usable tables. */
bool object_from_dynamic(uintptr_t base, const ElfW(Dyn) * dynamic, struct object *object);

/* Address of a function or object that this object defines under its default version, or NULL. */
void *object_find(const struct object *object, const char *name);

/* The definition that RTLD_NEXT would give this library: in the objects after it in load order. NULL if none. */
void *symbols_next(const char *name);
/* The objects there are now are those that were there at the start: later walks end with the last of them, since what
 * is loaded later may be unloaded while we walk. Called by the constructor. */
void symbols_started(void);
/* First definition in load order by another object than this library, or NULL. */
void *symbols_at_start(const char *name);
/* libc's own definition, whoever else has the name, or NULL. */
void *symbols_in_libc(const char *name);
/* Path of the object that symbols_next finds the name in, as the loader keeps it, or NULL. */
const char *symbols_next_provider(const char *name);
/* Whether the object that symbols_next finds the name in has `beside` as well. */
bool symbols_next_has(const char *name, const char *beside);
/* True when the first definition in load order is this library's: no executable or earlier object brings its own. */
bool symbols_first_is_ours(const char *name);
/* Where a slot of `user` leads whose value lies in `user` itself: to its own function, or not bound yet. Then the
 * objects of the start come first, as for ld.so, those that it needs next, at last all in load order. NULL where the
 * first two differ, for an object that was loaded later: which is meant depends on how it was. */
void *symbols_resolve_for(const struct object *user, const ElfW(Sym) * symbol, void *value);

/* For dl_iterate_phdr: stores how many objects were loaded and unloaded so far in context, two unsigned long long. */
int symbols_count_changes(struct dl_phdr_info *info, size_t size, void *context);

#endif
