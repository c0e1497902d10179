/* SPDX-License-Identifier: MIT
 * Owns: recognising marks: moments that the program names by asking about a path that cannot be there.
 * Must not know: signatures of libc, what marks mean. */
#ifndef PRELOAD_MARKS_H
#define PRELOAD_MARKS_H

#include <errno.h>

#include "preload/base/hook.h"

/* After a refused call on path. start_ns 0 = nothing is recorded. errno is kept. */
void marks_put(uint64_t start_ns, const char *path, enum hook hook);

/* The same for each call that failed: those that are no mark cost a few comparisons. The path is looked at only where
 * the kernel has read it: it found no such file, or found the name too long for one. */
static inline void marks_look(uint64_t start_ns, const char *path, enum hook hook)
{
    if (start_ns && (errno == ENOENT || errno == ENAMETOOLONG) && path && path[0] == 'i' && path[1] == 'm')
        marks_put(start_ns, path, hook);
}

#endif
