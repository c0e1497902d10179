/* SPDX-License-Identifier: MIT
 * Owns: the records of threads' names. Must not know: who names them. */
#ifndef PRELOAD_HOOKS_THREAD_H
#define PRELOAD_HOOKS_THREAD_H

#include <stdint.h>

/* The program named a thread (0 = unknown: not recorded). errno is kept. */
void thread_named(uint32_t tid, const char *name);

#endif
