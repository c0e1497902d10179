/* SPDX-License-Identifier: MIT
 * Owns: what every output of a certain form must be, whatever was read: claims that end a fuzzer where they fail.
 * Must not know: traces, what is printed. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/report.h"

/* Numbers of 64 bits without a sign are JSON, but no integers of Jansson's. */
static const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;

FILE *fuzz_output(struct fuzz_output *output)
{
    *output = (struct fuzz_output){0};
    output->stream = open_memstream(&output->text, &output->bytes);
    if (!output->stream)
        abort();
    return output->stream;
}

static void close_output(struct fuzz_output *output)
{
    if (fclose(output->stream))
        abort();
    output->stream = NULL;
}

void fuzz_bytes(struct fuzz_output *output)
{
    close_output(output);
    free(output->text);
}

/* Jansson takes a text only when it is UTF-8. */
static bool is_utf8(const char *text, size_t bytes)
{
    json_t *json = json_stringn(text, bytes);
    bool good = json != NULL;
    json_decref(json);
    return good;
}

void fuzz_text(struct fuzz_output *output)
{
    close_output(output);
    const unsigned char *at = (const unsigned char *)output->text;
    for (size_t i = 0; i < output->bytes; i++) {
        bool control = (at[i] < 0x20 && at[i] != '\n') || at[i] == 0x7f;
        bool c1 = at[i] == 0xc2 && at[i + 1] < 0xa0;
        bool direction = at[i] == 0xe2 && ((at[i + 1] == 0x80 && at[i + 2] >= 0xaa && at[i + 2] <= 0xae) ||
                                           (at[i + 1] == 0x81 && at[i + 2] >= 0xa6 && at[i + 2] <= 0xa9));
        if (control || c1 || direction)
            abort();
    }
    if (!is_utf8(output->text, output->bytes))
        abort();
    free(output->text);
}

static void check_object(const char *text, size_t bytes)
{
    json_t *json = json_loadb(text, bytes, flags, NULL);
    if (!json_is_object(json))
        abort();
    json_decref(json);
}

void fuzz_json(struct fuzz_output *output)
{
    close_output(output);
    check_object(output->text, output->bytes);
    free(output->text);
}

void fuzz_lines(struct fuzz_output *output)
{
    close_output(output);
    const char *at = output->text, *end = output->text + output->bytes;
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        if (!line)
            abort();
        check_object(at, (size_t)(line - at));
        at = line + 1;
    }
    free(output->text);
}

/* What a trace can bring lies between two tags that the page has once each, or in cells without any tag of its own. */
void fuzz_page(struct fuzz_output *output)
{
    close_output(output);
    const char *at = output->text;
    if (strncmp(at, "<!DOCTYPE html>", 15) != 0 && strncmp(at, "<!doctype html>", 15) != 0)
        abort();
    while ((at = strstr(at, "type=\"application/json\" id="))) {
        const char *data = strchr(at, '>') + 1, *end = strstr(data, "</script>");
        if (!end)
            abort();
        for (at = data; at < end; at++)
            if (*at == '<' || *at == '>' || *at == '&')
                abort();
        json_t *json = json_loadb(data, (size_t)(end - data), flags | JSON_DECODE_ANY, NULL);
        if (!json)
            abort();
        json_decref(json);
    }
    free(output->text);
}
