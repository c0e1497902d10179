/* SPDX-License-Identifier: MIT
 * Owns: looking on while a target runs: samples of its processes, and the line that tells on a terminal how far it is.
 * Must not know: how runs are made; figures of reports. */
#ifndef ANALYZER_RUN_LIVE_H
#define ANALYZER_RUN_LIVE_H

#include "analyzer/run/series.h"

/* Follows the runs of a series through its callbacks: samples the process tree, and shows the line where standard error
 * is a terminal that we are in the foreground of. */
void live_follow(struct series *series);
/* Removes the line. */
void live_end(void);

#endif
