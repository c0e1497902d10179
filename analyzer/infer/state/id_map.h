/* SPDX-License-Identifier: MIT
 * Owns: a table from numbers of a trace to pointers. Its size follows what is in it, never the numbers, which an
 * untrusted trace chooses. Must not know: what the pointers mean; it frees none of them. */
#ifndef ANALYZER_INFER_STATE_ID_MAP_H
#define ANALYZER_INFER_STATE_ID_MAP_H

#include <stddef.h>
#include <stdint.h>

/* All zero = empty. Number 0 is never stored. */
struct id_map {
    struct id_place {
        uint32_t id; /* 0 = empty place */
        void *value;
    } * places;
    size_t count, capacity;
};

/* The value, or NULL. */
void *id_map_get(const struct id_map *map, uint32_t id);
void id_map_put(struct id_map *map, uint32_t id, void *value);
void id_map_remove(struct id_map *map, uint32_t id);
/* The value in each place from *at on, which moves behind it; NULL at the end. */
void *id_map_next(const struct id_map *map, size_t *at);
void id_map_release(struct id_map *map);

#endif
