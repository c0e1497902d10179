/* SPDX-License-Identifier: MIT
 * Owns: where the trace's control page is mapped, which all processes of a trace share. NULL until the trace is opened.
 * Must not know: who writes what into it. */
#ifndef PRELOAD_CONTROL_H
#define PRELOAD_CONTROL_H

#include <stdatomic.h>

#include "trace/trace.h"

extern struct trace_control *_Atomic control_page;

#endif
