/* SPDX-License-Identifier: MIT
 * Owns: what the pages that `describe` prints share.
 * Must not know: what is on them. */
#ifndef SCRIPTS_DESCRIBE_H
#define SCRIPTS_DESCRIBE_H

#include <stddef.h>

/* A row of a table; | is escaped. */
void describe_row(const char *const *cells, size_t count);
#define ROW(...)                                                                                                       \
    describe_row((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* docs/database.md */
void describe_database(void);

#endif
