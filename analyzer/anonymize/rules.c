/* SPDX-License-Identifier: MIT
 * Owns: the rules of fields.def, and that every text of a record has one.
 * Must not know: files, what is known about names (known.c). */
#include "analyzer/anonymize/anonymize.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/anonymize/known.h"
#include "analyzer/headers/parsed_head.h"
#include "analyzer/headers/image_header.h"

/* in: the field; text: empty, takes what stands there instead. */
typedef void rule(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                  struct name_text *text);

static void rule_DROP(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                      struct name_text *text)
{
    (void)names, (void)record, (void)in, (void)text;
}

static void rule_NUMBERS(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                         struct name_text *text)
{
    (void)names, (void)record;
    name_text_add(text, in->data, in->bytes);
}

static void rule_PATH(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                      struct name_text *text)
{
    (void)record;
    names_path(names, in->data, in->bytes, text);
}

static void rule_PROGRAM(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                         struct name_text *text)
{
    (void)record;
    names_program(names, in->data, in->bytes, text);
}

/* system() and popen() are given a line for the shell. */
static void rule_STARTED(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                         struct name_text *text)
{
    (void)record;
    const char *slash = in->bytes ? memrchr(in->data, '/', in->bytes) : NULL, *name = slash ? slash + 1 : in->data;
    size_t bytes = in->bytes - (size_t)(name - in->data);
    if (known_program(name, bytes) || names_is_program(names, name, bytes)) {
        names_program(names, in->data, in->bytes, text);
        return;
    }
    for (size_t i = 0; i < in->bytes; i++)
        if (!isalnum((unsigned char)in->data[i]) && !memchr("/._+-", in->data[i], 5)) {
            names_hash(names, in->data, in->bytes, text);
            return;
        }
    names_path(names, in->data, in->bytes, text);
}

static void rule_LIBRARY(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                         struct name_text *text)
{
    (void)record;
    names_library(names, in->data, in->bytes, text);
}

static void rule_COMMAND(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                         struct name_text *text)
{
    names_command(names, &record->process.exe, in, text);
}

static void rule_THREAD(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                        struct name_text *text)
{
    (void)record;
    names_thread(names, in->data, in->bytes, text);
}

/* Step by step: what a report gives a meaning stays, what the program calls its own moments is hashed. */
static void rule_MARK(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                      struct name_text *text)
{
    (void)record;
    for (size_t at = 0; at < in->bytes;) {
        const char *step = in->data + at, *dot = memchr(step, '.', in->bytes - at);
        size_t bytes = dot ? (size_t)(dot - step) : in->bytes - at;
        if (at)
            name_text_add(text, ".", 1);
        if (known_mark(step, bytes))
            name_text_add(text, step, bytes);
        else if (bytes)
            names_hash(names, step, bytes, text);
        at += bytes + 1;
    }
}

static void rule_HASH(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                      struct name_text *text)
{
    (void)record;
    if (in->bytes)
        names_hash(names, in->data, in->bytes, text);
}

/* Of a program or library that has another name now, the build id would tell which it is. */
static void rule_BUILD_ID(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                          struct name_text *text)
{
    unsigned char hash[NAME_HASH_BYTES];
    const struct trace_text *path = &record->module.path;
    names_hash_bytes(names, in->data, in->bytes, hash);
    if (names_keeps_library(path->data, path->bytes))
        name_text_add(text, in->data, in->bytes);
    else
        name_text_add(text, (const char *)hash, in->bytes < sizeof hash ? in->bytes : sizeof hash);
}

static void rule_VERSION(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                         struct name_text *text)
{
    (void)names, (void)record;
    size_t bytes = 0;
    while (bytes < in->bytes && (isdigit((unsigned char)in->data[bytes]) || in->data[bytes] == '.'))
        bytes++;
    name_text_add(text, in->data, bytes);
}

static bool is_identifier(const struct trace_text *in, const char *more, size_t most)
{
    bool good = in->bytes <= most;
    for (size_t i = 0; good && i < in->bytes; i++)
        good = isalnum((unsigned char)in->data[i]) || (in->data[i] && strchr(more, in->data[i]));
    return good;
}

static void rule_FUNCTION(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                          struct name_text *text)
{
    (void)record;
    if (is_identifier(in, "_:~", 256))
        name_text_add(text, in->data, in->bytes);
    else
        names_hash(names, in->data, in->bytes, text);
}

static void rule_NOTICE(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                        struct name_text *text)
{
    static const char setting[] = "IMGBENCH";
    (void)names;
    switch (record->notice.what) {
    case trace_note_BAD_SETTING: /* its name */
        if (is_identifier(in, "_", 40) && in->bytes >= sizeof setting - 1 &&
            !memcmp(in->data, setting, sizeof setting - 1))
            name_text_add(text, in->data, in->bytes);
        break;
    case trace_note_NO_WRAPPER_LEFT: /* a function, a library, of the tables that the library has */
    case trace_note_UNKNOWN_LAYOUT:
    case trace_note_NO_STACKS:
        if (is_identifier(in, "_:~.+-", 64))
            name_text_add(text, in->data, in->bytes);
        break;
    default: break;
    }
}

static void rule_HEAD(const struct names *names, const struct trace_record *record, const struct trace_text *in,
                      struct name_text *text)
{
    static const char digits[] = "0123456789abcdef";
    char head[PARSED_HEAD_BYTES], end[PARSED_HEAD_END];
    unsigned char hash[NAME_HASH_BYTES], ending[8 + 64] = {0};
    (void)record;
    struct image_facts facts;
    image_header_parse(in->data, in->bytes, &facts);
    /* As inference compares them: the length and the last bytes. */
    size_t bytes = in->bytes < 64 ? in->bytes : 64;
    memcpy(ending, &in->bytes, 8);
    if (bytes)
        memcpy(ending + 8, in->data + in->bytes - bytes, bytes);
    names_hash_bytes(names, ending, 8 + bytes, hash);
    _Static_assert(PARSED_HEAD_END == 2 * NAME_HASH_BYTES, "two digits a byte");
    for (size_t i = 0; i < PARSED_HEAD_END; i++)
        end[i] = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
    parsed_head_write(head, &facts, end);
    name_text_add(text, head, sizeof head);
}

/* A constant for each row, and one is asked for by each text of records.def: the compiler names those without. */
enum {
#define ANONYMIZE(record, field, what) anonymized_##record##_##field,
#include "analyzer/anonymize/fields.def"
#undef ANONYMIZE
    ANONYMIZED
};
#define TRACE_TEXT(record, name, meaning)                                                                              \
    _Static_assert(anonymized_##record##_##name < ANONYMIZED, "fields.def has a row for it");
#include "trace/records.def"

static const struct {
    uint8_t kind;
    size_t offset;
    rule *apply;
} rows[] = {
#define ANONYMIZE(record, field, what) {TRACE_KIND_##record, offsetof(struct trace_##record, field), rule_##what},
#include "analyzer/anonymize/fields.def"
#undef ANONYMIZE
};
#define ROWS (sizeof rows / sizeof *rows)

void anonymize_record(const struct names *names, struct trace_record *record, struct anonymize_texts *texts)
{
    struct trace_text *fields[8];
    unsigned used = 0;
    /* All rules see the record as it was. */
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].kind != record->kind)
            continue;
        fields[used] = (void *)((char *)&record->process + rows[i].offset);
        texts->at[used].bytes = 0;
        rows[i].apply(names, record, fields[used], &texts->at[used]);
        used++;
    }
    for (unsigned i = 0; i < used; i++)
        *fields[i] = (struct trace_text){texts->at[i].data, texts->at[i].bytes};
}
