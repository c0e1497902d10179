/* SPDX-License-Identifier: MIT
 * Owns: the room that the trace may take on disk, which all of its processes share: it is taken before a file is made.
 * Must not know: what takes it. All functions: any thread; nothing is there before the trace is. */
#ifndef PRELOAD_QUOTA_H
#define PRELOAD_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

/* Room for records. False: there is none, which the report will say. */
bool quota_reserve(uint64_t bytes);
/* Room for what is kept beside them: an eighth of all is left to the records. */
bool quota_reserve_beside(uint64_t bytes);
void quota_give_back(uint64_t bytes);

#endif
