/* SPDX-License-Identifier: MIT
 * Owns: building short texts in a fixed buffer without allocation, locale or stdio.
 * Must not know: what they are for. */
#ifndef PRELOAD_TEXT_H
#define PRELOAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A terminated text that grows in a caller's buffer; `cut` once something did not fit. */
struct text {
    char *data;
    size_t used, capacity;
    bool cut;
};

static inline struct text text_begin(char *buffer, size_t capacity)
{
    buffer[0] = '\0';
    return (struct text){buffer, 0, capacity, false};
}

static inline void text_add_bytes(struct text *text, const char *data, size_t length)
{
    if (text->cut || text->used + length + 1 > text->capacity) {
        text->cut = true;
        return;
    }
    memcpy(text->data + text->used, data, length);
    text->used += length;
    text->data[text->used] = '\0';
}

static inline void text_add(struct text *text, const char *data)
{
    text_add_bytes(text, data, strlen(data));
}

/* Decimal, padded with zeros to width. */
static inline void text_add_number(struct text *text, uint64_t number, unsigned width)
{
    char digits[20];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + number % 10);
    while (number /= 10);
    while (sizeof digits - n < width)
        digits[--n] = '0';
    text_add_bytes(text, digits + n, sizeof digits - n);
}

/* The decimal number that a text begins with; *end is behind it, or the text where there is none. */
static inline long text_read_number(const char *text, const char **end)
{
    const char *at = text + (*text == '-' || *text == '+');
    long number = 0;
    *end = text;
    for (; *at >= '0' && *at <= '9' && number < 1000000000; *end = ++at)
        number = number * 10 + (*at - '0');
    return *text == '-' ? -number : number;
}

#endif
