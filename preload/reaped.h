/* SPDX-License-Identifier: MIT
 * Owns: the bytes that children brought as they were collected: the kernel adds a child's counts to its parent's.
 * Must not know: who starts and collects them.
 *
 * Between two looks the kernel's counts grow by what we moved, by what hooks saw, by what they did not see, and by what
 * children brought that were collected in between. The last two cannot be told apart: with a child, all of it counts
 * for the child. Looks therefore come with every sample. A look before every wait would be nearer to the truth; but
 * right after a fork, when both processes still share every page, it makes the pair of them a fifth slower. */
#ifndef PRELOAD_REAPED_H
#define PRELOAD_REAPED_H

#include "preload/facts.h"

struct reaped_look {
    struct facts_io io;
    uint64_t own_rchar, own_wchar;   /* part of it that was ours */
    uint64_t seen_rchar, seen_wchar; /* part of it that hooks saw */
    uint64_t at_ns;
};
/* Asks the kernel. Guard set, as for all of these. */
struct reaped_look reaped_look(void);
/* The same; what it said less than a millisecond ago will do. */
struct reaped_look reaped_recent(void);
/* No child was collected until then. */
void reaped_none_until(const struct reaped_look *look);
/* A child was collected, which may have moved bytes. */
void reaped_one(void);
void reaped_reset_after_fork(void);

#endif
