/* SPDX-License-Identifier: MIT
 * Owns: the pack of an anonymized trace: answers to the same questions under the other names.
 * Must not know: records, files. */
#include "analyzer/anonymize/anonymize.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/memory.h"

static char *text_of(const struct name_text *text)
{
    return memory_text(text->data, text->bytes);
}

/* "file.c:12" */
static char *location_of(const struct names *names, const char *location, struct name_text *text)
{
    size_t bytes = strlen(location);
    const char *colon = strrchr(location, ':');
    bool line = colon && colon[1] && colon[1 + strspn(colon + 1, "0123456789")] == '\0';
    size_t file = line ? (size_t)(colon - location) : bytes;
    text->bytes = 0;
    names_path(names, location, file, text);
    name_text_add(text, location + file, bytes - file);
    return text_of(text);
}

static void add_module(const struct names *names, const struct pack_module *from, struct pack *pack,
                       struct name_text *text)
{
    unsigned char build_id[NAME_HASH_BYTES > PACK_BUILD_ID_MAX ? NAME_HASH_BYTES : PACK_BUILD_ID_MAX];
    size_t bytes = strlen(from->path);
    bool keeps = names_keeps_library(from->path, bytes);
    unsigned build_id_bytes = from->build_id_bytes;
    if (keeps) {
        memcpy(build_id, from->build_id, build_id_bytes);
    } else { /* as rule_BUILD_ID in rules.c, which the trace's module record went through */
        names_hash_bytes(names, from->build_id, build_id_bytes, build_id);
        build_id_bytes = build_id_bytes < NAME_HASH_BYTES ? build_id_bytes : NAME_HASH_BYTES;
    }
    const char *slash = strrchr(from->path, '/');
    text->bytes = 0;
    if (!keeps && slash && names_is_program(names, slash + 1, strlen(slash + 1)))
        names_program(names, from->path, bytes, text);
    else
        names_library(names, from->path, bytes, text);
    char *path = text_of(text);
    struct pack_module *module = pack_module(pack, path, build_id, build_id_bytes);
    free(path);
    module->error = from->error;
    for (size_t i = 0; i < from->symbols_count; i++) {
        const struct pack_symbol *symbol = &from->symbols[i];
        char *function = NULL, *location = NULL;
        text->bytes = 0;
        if (symbol->function && !keeps)
            names_hash(names, symbol->function, strlen(symbol->function), text);
        else if (symbol->function)
            name_text_add(text, symbol->function, strlen(symbol->function));
        if (symbol->function)
            function = text_of(text);
        if (symbol->location)
            location = location_of(names, symbol->location, text);
        pack_add_symbol(module, symbol->address, function, location);
        free(function);
        free(location);
    }
}

struct pack *anonymize_pack(const struct names *names, const struct pack *pack)
{
    struct pack *other = pack_new();
    struct name_text *text = memory_zeroed(1, sizeof *text);
    for (size_t i = 0; i < pack->files_count; i++) {
        text->bytes = 0;
        names_path(names, pack->files[i].path, strlen(pack->files[i].path), text);
        char *path = text_of(text);
        struct pack_file *file = pack_add_file(other, path);
        file->state = pack->files[i].state;
        file->facts = pack->files[i].facts;
        free(path);
    }
    for (size_t i = 0; i < pack->modules_count; i++)
        add_module(names, pack->modules[i], other, text);
    text->bytes = 0;
    if (pack->trace.boot_id && *pack->trace.boot_id)
        names_hash(names, pack->trace.boot_id, strlen(pack->trace.boot_id), text);
    other->trace = pack->trace;
    other->trace.boot_id = text_of(text);
    free(text);
    pack_settle(other);
    return other;
}
