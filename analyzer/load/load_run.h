/* SPDX-License-Identifier: MIT
 * Owns: a trace's path to what its run was, and what is said on the way: damage, how far the reading is, why not.
 * Must not know: figures, what is done with the run. */
#ifndef ANALYZER_LOAD_RUN_H
#define ANALYZER_LOAD_RUN_H

#include "analyzer/model/model.h"
#include "analyzer/pack/outside.h"

/* Free with run_free(). Damage is listed on standard error and the rest is read. NULL after one line that says why
 * nothing could be. */
struct run *load_run(const char *path);

/* The same, and what it took from outside of the trace, collected for a pack; close with outside_close(). NULL, and
 * *outside too, after an error. */
struct run *load_run_outside(const char *path, enum outside_collect collect, struct outside **outside);

#endif
