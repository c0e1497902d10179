/* SPDX-License-Identifier: MIT
 * Owns: names in place of names: a keyed hash of what is not known to be harmless. Equal names become equal ones, so
 * that what belongs together still does; the key is drawn at random and goes when the work is done.
 * Must not know: records, which field holds what. */
#ifndef ANALYZER_ANONYMIZE_NAMES_H
#define ANALYZER_ANONYMIZE_NAMES_H

#include <nettle/hmac.h>

#include "trace/trace.h"

#include <stdbool.h>

struct names {
    struct hmac_sha256_ctx keyed;
    char **programs; /* names of the programs that ran */
    size_t programs_count, programs_capacity;
};

/* False when the system has no random numbers. */
bool names_init(struct names *names);
void names_release(struct names *names);
/* Programs keep the name of their file. Path of one. */
void names_add_program(struct names *names, const char *path);
bool names_is_program(const struct names *names, const char *name, size_t bytes);

/* A text in the making; what does not fit is cut. */
struct name_text {
    size_t bytes;
    char data[TRACE_TEXT_MAX];
};
void name_text_add(struct name_text *text, const char *data, size_t bytes);

#define NAME_HASH_BYTES 32
void names_hash_bytes(const struct names *names, const void *data, size_t bytes, unsigned char hash[NAME_HASH_BYTES]);

/* Each appends to text. */
void names_hash(const struct names *names, const char *name, size_t bytes, struct name_text *text);
/* Component by component, so that relative paths, working directories and links still lead to the same files. */
void names_path(const struct names *names, const char *path, size_t bytes, struct name_text *text);
/* The same; the file's own name stays. */
void names_program(const struct names *names, const char *path, size_t bytes, struct name_text *text);
/* The same; the file's own name stays when names_keeps_library() says so, else only ".so" and its version do. */
void names_library(const struct names *names, const char *path, size_t bytes, struct name_text *text);
bool names_keeps_library(const char *path, size_t bytes);
/* Arguments, each ended by NUL. */
void names_command(const struct names *names, const struct trace_text *exe, const struct trace_text *argv,
                   struct name_text *text);
void names_thread(const struct names *names, const char *name, size_t bytes, struct name_text *text);

#endif
