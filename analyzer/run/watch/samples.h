/* SPDX-License-Identifier: MIT
 * Owns: samples of the process tree of one run, until they are added to its trace.
 * Must not know: how they are taken, what they mean. */
#ifndef ANALYZER_RUN_SAMPLES_H
#define ANALYZER_RUN_SAMPLES_H

#include "analyzer/run/watch/tree.h"

/* Keeps a sample taken now. Beyond an hour of them every second one goes: a week takes no more room. */
void samples_add(const struct tree *tree, pid_t pid);
void samples_clear(void);
/* Adds them to the trace as a process directory of our own (`tree_sample` records). Nothing happens where the target
 * made no trace; one line on standard error where they cannot be written: the report is made without. */
void samples_write(const char *trace);

#endif
