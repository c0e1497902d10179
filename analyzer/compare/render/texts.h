/* SPDX-License-Identifier: MIT
 * Owns: what differs between two reports and is no number: command, machine, versions of libraries, findings.
 * Must not know: statistics. */
#ifndef ANALYZER_COMPARE_TEXTS_H
#define ANALYZER_COMPARE_TEXTS_H

#include "analyzer/compare/comparison.h"

/* Fills texts and same_machine from the first run of each side. */
void texts_compare(struct comparison *comparison);

#endif
