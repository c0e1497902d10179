/* SPDX-License-Identifier: MIT
 * Owns: which image of one side is which of the other.
 * Must not know: figures, where images come from. */
#include "analyzer/compare/images.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

/* Directory that all of a side's sources, or outputs, lie in: the length of its path with the slash. */
static size_t common_directory(const struct side *side, bool outputs, const char **first)
{
    size_t bytes = 0;
    *first = NULL;
    for (size_t i = 0; i < side->images_count; i++) {
        const char *path = outputs ? side->images[i].output : side->images[i].source;
        if (!path)
            continue;
        if (!*first) {
            *first = path;
            bytes = strlen(path);
        }
        size_t same = 0;
        while (same < bytes && path[same] && path[same] == (*first)[same])
            same++;
        bytes = same;
    }
    while (bytes && (*first)[bytes - 1] != '/')
        bytes--;
    return bytes;
}

struct view {
    const struct side *side;
    size_t source_bytes, output_bytes; /* of the directories in front of the paths */
    const char *map_from, *map_to;
    bool *taken; /* by place */
};

static void view_of(struct view *view, const struct side *side, const char *map_from, const char *map_to)
{
    const char *first;
    *view = (struct view){.side = side, .map_from = map_from, .map_to = map_to};
    view->taken = memory_zeroed(side->images_count + 1, sizeof *view->taken);
    if (map_from)
        return; /* who names directories means whole paths */
    view->source_bytes = common_directory(side, false, &first);
    view->output_bytes = common_directory(side, true, &first);
}

static void append_path(char *text, size_t capacity, const struct view *view, const char *path, size_t directory)
{
    size_t used = strlen(text), from = view->map_from ? strlen(view->map_from) : 0;
    if (from && view->map_to && !strncmp(path, view->map_from, from))
        snprintf(text + used, capacity - used, "%s%s", view->map_to, path + from);
    else
        snprintf(text + used, capacity - used, "%s", path + directory);
}

/* What an image is called by in one way of matching; false where it has no such name. */
static bool name_of(const struct view *view, size_t place, enum image_match match, char *text, size_t capacity)
{
    const struct side_image *image = &view->side->images[place];
    *text = '\0';
    if (match == MATCH_LIKENESS ? !image->likeness : !image->source && !(match == MATCH_PATHS && image->output))
        return false;
    if (match == MATCH_LIKENESS) {
        snprintf(text, capacity, "%s", image->likeness);
        return true;
    }
    if (image->source)
        append_path(text, capacity, view, image->source, view->source_bytes);
    if (match == MATCH_PATHS && image->output) {
        size_t used = strlen(text);
        snprintf(text + used, capacity - used, "\n");
        append_path(text, capacity, view, image->output, view->output_bytes);
    }
    if (match == MATCH_FORMAT) {
        size_t used = strlen(text);
        snprintf(text + used, capacity - used, "\n%s", image->format ? image->format : "");
    }
    return true;
}

/* Place of the only image that has this name, by name; -1 where there are several. */
static json_t *names_of(const struct view *view, enum image_match match)
{
    json_t *names = memory_checked(json_object());
    char text[8300];
    for (size_t i = 0; i < view->side->images_count; i++) {
        if (view->taken[i] || !name_of(view, i, match, text, sizeof text))
            continue;
        json_object_set_new_nocheck(names, text, json_integer(json_object_get(names, text) ? -1 : (json_int_t)i));
    }
    return names;
}

static void match_by(struct view *old, struct view *new, enum image_match match, struct image_pairs *pairs)
{
    json_t *there = names_of(new, match), *here = names_of(old, match);
    char text[8300];
    for (size_t i = 0; i < old->side->images_count; i++) {
        if (old->taken[i] || !name_of(old, i, match, text, sizeof text))
            continue;
        const json_t *partner = json_object_get(there, text);
        if (!partner || json_integer_value(partner) < 0 || json_integer_value(json_object_get(here, text)) < 0)
            continue;
        *MEMORY_APPEND(pairs, list) = (struct image_pair){i, (size_t)json_integer_value(partner), match};
        old->taken[i] = new->taken[json_integer_value(partner)] = true;
    }
    json_decref(there);
    json_decref(here);
}

static int by_old(const void *left, const void *right)
{
    const struct image_pair *a = left, *b = right;
    return a->old < b->old ? -1 : a->old > b->old;
}

void images_match(const struct side *old, const struct side *new, const char *map_from, const char *map_to,
                  struct image_pairs *pairs)
{
    struct view here, there;
    *pairs = (struct image_pairs){0};
    view_of(&here, old, map_from, map_to);
    view_of(&there, new, map_from, NULL);
    for (enum image_match match = MATCH_PATHS; match <= MATCH_LIKENESS; match++)
        match_by(&here, &there, match, pairs);
    for (size_t i = 0; i < old->images_count; i++)
        pairs->only_old += !here.taken[i];
    for (size_t i = 0; i < new->images_count; i++)
        pairs->only_new += !there.taken[i];
    if (pairs->list_count)
        qsort(pairs->list, pairs->list_count, sizeof *pairs->list, by_old);
    free(here.taken);
    free(there.taken);
}

void images_release(struct image_pairs *pairs)
{
    free(pairs->list);
    *pairs = (struct image_pairs){0};
}
