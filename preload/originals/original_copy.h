/* SPDX-License-Identifier: MIT
 * Owns: how a file comes into the trace as it is: by a link, a clone or a copy, complete or not at all, and without a
 * trace of that on the file. Must not know: which files, and why. Guard set, signals held. */
#ifndef PRELOAD_ORIGINAL_COPY_H
#define PRELOAD_ORIGINAL_COPY_H

#include "trace/original_name.h"

struct thread;

/* Beside enum trace_keeping: somebody has kept it before, or it is nothing that could be read twice. */
#define ORIGINAL_IS_THERE 0
/* A part of it is copied: to be called again, after signals and other threads have had their turn. */
#define ORIGINAL_GOES_ON (-1)

/* A file to be kept, and how far that has come. */
struct original_keeping {
    const struct original_name *name; /* what it must be */
    const char *path;
    int directory;
    bool removed; /* its name goes, whatever a symbolic link there refers to; else its content changes */
    bool link;    /* that is its last name, so it may get another one */
    int error;    /* -errno where that is why it is not kept */
    bool begun;
    uint32_t pid;       /* which began */
    uint64_t done;      /* bytes of the copy */
    uint64_t copy_file; /* its st_ino */
};

/* Returns an enum trace_keeping or one of the above. */
int original_keep(struct thread *self, struct original_keeping *keeping);
/* A link that was just made goes again, where it still is one. */
void original_forget(struct thread *self, const struct original_name *name);

#endif
