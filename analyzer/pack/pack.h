/* SPDX-License-Identifier: MIT
 * Owns: what a trace takes along of what lies outside of it: facts of its images' files, names of functions.
 * Must not know: where they come from, what is done with them. */
#ifndef ANALYZER_PACK_H
#define ANALYZER_PACK_H

#include "analyzer/headers/image_file.h"
#include "analyzer/pack/symbolize.h"

#define PACK_NAME         "pack.ndjson" /* in the trace's directory */
#define PACK_HASH_BYTES   32            /* SHA-256 */
#define PACK_BUILD_ID_MAX 64

/* Which trace a pack belongs to. */
struct pack_trace {
    char *boot_id; /* NULL or "": not known */
    int64_t realtime_offset_ns;
    uint64_t start_ns;
};

/* An image's file in the state that it was in. */
struct pack_file {
    char *path;
    struct image_file_state state;
    struct image_facts facts;
    bool hashed;
    unsigned char hash[PACK_HASH_BYTES]; /* of the content */
};

struct pack_symbol {
    uint64_t address;          /* as the file's own headers count */
    char *function, *location; /* or NULL */
};

/* A program or library, by its build id; by its path where it has none. */
struct pack_module {
    char *path;
    unsigned char build_id[PACK_BUILD_ID_MAX];
    unsigned build_id_bytes;
    enum symbolize_error error; /* why there are no symbols */
    struct pack_symbol *symbols;
    size_t symbols_count, symbols_capacity;
};

struct pack {
    struct pack_trace trace;
    struct pack_file *files;
    size_t files_count, files_capacity;
    struct pack_module **modules;
    size_t modules_count, modules_capacity;
};

struct pack *pack_new(void);
void pack_free(struct pack *pack); /* NULL is allowed */

/* Texts are copied. */
struct pack_file *pack_add_file(struct pack *pack, const char *path);
struct pack_module *pack_module(struct pack *pack, const char *path, const void *build_id, unsigned build_id_bytes);
void pack_add_symbol(struct pack_module *module, uint64_t address, const char *function, const char *location);
/* To be called when all is added: puts files and symbols in order, each once. */
void pack_settle(struct pack *pack);

/* Of a settled pack; NULL: it has none. */
const struct pack_file *pack_find_file(const struct pack *pack, const char *path, const struct image_file_state *state);
const struct pack_module *pack_find_module(const struct pack *pack, const char *path, const void *build_id,
                                           unsigned build_id_bytes);
const struct pack_symbol *pack_find_symbol(const struct pack_module *module, uint64_t address);

#endif
