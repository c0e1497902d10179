/* SPDX-License-Identifier: MIT
 * Owns: damage of a trace, kept until it is known whether anything could be read, and what is said of it then.
 * Must not know: traces. */
#ifndef ANALYZER_BASE_DAMAGES_H
#define ANALYZER_BASE_DAMAGES_H

#include <stddef.h>
#include <stdint.h>

/* Damage of a trace, kept until it is known whether anything could be read: "<path>: byte <offset>: <what>". Each ends
 * with one of the three calls below. damages_add is a reader_damage with a struct damages as its context. */
#define DAMAGES_MAX 20
struct damages {
    uint64_t count;
    char *lines[DAMAGES_MAX]; /* the first ones */
};
void damages_add(void *context, const char *path, uint64_t offset, const char *what);
/* One line each, and how many there are beyond them. */
void damages_print(struct damages *damages);
/* One line: that not one record could be read, and the first damage as the reason. */
void damages_nothing_read(struct damages *damages, const char *path);
void damages_drop(struct damages *damages);

#endif
