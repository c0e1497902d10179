/* SPDX-License-Identifier: MIT
 * Owns: growing arrays and copying texts. When memory ends the program says so and exits 1: a report without its
 * figures helps nobody. Must not know: what is stored. */
#ifndef ANALYZER_MEMORY_H
#define ANALYZER_MEMORY_H

#include <stddef.h>

/* Room for one more element behind `count` in an array of elements of `size` bytes, and that element zeroed.
 * *array and *capacity are updated. */
void memory_grow(void **array, size_t *capacity, size_t count, size_t size);
void *memory_zeroed(size_t count, size_t size);
/* The pointer, which is not NULL. */
void *memory_checked(void *memory);
/* Terminated copy of bytes that need not be. */
char *memory_text(const char *data, size_t bytes);

/* Appends to an array with the fields <name>, <name>_count and <name>_capacity; yields a pointer to the new element. */
#define MEMORY_APPEND(owner, name)                                                                                     \
    (memory_grow((void **)&(owner)->name, &(owner)->name##_capacity, (owner)->name##_count, sizeof *(owner)->name),    \
     &(owner)->name[(owner)->name##_count++])

#endif
