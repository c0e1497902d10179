/* SPDX-License-Identifier: MIT
 * Owns: a run and its figures as a SQLite database; tables.def and views.def say what is in it.
 * Must not know: records, how figures come about. */
#ifndef ANALYZER_EXPORT_SQLITE_H
#define ANALYZER_EXPORT_SQLITE_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/metrics/figures/figures.h"

/* Fills the file at path, which is empty and nobody else's. Returns false with the reason in error (capacity bytes). */
bool sqlite_write(const char *path, const struct metrics *metrics, const char *tool_version, char *error,
                  size_t capacity);

#endif
