/* SPDX-License-Identifier: MIT
 * Owns: what the gates of a report and those of a comparison share.
 * Must not know: traces. */
#ifndef ANALYZER_GATE_PARTS_H
#define ANALYZER_GATE_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "analyzer/gate/expression.h"

/* The values that an absolute limit was held against. */
struct gate_count {
    const struct expression *expression;
    size_t looked_at, known, holding; /* known: not null */
    double first, last;               /* first that is past the limit; last that is known */
    size_t first_place;               /* among those looked at */
};
void gate_count(void *context, const json_t *value); /* a schema_each; context: struct gate_count */
/* Past the limit, or nothing is known. */
bool gate_fails(const struct gate_count *count);
/* That line. `where` names the first one that is past it, or is NULL. */
void gate_say(const struct gate_count *count, const char *where);

/* The figures of images whose change is known, pair by pair: "bytes_out"; NULL for any other path. */
const char *gate_image_figure(const char *path);

#endif
