/* SPDX-License-Identifier: MIT
 * Owns: what `imgbench run` says when the runs are over: report, spread, comparison, measured cost.
 * Must not know: how runs are made. */
#ifndef ANALYZER_RUN_OUTCOME_H
#define ANALYZER_RUN_OUTCOME_H

#include "analyzer/run/series.h"

/* The form of --report FILE follows from its name: .json, .html, .md, .csv, else text. NULL: text on standard error.
 * False with one line in `why` where there is no such form of what will come. */
bool outcome_check(const char *file, size_t variants, char *why, size_t capacity);

/* Reads the traces and prints. Returns false when something could not be read or written, after a line for it. */
bool outcome_print(const struct series *series, const char *file, bool ascii);

#endif
