/* SPDX-License-Identifier: MIT
 * Owns: what stays of a program's arguments: its name, flags that are known, numbers and words that are their values.
 * All else may be a path, a secret or a text, and is hashed as one.
 * Must not know: records. */
#include "analyzer/anonymize/names.h"

#include <ctype.h>

#include "analyzer/anonymize/known.h"

static bool is_known_value(const char *word, size_t bytes)
{
    return known_number(word, bytes) || known_value(word, bytes);
}

static void add_unknown(const struct names *names, const char *word, size_t bytes, struct name_text *text)
{
    bool line = false; /* several words: a text, or a program's source */
    for (size_t i = 0; i < bytes; i++)
        line = line || isspace((unsigned char)word[i]) || iscntrl((unsigned char)word[i]);
    if (line)
        names_hash(names, word, bytes, text);
    else
        names_path(names, word, bytes, text);
}

/* "-q80": the number may be a part of the word. Returns the bytes of the flag in front of it. */
static size_t flag_before_number(const char *word, size_t bytes)
{
    size_t at = bytes;
    while (at && (isdigit((unsigned char)word[at - 1]) || word[at - 1] == '-' || word[at - 1] == '.'))
        at--;
    return at < bytes && at == 2 && known_flag(word, at) && known_number(word + at, bytes - at) ? at : 0;
}

/* Returns whether a value of it may follow as the next word. */
static bool add_flag(const struct names *names, const char *word, size_t bytes, struct name_text *text)
{
    const char *equals = memchr(word, '=', bytes);
    size_t length = equals ? (size_t)(equals - word) : bytes;
    bool known = known_flag(word, length);
    if (!equals && (bytes == 2 || flag_before_number(word, bytes))) {
        name_text_add(text, word, bytes);
        return known;
    }
    if (known) {
        name_text_add(text, word, length);
    } else {
        size_t dashes = length > 1 && word[1] == '-' ? 2 : 1;
        name_text_add(text, word, dashes);
        names_hash(names, word + dashes, length - dashes, text);
    }
    if (!equals)
        return known;
    const char *value = equals + 1;
    size_t left = bytes - length - 1;
    name_text_add(text, "=", 1);
    if (known && is_known_value(value, left))
        name_text_add(text, value, left);
    else if (left)
        add_unknown(names, value, left, text);
    return false;
}

static void add_first(const struct names *names, const struct trace_text *exe, const char *word, size_t bytes,
                      struct name_text *text)
{
    const char *slash = bytes ? memrchr(word, '/', bytes) : NULL;
    size_t base = slash ? (size_t)(slash - word) + 1 : 0;
    bool login = bytes > 1 && *word == '-'; /* "-bash" */
    base += login && !slash;
    if (known_program(word + base, bytes - base) || names_is_program(names, word + base, bytes - base)) {
        name_text_add(text, word + base, bytes - base);
        return;
    }
    /* A program may write anything there. */
    slash = exe->bytes ? memrchr(exe->data, '/', exe->bytes) : NULL;
    base = slash ? (size_t)(slash - exe->data) + 1 : 0;
    name_text_add(text, exe->data + base, exe->bytes - base);
}

void names_command(const struct names *names, const struct trace_text *exe, const struct trace_text *argv,
                   struct name_text *text)
{
    bool first = true, value = false, options = true;
    for (size_t at = 0; at < argv->bytes;) {
        const char *word = argv->data + at;
        size_t bytes = strnlen(word, argv->bytes - at);
        bool flag = options && bytes > 1 && (*word == '-' || *word == '+') && !(value && known_number(word, bytes));
        if (first) {
            add_first(names, exe, word, bytes, text);
        } else if (bytes == 2 && word[0] == '-' && word[1] == '-') {
            name_text_add(text, word, bytes);
            options = value = false;
        } else if (flag) {
            value = add_flag(names, word, bytes, text);
        } else {
            if ((value && is_known_value(word, bytes)) || known_program(word, bytes))
                name_text_add(text, word, bytes);
            else
                add_unknown(names, word, bytes, text);
            value = false;
        }
        at += bytes;
        if (at < argv->bytes) {
            name_text_add(text, "", 1);
            at++;
        }
        first = false;
    }
}
