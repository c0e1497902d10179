/* SPDX-License-Identifier: MIT
 * Owns: growing arrays and copying texts. Must not know: what is stored. */
#include "analyzer/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_checked(void *memory)
{
    if (!memory) {
        fputs("imgbench: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

void memory_grow(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count >= *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 8;
        *array = memory_checked(reallocarray(*array, larger, size));
        *capacity = larger;
    }
    memset((char *)*array + count * size, 0, size); /* no others: memory that nobody needs yet stays untouched */
}

void *memory_zeroed(size_t count, size_t size)
{
    return memory_checked(calloc(count ? count : 1, size));
}

char *memory_text(const char *data, size_t bytes)
{
    char *copy = memory_checked(malloc(bytes + 1));
    if (bytes)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    return copy;
}
