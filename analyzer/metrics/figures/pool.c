/* SPDX-License-Identifier: MIT
 * Owns: the names of what limits a pool, and of kinds of pools.
 * Must not know: how they are told. */
#include "analyzer/metrics/figures/pool.h"

const char *pool_limit_name(enum pool_limit limit)
{
    static const char *const names[] = {NULL, "pool", "cpu", "tail", "io"};
    return names[limit];
}

const char *pool_kind_name(enum pool_kind kind)
{
    static const char *const names[] = {NULL, "libuv", "threads", "processes"};
    return names[kind];
}
