/* SPDX-License-Identifier: MIT
 * Owns: where the trace's control page is mapped. Must not know: who writes what into it. */
#include "preload/record/control.h"

struct trace_control *_Atomic control_page;
