/* SPDX-License-Identifier: MIT
 * Owns: names in place of names: a keyed hash of what is not known to be harmless.
 * Must not know: records, which field holds what; arguments of programs (command.c). */
#include "analyzer/anonymize/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analyzer/anonymize/known.h"
#include "analyzer/base/memory.h"

#define HASH_DIGITS 12 /* 48 bits: 100,000 names collide once in 50,000 traces */

bool names_init(struct names *names)
{
    unsigned char key[NAME_HASH_BYTES];
    *names = (struct names){.programs = NULL};
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return false;
    hmac_sha256_set_key(&names->keyed, sizeof key, key);
    explicit_bzero(key, sizeof key);
    return true;
}

void names_release(struct names *names)
{
    for (size_t i = 0; i < names->programs_count; i++)
        free(names->programs[i]);
    free(names->programs);
    explicit_bzero(names, sizeof *names);
}

static size_t base_of(const char *path, size_t bytes)
{
    const char *slash = bytes ? memrchr(path, '/', bytes) : NULL;
    return slash ? (size_t)(slash - path) + 1 : 0;
}

bool names_is_program(const struct names *names, const char *name, size_t bytes)
{
    for (size_t i = 0; i < names->programs_count; i++)
        if (strlen(names->programs[i]) == bytes && memcmp(names->programs[i], name, bytes) == 0)
            return true;
    return false;
}

void names_add_program(struct names *names, const char *path)
{
    size_t bytes = strlen(path), base = base_of(path, bytes);
    if (bytes > base && !names_is_program(names, path + base, bytes - base))
        *MEMORY_APPEND(names, programs) = memory_text(path + base, bytes - base);
}

void name_text_add(struct name_text *text, const char *data, size_t bytes)
{
    size_t room = sizeof text->data - text->bytes;
    bytes = bytes < room ? bytes : room;
    if (bytes)
        memcpy(text->data + text->bytes, data, bytes);
    text->bytes += bytes;
}

void names_hash_bytes(const struct names *names, const void *data, size_t bytes, unsigned char hash[NAME_HASH_BYTES])
{
    struct hmac_sha256_ctx keyed = names->keyed;
    hmac_sha256_update(&keyed, bytes, data);
    hmac_sha256_digest(&keyed, NAME_HASH_BYTES, hash);
}

void names_hash(const struct names *names, const char *name, size_t bytes, struct name_text *text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[NAME_HASH_BYTES];
    char out[HASH_DIGITS];
    names_hash_bytes(names, name, bytes, hash);
    for (size_t i = 0; i < HASH_DIGITS; i++)
        out[i] = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
    name_text_add(text, out, sizeof out);
}

/* How many bytes of a component stand before its known extensions: "a" of "a.jpg.tmp". */
static size_t stem_of(const char *name, size_t bytes)
{
    for (int extensions = 0; extensions < 3; extensions++) {
        const char *dot = memrchr(name, '.', bytes);
        if (!dot || dot == name || !known_extension(dot + 1, bytes - (size_t)(dot - name) - 1))
            break;
        bytes = (size_t)(dot - name);
    }
    return bytes;
}

/* A function of the component alone: a path means the same file whether it is put together before or after. */
static void add_component(const struct names *names, const char *name, size_t bytes, struct name_text *text)
{
    bool dots = *name == '.' && (bytes == 1 || (bytes == 2 && name[1] == '.'));
    if (dots || (bytes == 1 && *name == '-') || known_directory(name, bytes)) {
        name_text_add(text, name, bytes);
        return;
    }
    size_t stem = stem_of(name, bytes);
    names_hash(names, name, stem, text);
    name_text_add(text, name + stem, bytes - stem);
}

/* As the kernel names what has no name: "pipe:[123]". */
static bool is_nameless(const char *path, size_t bytes)
{
    static const char *const kinds[] = {"pipe:[", "socket:[", "anon_inode:["};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t at = strlen(kinds[i]);
        if (bytes < at + 2 || bytes > 40 || memcmp(path, kinds[i], at) != 0)
            continue;
        size_t length = bytes - at - 1;
        if (path[bytes - 1] != ']')
            return false;
        if (i == 2) /* a file may be called so as well */
            return known_anonymous(path + at, length);
        while (length && isdigit((unsigned char)path[at + length - 1]))
            length--;
        return length == 0;
    }
    return false;
}

void names_path(const struct names *names, const char *path, size_t bytes, struct name_text *text)
{
    static const char outside[] = "(unreachable)"; /* what getcwd puts in front of a directory outside of the root */
    size_t at = 0;
    if (is_nameless(path, bytes)) {
        name_text_add(text, path, bytes);
        return;
    }
    if (bytes > sizeof outside - 1 && memcmp(path, outside, sizeof outside - 1) == 0)
        name_text_add(text, path, at = sizeof outside - 1);
    while (at < bytes) {
        const char *slash = memchr(path + at, '/', bytes - at);
        size_t length = slash ? (size_t)(slash - path) - at : bytes - at;
        if (length)
            add_component(names, path + at, length, text);
        at += length;
        if (slash) {
            name_text_add(text, "/", 1);
            at++;
        }
    }
}

void names_program(const struct names *names, const char *path, size_t bytes, struct name_text *text)
{
    size_t base = base_of(path, bytes);
    names_path(names, path, base, text);
    name_text_add(text, path + base, bytes - base);
}

bool names_keeps_library(const char *path, size_t bytes)
{
    static const char *const places[] = {"/usr/lib/", "/lib/", "/usr/lib64/", "/lib64/"};
    size_t base = base_of(path, bytes), length = bytes - base;
    if (known_library(path + base, length))
        return true;
    bool library = length > 6 && memmem(path + base, length, ".so", 3) &&
                   (memcmp(path + base, "lib", 3) == 0 || memcmp(path + base, "ld-", 3) == 0);
    for (size_t i = 0; library && i < sizeof places / sizeof *places; i++)
        if (base >= strlen(places[i]) && memcmp(path, places[i], strlen(places[i])) == 0)
            return true;
    return false;
}

void names_library(const struct names *names, const char *path, size_t bytes, struct name_text *text)
{
    size_t base = base_of(path, bytes);
    if (names_keeps_library(path, bytes)) {
        names_program(names, path, bytes, text);
        return;
    }
    names_path(names, path, base, text);
    if (base == bytes)
        return;
    size_t stem = bytes - base; /* in front of ".so" and a version, which begins with a dot and has digits */
    const char *version = memmem(path + base, stem, ".so", 3);
    size_t at = version ? (size_t)(version - path) + 3 : bytes;
    while (at < bytes && (path[at] == '.' || isdigit((unsigned char)path[at])))
        at++;
    if (version && at == bytes)
        stem = (size_t)(version - path) - base;
    names_hash(names, path + base, stem, text);
    name_text_add(text, path + base + stem, bytes - base - stem);
}

void names_thread(const struct names *names, const char *name, size_t bytes, struct name_text *text)
{
    enum { KERNEL_MOST = 15 }; /* the kernel cuts names off there */
    bool keeps = known_thread(name, bytes) || names_is_program(names, name, bytes);
    for (size_t i = 0; !keeps && bytes == KERNEL_MOST && i < names->programs_count; i++)
        keeps = strncmp(names->programs[i], name, KERNEL_MOST) == 0;
    if (keeps)
        name_text_add(text, name, bytes);
    else if (bytes)
        names_hash(names, name, bytes, text);
}
