/* SPDX-License-Identifier: MIT
 * Owns: what differs between two reports and is no number: command, machine, versions of libraries, findings.
 * Must not know: statistics. */
#include "analyzer/compare/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

static char *copy(const char *text)
{
    return text ? memory_text(text, strlen(text)) : NULL;
}

static void add(struct compared_texts *texts, const char *what, const char *old, const char *new)
{
    if (!old && !new)
        return;
    if (!old || !new || strcmp(old, new) != 0)
        *MEMORY_APPEND(texts, list) = (struct compared_text){copy(what), copy(old), copy(new)};
}

static const char *member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool compare_host(struct compared_texts *texts, const json_t *old, const json_t *new)
{
    static const char *const keys[] = {"machine", "kernel", "cpu_model"};
    size_t before = texts->list_count;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (member(old, keys[i]) && member(new, keys[i])) /* of a trace without a host record nothing is known */
            add(texts, keys[i], member(old, keys[i]), member(new, keys[i]));
    char first[32], second[32];
    const json_t *a = json_object_get(old, "usable_cpus"), *b = json_object_get(new, "usable_cpus");
    snprintf(first, sizeof first, "%g", json_number_value(a));
    snprintf(second, sizeof second, "%g", json_number_value(b));
    if (json_is_number(a) && json_is_number(b))
        add(texts, "usable CPUs", first, second);
    return texts->list_count == before;
}

/* The bytes of a name without "-1.2.3", "-1.2.3-linux", or the eight digits that a Python wheel gives to its copies. */
static size_t without_version(const char *name, size_t bytes)
{
    for (size_t i = 1; i + 1 < bytes; i++) {
        if (name[i] != '-')
            continue;
        size_t digits = strspn(name + i + 1, "0123456789."), hexadecimal = strspn(name + i + 1, "0123456789abcdef");
        bool version = digits && memchr(name + i + 1, '.', digits);
        if (version || (hexadecimal == 8 && i + 1 + hexadecimal == bytes))
            return i;
    }
    return bytes;
}

/* "libwebp" of "libwebp.so.7.1.5" and of "/usr/lib/…/libwebp.so.7": what stays when the version goes up. */
static void stem(const char *name, char *out, size_t capacity)
{
    const char *slash = strrchr(name, '/'), *end;
    name = slash ? slash + 1 : name;
    end = strstr(name, ".so");
    if (!end && (end = strrchr(name, '.')) && strcmp(end, ".node") != 0) /* node calls them so */
        end = NULL;
    size_t bytes = without_version(name, end ? (size_t)(end - name) : strlen(name));
    snprintf(out, capacity, "%.*s", (int)bytes, name);
}

static const json_t *library(const json_t *list, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        char name[256];
        const char *full = member(json_array_get(list, i), "name");
        stem(full ? full : "", name, sizeof name);
        if (!strcmp(name, wanted))
            return json_array_get(list, i);
    }
    return NULL;
}

/* Version, else the file's name and build id: two builds of one version differ as well. */
static const char *build(const json_t *library, char *out, size_t capacity)
{
    if (!library)
        return NULL;
    const char *version = member(library, "version"), *name = member(library, "name"),
               *id = member(library, "build_id");
    snprintf(out, capacity, "%.60s%s%.12s", version ? version : name ? name : "?", id ? " build " : "", id ? id : "");
    return out;
}

static void compare_libraries(struct compared_texts *texts, const json_t *old, const json_t *new)
{
    for (int side = 0; side < 2; side++) {
        const json_t *list = side ? new : old, *other = side ? old : new;
        for (size_t i = 0; i < json_array_size(list); i++) {
            char name[256], first[96], second[96];
            const char *full = member(json_array_get(list, i), "name");
            stem(full ? full : "?", name, sizeof name);
            if (library(list, name) != json_array_get(list, i) || (side && library(other, name)))
                continue; /* said already */
            add(texts, name, build(library(old, name), first, sizeof first),
                build(library(new, name), second, sizeof second));
        }
    }
}

static const char *finding(const json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *there = member(json_array_get(list, i), "id");
        if (there && !strcmp(there, id))
            return member(json_array_get(list, i), "title");
    }
    return NULL;
}

static void compare_findings(struct compared_texts *texts, const json_t *old, const json_t *new)
{
    for (int side = 0; side < 2; side++) {
        const json_t *list = side ? new : old;
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *id = member(json_array_get(list, i), "id");
            char what[128];
            snprintf(what, sizeof what, "finding %.100s", id ? id : "?");
            if (id && !finding(side ? old : new, id)) /* titles hold figures: only coming and going is a difference */
                add(texts, what, finding(old, id), finding(new, id));
        }
    }
}

void texts_compare(struct compared_texts *texts, const struct side *old_side, const struct side *new_side)
{
    if (!old_side->runs_count || !new_side->runs_count)
        return;
    const json_t *old = old_side->runs[0].report, *new = new_side->runs[0].report;
    add(texts, "command", member(old, "command"), member(new, "command"));
    texts->same_machine = compare_host(texts, json_object_get(old, "host"), json_object_get(new, "host"));
    add(texts, "imgbench", member(old, "tool_version"), member(new, "tool_version"));
    compare_libraries(texts, json_object_get(old, "libraries"), json_object_get(new, "libraries"));
    compare_findings(texts, json_object_get(old, "findings"), json_object_get(new, "findings"));
}

void texts_release(struct compared_texts *texts)
{
    for (size_t i = 0; i < texts->list_count; i++) {
        free(texts->list[i].what);
        free(texts->list[i].old);
        free(texts->list[i].new);
    }
    free(texts->list);
}
