/* SPDX-License-Identifier: MIT
 * Owns: a library of the victim `stacks`: NAME(bytes) allocates.
 * Must not know: the profiler. */
#include <stdlib.h>
#include <string.h>

void *NAME(size_t bytes);
void *NAME(size_t bytes)
{
    void *block = malloc(bytes);
    if (block)
        memset(block, 3, 64);
    return block;
}
