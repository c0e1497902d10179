/* SPDX-License-Identifier: MIT
 * Owns: which paths a report has, as docs/report.schema.json says (it is part of the program), and how one is walked.
 * Must not know: gates, reports' values. */
#ifndef ANALYZER_GATE_SCHEMA_H
#define ANALYZER_GATE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum schema_leaf { SCHEMA_NONE, SCHEMA_NUMBER, SCHEMA_TEXT, SCHEMA_OTHER };
struct schema_place {
    enum schema_leaf leaf;
    bool in_list; /* the path goes through a list, and no selector says which element */
    size_t known; /* bytes of the path that lead somewhere */
};
/* What lies at a path: names with dots between them; [key=value,…] behind a list selects elements, [name] is a name
 * that has dots itself. */
struct schema_place schema_find(const char *path);

/* Calls `each` for every value at a path of a report: one, or those of all elements that fit where lists lie on the
 * way. A value that is not there is NULL. */
typedef void schema_each(void *context, const json_t *value);
void schema_walk(const json_t *report, const char *path, schema_each *each, void *context);

#endif
