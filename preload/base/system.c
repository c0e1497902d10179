/* SPDX-License-Identifier: MIT
 * Owns: what the inline system calls keep between two of them. Must not know: which records there are, hooks. */
#include "preload/base/system.h"

system_clock_function *_Atomic system_clock;
_Atomic uintptr_t system_next_place;
