/* SPDX-License-Identifier: MIT
 * Owns: what the kernel has counted as this process's I/O, and which part of it is ours or its children's: it adds a
 * reaped child's I/O to that of its parent. All functions: any thread, guard set.
 * Must not know: who waits for whom, what becomes of the figures. */
#ifndef IMGBENCH_PRELOAD_TRANSFERS_H
#define IMGBENCH_PRELOAD_TRANSFERS_H

#include <stdbool.h>

#include "preload/facts/facts.h"

/* Bytes: of io, those we moved ourselves and those that reaped children brought; the rest is the program's. */
struct transfers {
    struct facts_io io;
    uint64_t own_rchar, own_wchar, reaped_rchar, reaped_wchar;
};

/* They are counted from here on. What the kernel has counted until now. */
struct facts_io transfers_begin(void);
/* So far. */
struct transfers transfers_now(void);

/* A wait for children begins: what grows until it ends beyond what we know of is theirs. Waits of several threads
 * overlap; false: this one is not counted, and has no end. */
bool transfers_wait_begin(void);
/* collected: a child that may have moved bytes. */
void transfers_wait_end(bool collected);

/* Nothing is known, nobody waits: another process, or the same one is recorded again. */
void transfers_reset(void);

#endif
