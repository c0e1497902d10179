/* SPDX-License-Identifier: MIT
 * Owns: whether a trace was recorded on this machine. Must not know: traces. */
#ifndef ANALYZER_MACHINE_H
#define ANALYZER_MACHINE_H

#include <stdbool.h>

struct machine { /* as the host record says it */
    char name[160], boot_id[64], cpu_model[128];
};

void machine_describe(struct machine *machine);
/* Name and architecture must be this machine's, and so must the boot; or, after another boot, the CPU. What is not
 * known (NULL or empty) is not the same. */
bool machine_is_this(const char *name, const char *boot_id, const char *cpu_model);

#endif
