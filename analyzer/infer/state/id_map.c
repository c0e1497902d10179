/* SPDX-License-Identifier: MIT
 * Owns: open addressing with linear probing and backward shifting. Must not know: what the values are. */
#include "analyzer/infer/state/id_map.h"

#include <stdlib.h>

#include "analyzer/base/memory.h"

static size_t place_of(const struct id_map *map, uint32_t id)
{
    /* The product's low half knows nothing of the number's high bits: the high half does. */
    size_t at = (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (map->capacity - 1);
    while (map->places[at].id && map->places[at].id != id)
        at = (at + 1) & (map->capacity - 1);
    return at;
}

void *id_map_get(const struct id_map *map, uint32_t id)
{
    return map->capacity && id ? map->places[place_of(map, id)].value : NULL;
}

void id_map_put(struct id_map *map, uint32_t id, void *value)
{
    if (!id)
        return;
    if (map->count * 2 >= map->capacity) {
        struct id_map old = *map;
        map->capacity = old.capacity ? old.capacity * 2 : 16;
        map->places = memory_zeroed(map->capacity, sizeof *map->places);
        for (size_t i = 0; i < old.capacity; i++)
            if (old.places[i].id)
                map->places[place_of(map, old.places[i].id)] = old.places[i];
        free(old.places);
    }
    struct id_place *place = &map->places[place_of(map, id)];
    map->count += place->id == 0;
    *place = (struct id_place){id, value};
}

void id_map_remove(struct id_map *map, uint32_t id)
{
    if (!map->capacity || !id)
        return;
    size_t at = place_of(map, id);
    if (!map->places[at].id)
        return;
    map->places[at] = (struct id_place){0, NULL};
    map->count--;
    /* Those behind it may have been pushed on by it. */
    for (size_t next = (at + 1) & (map->capacity - 1); map->places[next].id; next = (next + 1) & (map->capacity - 1)) {
        struct id_place moved = map->places[next];
        map->places[next] = (struct id_place){0, NULL};
        map->places[place_of(map, moved.id)] = moved;
    }
}

void *id_map_next(const struct id_map *map, size_t *at)
{
    while (*at < map->capacity) {
        const struct id_place *place = &map->places[(*at)++];
        if (place->id)
            return place->value;
    }
    return NULL;
}

void id_map_release(struct id_map *map)
{
    free(map->places);
    *map = (struct id_map){NULL, 0, 0};
}
