/* SPDX-License-Identifier: MIT
 * Owns: where loaded objects lie and what they are called: their module records.
 * Must not know: slots, wrappers. Guard set; one thread at a time, which objects.c sees to. */
#ifndef PRELOAD_MODULES_H
#define PRELOAD_MODULES_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace/trace.h"

struct thread;

struct module {
    uintptr_t base;
    const char *name; /* of the loader; valid while the object is loaded */
    uint64_t bytes;   /* length of its mapping */
    struct trace_text build_id;
    const char *kept_name; /* our own copies of both, or NULL: these stay when the object is unloaded */
    struct trace_text kept_build_id;
    bool at_start;         /* never unloaded */
    uint64_t recorded_for; /* start of the process whose record is written */
};

/* Both while the loader says that the object is there. */
void module_describe(struct module *module, const struct dl_phdr_info *info);
void module_put(struct thread *self, struct module *module);
/* At any time, without asking the loader, whose lock another thread may hold for as long as it waits for this one. An
 * object that was unloaded since the last scan is told, too: nothing else lies there before the next scan sees it. */
void module_put_known(struct thread *self, struct module *module);

#endif
