/* SPDX-License-Identifier: MIT
 * Owns: how a file comes into the trace as it is: by a link, a clone or a copy, complete or not at all, and without a
 * trace of that on the file. Must not know: which files, and why. Guard set, signals held. */
#ifndef PRELOAD_ORIGINAL_COPY_H
#define PRELOAD_ORIGINAL_COPY_H

#include "preload/thread.h"
#include "trace/original_name.h"

/* Beside enum trace_keeping: somebody has kept it before, or it is nothing that could be read twice. */
#define ORIGINAL_IS_THERE 0

/* The file at path, which is what name says. no_follow: a symbolic link is not followed. link: its last name is about
 * to go, so it may get another one. *error: -errno where that is why it is not kept. */
enum trace_keeping original_keep(struct thread *self, const struct original_name *name, int directory, const char *path,
                                 bool no_follow, bool link, int *error);
/* What was just kept goes again. */
void original_forget(struct thread *self, const struct original_name *name);

#endif
