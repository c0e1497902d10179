/* SPDX-License-Identifier: MIT
 * Owns: a pack as the lines of a file, both ways.
 * Must not know: what is in a pack, and why. */
#ifndef ANALYZER_PACK_PACK_JSON_H
#define ANALYZER_PACK_PACK_JSON_H

#include <stdio.h>

#include "analyzer/pack/pack.h"

/* 0 or a negative errno. */
int pack_write(const struct pack *pack, FILE *out);

/* Reads the pack of the trace in a directory. NULL: there is none, and error is empty; or it cannot be used, and error
 * says why in one line. wanted: the trace that it must belong to. */
struct pack *pack_read(const char *directory, const struct pack_trace *wanted, char *error, size_t capacity);

#endif
