/* SPDX-License-Identifier: MIT
 * Owns: numbers for texts that are written once and referred to later.
 * Must not know: where they are written. */
#ifndef ANALYZER_EXPORT_INTERN_H
#define ANALYZER_EXPORT_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTERN_TEXTS_MAX                                                                                               \
    (1 << 18) /* then texts get no number any more: a trace cannot make the table grow for ever                        \
               */

/* {0} is an empty table. */
struct intern {
    struct intern_text {
        char *text;
        uint32_t bytes;
        uint32_t hash;
    } * texts; /* by number, from 1 */
    size_t texts_count, texts_capacity;
    uint32_t *slots; /* of a hash table: numbers */
    size_t slot_count;
};

/* The number of a text, from 1; 0 = the table is full. *fresh: it was not there before. */
uint32_t intern(struct intern *intern, const char *text, size_t bytes, bool *fresh);
void intern_release(struct intern *intern);

#endif
