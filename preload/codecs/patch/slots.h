/* SPDX-License-Identifier: MIT
 * Owns: patching the jump slots of loaded objects so that codec calls reach their wrappers.
 * Must not know: what wrappers record. Guard set. Only from the constructor and the dlsym stub: ld.so calls malloc
 * while a new object is listed but not relocated, and patching then crashed the program. */
#ifndef PRELOAD_SLOTS_H
#define PRELOAD_SLOTS_H

#include <stdbool.h>

struct thread;

/* Patches what was loaded since the last scan. Cheap when nothing was. */
void slots_scan(struct thread *self);
bool slots_is_codec_name(const char *name);
/* The wrapper of a codec entry point found at address, or address itself. */
void *slots_wrapper(struct thread *self, const char *name, void *address);

#endif
