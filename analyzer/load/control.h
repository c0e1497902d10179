/* SPDX-License-Identifier: MIT
 * Owns: the control page of a trace, in which one says what is to be recorded while programs run.
 * Must not know: records, commands. */
#ifndef ANALYZER_CONTROL_H
#define ANALYZER_CONTROL_H

#include <stdbool.h>

#include "trace/trace.h"

/* Maps the control page of the trace at path. NULL with one line on standard error. Never unmapped. */
struct trace_control *control_open(const char *path, bool to_change);

/* What came of it. */
enum control_result { CONTROL_DONE, CONTROL_IS_SO, CONTROL_TOO_OFTEN };
/* From now on the programs of the trace record, or do not. Each notices at its next call that is wrapped. */
enum control_result control_set(struct trace_control *control, bool record);

/* The stretches in which nothing was recorded, the one that lasts included. */
struct control_pauses {
    unsigned count;
    double seconds;
};
struct control_pauses control_pauses(const struct trace_control *control);

#endif
