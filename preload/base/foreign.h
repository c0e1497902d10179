/* SPDX-License-Identifier: MIT
 * Owns: reading the program's memory where it may not be there: pointers that a call refused, FILEs that may be gone.
 * Must not know: what is read for. The kernel does the reading; nothing here can fault. */
#ifndef PRELOAD_FOREIGN_H
#define PRELOAD_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* True when all bytes could be read. */
bool foreign_read(const void *from, void *to, size_t bytes);
/* Copies a text, as far as it is readable and fits, always terminated; returns its length. */
size_t foreign_text(const char *from, char *out, size_t capacity);
/* Copies a FILE that stands for fd (negative: for any). False when it is none, or none any more. */
bool foreign_stream(const FILE *stream, int fd, FILE *out);

#endif
