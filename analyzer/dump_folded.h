/* SPDX-License-Identifier: MIT
 * Owns: `imgbench dump --folded`: the stacks of the large blocks that made the memory peak, for flame graphs.
 * Must not know: records. */
#ifndef ANALYZER_DUMP_FOLDED_H
#define ANALYZER_DUMP_FOLDED_H

#include "analyzer/model.h"

#include <stdio.h>

/* One line per stack: "program;outermost;…;innermost bytes". */
void dump_folded(FILE *out, const struct run *run);

#endif
