/* SPDX-License-Identifier: MIT
 * Owns: how far the runs of one set lie apart, and what about them should not be trusted.
 * Must not know: how runs are made. */
#ifndef ANALYZER_COMPARE_SPREAD_H
#define ANALYZER_COMPARE_SPREAD_H

#include <stdio.h>

#include "analyzer/compare/side.h"

/* Median, mean, deviation and interval of the figures that a comparison would be about, a row each, then a warning for
 * each thing that makes them worth less, with what to do about it. */
void spread_print(const struct side *side, bool ascii, FILE *out);

/* Place of the run whose duration is the median one (the lower of two): it stands for the set. */
size_t spread_typical(const struct side *side);

#endif
