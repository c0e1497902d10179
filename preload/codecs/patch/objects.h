/* SPDX-License-Identifier: MIT
 * Owns: which objects are loaded, since when they can be patched, and what lies where.
 * Must not know: slots, wrappers. Guard set. Scans only from the constructor and the dlsym stub: ld.so calls malloc
 * while a new object is listed but not relocated, and patching then crashed the program. */
#ifndef PRELOAD_OBJECTS_H
#define PRELOAD_OBJECTS_H

#include <link.h>
#include <stdbool.h>

#include "preload/codecs/patch/modules.h"

struct thread;

struct listed {
    uintptr_t executable, executable_end; /* hull of the executable segments */
    const ElfW(Dyn) * dynamic;
    struct module module;
    bool relocated; /* it was in the list of a scan that then waited for the loader, and nothing was removed since */
    bool patched;
    bool pending; /* a slot of a codec function leads nowhere yet */
};

/* Objects have gone from the table: what points into them is void. Table locked. */
typedef void objects_gone(void);
/* A relocated object that is new, changed or pending; it stays loaded during the call. Table locked; must not wait for
 * the loader. */
typedef void objects_found(struct thread *self, struct listed *listed, const struct dl_phdr_info *info);

/* Cheap when nothing was loaded since the last complete scan. When it returns, all that was loaded before has been
 * shown, by this thread or another. */
void objects_scan(struct thread *self, objects_gone *gone, objects_found *found);
/* The object whose executable segments hold the address, or NULL. Table locked. */
const struct listed *objects_at(uintptr_t address);
/* False when there is no table to ask. */
bool objects_lock(void);
void objects_unlock(void);
/* Writes the records of all modules that scans have seen. Never waits. */
void objects_put_modules(struct thread *self);
/* In a forked child. */
void objects_reset_after_fork(void);

#endif
