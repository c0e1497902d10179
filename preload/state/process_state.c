/* SPDX-License-Identifier: MIT
 * Owns: what is known of this process image. Must not know: when it begins and ends. */

#include "preload/state/process_state.h"

struct process_state process;
