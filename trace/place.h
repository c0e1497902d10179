/* SPDX-License-Identifier: MIT
 * Owns: on which file systems packets of a trace may be mapped into a program.
 * Must not know: who writes them. */
#ifndef TRACE_PLACE_H
#define TRACE_PLACE_H

#include <stdbool.h>

/* f_type of statfs(2). Elsewhere (network, FUSE) a store through a mapping can block or raise SIGBUS. */
static inline bool trace_place_maps(long type)
{
    return type == 0xEF53 /* ext4 */ || type == 0x58465342 /* xfs */ || type == 0x01021994 /* tmpfs */ ||
           type == 0x794c7630 /* overlay */;
}

#endif
