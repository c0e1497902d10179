/* SPDX-License-Identifier: MIT
 * Owns: where the traces of `imgbench run` lie, whether there is room for them, and what a set of runs says of itself.
 * Must not know: how targets are started, figures. */
#ifndef ANALYZER_RUN_SET_H
#define ANALYZER_RUN_SET_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/run/target.h"

/* Makes the directory of a run, absolute: `wanted` (--out), else IMGBENCH_DIR, else a new one below the user's state
 * directory named by the program. One that holds anything is refused. *is_default: it may be removed when it stays
 * empty. False with one line in `why`. */
bool set_directory(const char *wanted, const char *program, char path[PATH_MAX], bool *is_default, char *why,
                   size_t capacity);
/* Bytes that IMGBENCH_QUOTA allows a trace must be free where it will lie. False with one line in `why`. */
bool set_has_room(const char *path, char *why, size_t capacity);
/* Makes <parent>/<name>. False with one line in `why`. */
bool set_subdirectory(const char *parent, const char *name, char path[PATH_MAX], char *why, size_t capacity);
/* Removes a directory that imgbench made, with all that is in it. */
void set_remove(const char *path);

struct set_run {
    const char *name; /* of its trace; NULL: a bare run beside the set's own */
    unsigned round;   /* from 1 */
    unsigned place;   /* in its round, from 0 */
    struct target_end end;
};
struct set {
    const char *directory, *session, *variant, *preload;
    char **arguments;
    const struct set_run *runs;
    size_t run_count;
};
/* Writes <directory>/set.json: after each run, so that those that are done are known whatever happens. False after one
 * line on standard error. */
bool set_write(const struct set *set);

#endif
