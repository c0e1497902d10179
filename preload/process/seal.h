/* SPDX-License-Identifier: MIT
 * Owns: the end of the recording in a program that forbids itself system calls. Must not know: filters. */
#ifndef PRELOAD_SEAL_H
#define PRELOAD_SEAL_H

#include <stdbool.h>

/* The program is about to filter its system calls: the recording ends here, what comes after is counted as lost. False
 * when nothing is recorded anyway. errno is kept. */
bool process_seal(void);
/* It does so: says it, without a system call. */
void process_sealed(void);
/* The kernel refused the filter. */
void process_unseal(void);

#endif
