/* SPDX-License-Identifier: MIT
 * Owns: numbers for texts that are written once and referred to later.
 * Must not know: where they are written. */
#include "analyzer/export/perfetto/wire/intern.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

/* FNV-1a */
static uint32_t hash_of(const char *text, size_t bytes)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

static void put(struct intern *intern, uint32_t number)
{
    size_t at = intern->texts[number - 1].hash & (intern->slot_count - 1);
    while (intern->slots[at])
        at = (at + 1) & (intern->slot_count - 1);
    intern->slots[at] = number;
}

static void grow(struct intern *intern)
{
    free(intern->slots);
    intern->slot_count = intern->slot_count ? intern->slot_count * 2 : 256;
    intern->slots = memory_zeroed(intern->slot_count, sizeof *intern->slots);
    for (uint32_t number = 1; number <= intern->texts_count; number++)
        put(intern, number);
}

uint32_t intern(struct intern *intern, const char *text, size_t bytes, bool *fresh)
{
    uint32_t hash = hash_of(text, bytes);
    *fresh = false;
    for (size_t at = hash; intern->slot_count; at++) {
        uint32_t number = intern->slots[at & (intern->slot_count - 1)];
        if (!number)
            break;
        const struct intern_text *found = &intern->texts[number - 1];
        if (found->hash == hash && found->bytes == bytes && !memcmp(found->text, text, bytes))
            return number;
    }
    if (intern->texts_count >= INTERN_TEXTS_MAX)
        return 0;
    if (intern->texts_count * 2 >= intern->slot_count)
        grow(intern);
    *MEMORY_APPEND(intern, texts) = (struct intern_text){memory_text(text, bytes), (uint32_t)bytes, hash};
    put(intern, (uint32_t)intern->texts_count);
    *fresh = true;
    return (uint32_t)intern->texts_count;
}

void intern_release(struct intern *intern)
{
    for (size_t i = 0; i < intern->texts_count; i++)
        free(intern->texts[i].text);
    free(intern->texts);
    free(intern->slots);
}
