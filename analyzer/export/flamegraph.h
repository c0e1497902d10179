/* SPDX-License-Identifier: MIT
 * Owns: the stacks of the large blocks that made the memory peak, for flame graphs.
 * Must not know: records. */
#ifndef ANALYZER_EXPORT_FLAMEGRAPH_H
#define ANALYZER_EXPORT_FLAMEGRAPH_H

#include "analyzer/model/model.h"

#include <stdio.h>

/* One line per stack: "program;outermost;…;innermost bytes". */
void export_flamegraph(FILE *out, const struct run *run);

#endif
