/* SPDX-License-Identifier: MIT
 * Owns: reading the small files in which the kernel says what it knows, by our own system calls. Guard set.
 * Must not know: what they say. */
#ifndef PRELOAD_FACTS_READ_H
#define PRELOAD_FACTS_READ_H

#include <stddef.h>
#include <stdint.h>

/* Reads a small file of /proc or /sys; returns its length, always terminated. Counted as our own bytes. */
size_t facts_read(const char *path, char *out, size_t capacity);

/* The number that text begins with, spaces aside; TRACE_UNKNOWN: none. */
uint64_t facts_number_at(const char *text);
/* That behind the first key in text. */
uint64_t facts_number_after(const char *text, const char *key);

#endif
