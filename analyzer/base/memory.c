/* SPDX-License-Identifier: MIT
 * Owns: growing arrays, copying texts, how the allocator is set. Must not know: what is stored. */
#include "analyzer/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jemalloc reads it before main(). Page faults were half of the time of a large report: huge pages make 4.8 s of 10
 * million records 2.7 s, and keeping what was freed for what comes next 1.9 s: the kernel would clear it again. Large
 * arrays share the arena of the small ones (oversize_threshold), so that each uses what the other has left: 254 MB
 * instead of 285. */
extern const char *malloc_conf;
const char *malloc_conf = "thp:always,oversize_threshold:0,dirty_decay_ms:-1,muzzy_decay_ms:-1";

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
