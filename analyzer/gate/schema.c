/* SPDX-License-Identifier: MIT
 * Owns: which paths a report has, as docs/report.schema.json says (it is part of the program), and how one is walked.
 * Must not know: gates, reports' values. */
#include "analyzer/gate/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

#define NAME_BYTES 256

extern const char gate_schema_text[], gate_schema_end[]; /* schema_text.S */

static json_t *load(const char *text, const char *end)
{
    return memory_checked(json_loadb(text, (size_t)(end - text), 0, NULL));
}

static const json_t *schema(void)
{
    static json_t *root;
    if (!root)
        root = load(gate_schema_text, gate_schema_end);
    return root;
}

/* One step: its name, and what stands between brackets behind it. Returns the rest, or NULL where it is malformed. */
static const char *step_of(const char *path, char name[NAME_BYTES], char selector[NAME_BYTES])
{
    size_t bytes = strcspn(path, ".[");
    if (!bytes || bytes >= NAME_BYTES)
        return NULL;
    snprintf(name, NAME_BYTES, "%.*s", (int)bytes, path);
    selector[0] = '\0';
    path += bytes;
    if (*path == '[') {
        bytes = strcspn(++path, "]");
        if (!path[bytes] || bytes >= NAME_BYTES)
            return NULL;
        snprintf(selector, NAME_BYTES, "%.*s", (int)bytes, path);
        path += bytes + 1;
    }
    if (*path == '.' && path[1])
        return path + 1;
    return *path ? NULL : path;
}

/* Of what may be null, the other alternative. */
static const json_t *not_null(const json_t *node)
{
    const json_t *alternatives = json_object_get(node, "oneOf");
    for (size_t i = 0; i < json_array_size(alternatives); i++) {
        const char *type = json_string_value(json_object_get(json_array_get(alternatives, i), "type"));
        if (!type || strcmp(type, "null") != 0)
            return json_array_get(alternatives, i);
    }
    return node;
}

static const json_t *referred(const json_t *node)
{
    const char *name;
    static const char prefix[] = "#/$defs/";
    node = not_null(node);
    while ((name = json_string_value(json_object_get(node, "$ref"))) && !strncmp(name, prefix, sizeof prefix - 1))
        node = json_object_get(json_object_get(schema(), "$defs"), name + sizeof prefix - 1);
    return node;
}

static const json_t *property(const json_t *node, const char *name)
{
    node = referred(node);
    const json_t *found = json_object_get(json_object_get(node, "properties"), name);
    const json_t *parts = json_object_get(node, "allOf"),
                 *names = json_object_get(json_object_get(node, "propertyNames"), "enum");
    const json_t *others = json_object_get(node, "additionalProperties");
    bool allowed = !names;
    for (size_t i = 0; i < json_array_size(names); i++)
        allowed |= !strcmp(json_string_value(json_array_get(names, i)), name);
    if (!found && allowed && json_is_object(others))
        found = others;
    for (size_t i = 0; i < json_array_size(parts) && !found; i++)
        found = property(json_array_get(parts, i), name);
    return found;
}

static bool has_type(const json_t *node, const char *type)
{
    const json_t *types = json_object_get(node, "type");
    if (json_is_string(types))
        return !strcmp(json_string_value(types), type);
    for (size_t i = 0; i < json_array_size(types); i++)
        if (!strcmp(json_string_value(json_array_get(types, i)), type))
            return true;
    return false;
}

static enum schema_leaf leaf_of(const json_t *node)
{
    if (has_type(node, "number") || has_type(node, "integer"))
        return SCHEMA_NUMBER;
    if (has_type(node, "string") || has_type(node, "boolean") || json_object_get(node, "enum") ||
        json_object_get(node, "const"))
        return SCHEMA_TEXT;
    return SCHEMA_OTHER;
}

struct schema_place schema_find(const char *path)
{
    struct schema_place place = {SCHEMA_NONE, false, 0};
    const json_t *node = schema();
    for (const char *at = path; *at;) {
        char name[NAME_BYTES], selector[NAME_BYTES];
        const char *rest = step_of(at, name, selector);
        node = rest ? property(node, name) : NULL;
        if (!node)
            return place;
        node = referred(node);
        const json_t *items = json_object_get(node, "items");
        if (selector[0] && !items) { /* a name with dots, as of a span */
            node = property(node, selector);
            if (!node)
                return place;
            node = referred(node);
        }
        if (items) {
            place.in_list |= !selector[0];
            node = referred(items);
        }
        at = rest;
        place.known = (size_t)(at - path);
    }
    place.leaf = leaf_of(node);
    return place;
}

/* "from=png,to=webp": each is a text, number or null of the element, and nothing else stands there: a misspelled name
 * would select too much. A comma may be part of a value. */
static bool fits(const json_t *element, const char *selector)
{
    const char *key;
    json_t *value;
    char text[NAME_BYTES * 2], have[NAME_BYTES * 2];
    if (!*selector)
        return true;
    snprintf(text, sizeof text, ",%s,", selector);
    size_t fitting = 0, wanted = 0, covered = 1;
    json_object_foreach((json_t *)element, key, value)
    {
        char start[NAME_BYTES + 3];
        snprintf(start, sizeof start, ",%.250s=", key);
        if (!strstr(text, start))
            continue;
        wanted++;
        if (json_is_string(value))
            snprintf(have, sizeof have, ",%.200s=%.200s,", key, json_string_value(value));
        else if (json_is_number(value))
            snprintf(have, sizeof have, ",%.200s=%.15g,", key, json_number_value(value));
        else
            snprintf(have, sizeof have, ",%.200s=null,", key);
        if (strstr(text, have)) {
            fitting++;
            covered += strlen(have) - 1;
        }
    }
    return wanted && fitting == wanted && covered == strlen(text);
}

void schema_walk(const json_t *report, const char *path, schema_each *each, void *context)
{
    char name[NAME_BYTES], selector[NAME_BYTES];
    if (!*path) {
        each(context, report);
        return;
    }
    const char *rest = step_of(path, name, selector);
    const json_t *value = rest ? json_object_get(report, name) : NULL;
    if (json_is_object(value) && selector[0])
        value = json_object_get(value, selector);
    if (!json_is_array(value)) {
        if (value && *rest && !json_is_object(value))
            value = NULL;
        if (value)
            schema_walk(value, rest, each, context);
        else
            each(context, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        if (fits(json_array_get(value, i), selector))
            schema_walk(json_array_get(value, i), rest, each, context);
}
