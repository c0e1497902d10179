/* SPDX-License-Identifier: MIT
 * Owns: where libimgbench.so and other allocators are, as LD_PRELOAD can name them.
 * Must not know: targets, traces. */
#ifndef ANALYZER_RUN_LIBRARY_H
#define ANALYZER_RUN_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#define LIBRARY_PATH 4096

/* The library of this installation: beside the command (a build), or in ../lib/imgbench or ../lib of it. False with one
 * line in `why`. A path with blanks or colons, which LD_PRELOAD cannot hold, gets a link below /tmp/imgbench-<uid>; it
 * stays, as processes that outlive the run go on naming it. */
bool library_find(char path[LIBRARY_PATH], char *why, size_t capacity);

/* The file of an allocator: "jemalloc", "tcmalloc", "mimalloc" or any lib<name>.so that the loader finds, or a path.
 * False with one line in `why`. */
bool library_find_allocator(const char *name, char path[LIBRARY_PATH], char *why, size_t capacity);

#endif
