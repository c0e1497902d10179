/* SPDX-License-Identifier: MIT
 * Owns: the memory and string functions that this library calls, under libc's names but hidden: calls here, also those
 * that the compiler makes, never leave the library. A program may define these names itself, and its own need not work
 * when we call them: those of a statically linked AddressSanitizer jump to address 0 until it has found libc's.
 * Must not know: who calls. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "preload/arch/x86_64.h"

#define SHORT 16 /* bytes that are sooner copied one by one than by an instruction that must start up */

/* Keeps the compiler from making a loop the call of the function that it is the body of. */
#define STEP(pointer) __asm__ volatile("" : "+r"(pointer))

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    if (bytes <= SHORT) {
        char *out = to;
        for (const char *in = from; bytes; bytes--, in++, out++) {
            STEP(in);
            *out = *in;
        }
    } else {
        arch_copy(to, from, bytes);
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to - (uintptr_t)from >= bytes)
        return memcpy(to, from, bytes);
    char *out = (char *)to + bytes;
    for (const char *in = (const char *)from + bytes; bytes; bytes--) {
        STEP(in);
        *--out = *--in;
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    arch_fill(to, value, bytes);
    return to;
}

int memcmp(const void *one, const void *other, size_t bytes)
{
    const unsigned char *a = one, *b = other;
    for (; bytes; bytes--, a++, b++) {
        STEP(a);
        if (*a != *b)
            return *a - *b;
    }
    return 0;
}

void *memchr(const void *in, int value, size_t bytes)
{
    for (const unsigned char *at = in; bytes; bytes--, at++) {
        STEP(at);
        if (*at == (unsigned char)value)
            return (void *)at;
    }
    return NULL;
}

void *memrchr(const void *in, int value, size_t bytes)
{
    for (const unsigned char *at = (const unsigned char *)in + bytes; bytes; bytes--) {
        STEP(at);
        if (*--at == (unsigned char)value)
            return (void *)at;
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const char *at = text;
    while (*at) {
        at++;
        STEP(at);
    }
    return (size_t)(at - text);
}

size_t strnlen(const char *text, size_t most)
{
    const char *end = memchr(text, 0, most);
    return end ? (size_t)(end - text) : most;
}

static int differ(const char *one, const char *other, size_t most)
{
    for (; most; most--, one++, other++) {
        STEP(one);
        if (*one != *other || !*one)
            return (unsigned char)*one - (unsigned char)*other;
    }
    return 0;
}

int strncmp(const char *one, const char *other, size_t most)
{
    return differ(one, other, most);
}

int strcmp(const char *one, const char *other)
{
    return differ(one, other, SIZE_MAX);
}

char *strcpy(char *restrict to, const char *restrict from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strcat(char *restrict to, const char *restrict from)
{
    strcpy(to + strlen(to), from);
    return to;
}

char *strchr(const char *text, int value)
{
    for (;; text++) {
        STEP(text);
        if (*text == (char)value)
            return (char *)text;
        if (!*text)
            return NULL;
    }
}

char *strrchr(const char *text, int value)
{
    return memrchr(text, value, strlen(text) + 1);
}

size_t strspn(const char *text, const char *accepted)
{
    const char *at = text;
    while (*at && strchr(accepted, *at))
        at++;
    return (size_t)(at - text);
}

size_t strcspn(const char *text, const char *refused)
{
    const char *at = text;
    while (*at && !strchr(refused, *at))
        at++;
    return (size_t)(at - text);
}

char *strpbrk(const char *text, const char *wanted)
{
    text += strcspn(text, wanted);
    return *text ? (char *)text : NULL;
}

char *strstr(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);
    for (;; text++) {
        if (strncmp(text, wanted, length) == 0)
            return (char *)text;
        if (!*text)
            return NULL;
    }
}
