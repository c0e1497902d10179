/* SPDX-License-Identifier: MIT
 * Owns: whether a run left its inputs as they were, so that another one would do the same work.
 * Must not know: how runs are made. */
#ifndef ANALYZER_RUN_CHANGED_H
#define ANALYZER_RUN_CHANGED_H

#include <stdbool.h>

/* False after one line that names the first input that the recorded run changed, moved or removed. */
bool changed_not(const char *trace);

#endif
